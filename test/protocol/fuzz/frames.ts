/** Frames of clients, valid and invalid in every possible way. */
import type { Schema } from '../../../scripts/generate/schemas.ts';
import type { Position } from '../../../src/protocol/generated/frames.ts';
import type { Random } from '../../kit/random.ts';
import { schemas } from '../schemas.ts';
import { anything, nested, number, objectOf, strangeKeys, text } from './values.ts';

/** The content of one WebSocket message; text is valid UTF-8. */
export interface Sent {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** The rooms, users and so on that frames may refer to. */
export interface World {
  readonly users: readonly string[];
  readonly tokens: readonly string[];
  readonly rooms: readonly string[];
  /** The latest known positions of the rooms. */
  readonly positions: ReadonlyMap<string, Position>;
  /** The longest frame, in bytes. */
  readonly maxFrame: number;
}

/** A frame's fields and the JSON text of their values. */
type Fields = [name: string, value: string][];

const types = Object.keys(schemas.client);
const carriers = ['message', 'signal', 'direct', 'broadcast', 'echo'];

/** The next frame. The first one of a connection may be a valid `hello`. */
export function someFrame(random: Random, world: World, isFirst: boolean): Sent {
  if (isFirst && random.chance(0.5)) return textFrame(objectOf(validFields(random, world, 'hello')));
  const sent = choose(random, world);
  return sent.data.length <= world.maxFrame ? sent : someFrame(random, world, false);
}

function choose(random: Random, world: World): Sent {
  return random.weighted<() => Sent>([
    [22, () => textFrame(objectOf(validFields(random, world, random.pick(types))))],
    [8, () => textFrame(objectOf(validFields(random, world, random.pick(['join', 'message']))))],
    [22, () => textFrame(objectOf(oneWrong(random, world)))],
    [8, () => textFrame(objectOf(oneTooMany(random, world)))],
    [5, () => textFrame(objectOf(oneMissing(random, world)))],
    [
      3,
      () =>
        textFrame(
          objectOf([['type', random.chance(0.5) ? anything(random) : JSON.stringify(random.pick(strangeKeys))]]),
        ),
    ],
    [8, () => truncated(random, objectOf(validFields(random, world, random.pick(types))))],
    [9, () => mutated(random, objectOf(validFields(random, world, random.pick(types))))],
    [4, () => textFrame(anything(random))],
    [3, () => textFrame(Buffer.from(random.bytes(random.below(60))).toString())],
    [2, () => deep(random, world)],
    [0.5, () => large(random, world)],
    [14, () => binary(random, world)],
  ])();
}

function textFrame(json: string): Sent {
  return { data: Buffer.from(json), isBinary: false };
}

function properties(type: string): Record<string, Schema> {
  return schemas.client[type]?.['properties'] as Record<string, Schema>;
}

/** The fields of a valid frame: the required ones, and some of the others. */
function validFields(random: Random, world: World, type: string): Fields {
  const required = schemas.client[type]?.['required'] as string[];
  const names = Object.keys(properties(type)).filter((name) => required.includes(name) || random.chance(0.4));
  if (type === 'join' || type === 'history') return fieldsOfPlace(random, world, type, names);
  const fields = names.map((name) => [name, validValue(random, world, type, name)] as Fields[number]);
  if (type !== 'signal') return fields;
  const receiver = random.pick(['room', 'to']);
  const rest = fields.filter(([name]) => name !== 'room' && name !== 'to');
  return [...rest, [receiver, validValue(random, world, type, receiver)]];
}

/** At most one of the fields that give a place in a room. */
function fieldsOfPlace(random: Random, world: World, type: string, names: readonly string[]): Fields {
  const ways = ['since', 'last', 'before', 'after'];
  const way = random.pick(names.filter((name) => ways.includes(name)).concat('none'));
  const room = random.pick(world.rooms);
  const position = world.positions.get(room) ?? { epoch: 'unknown', seq: 0 };
  return names.flatMap((name): Fields => {
    if (name === 'room') return [[name, JSON.stringify(room)]];
    if (!ways.includes(name)) return [[name, validValue(random, world, type, name)]];
    return name === way ? [[name, place(random, name, position)]] : [];
  });
}

function place(random: Random, name: string, { epoch, seq }: Position): string {
  const near = String(Math.max(0, seq - random.below(40) + 3));
  const number = random.weighted([
    [8, near],
    [1, String(random.below(seq + 1))],
    [1, random.pick(['0', '1', '-0', '1e1', '2.0', '9007199254740991'])],
  ]);
  if (name === 'last') return random.pick(['1', '7', '1e1', '50', '1000']);
  if (name !== 'since') return number;
  const named = random.weighted([
    [8, epoch],
    [1, random.pick(['x', '日本語', '😀'.repeat(36), '__proto__'])],
  ]);
  return objectOf([
    ['epoch', JSON.stringify(named)],
    ['seq', number],
  ]);
}

function validValue(random: Random, { users, tokens, rooms }: World, type: string, name: string): string {
  const json = (choices: readonly unknown[]) => JSON.stringify(random.pick(choices));
  switch (name) {
    case 'type':
      return JSON.stringify(type);
    case 'room':
      return json(rooms);
    case 'to':
      return json([...users, 'nobody', 'x'.repeat(64)]);
    case 'name':
      return json(['ada', 'Ada Lovelace', '日本語', '👩‍👩‍👧', 'עדה', '😀'.repeat(64), 'x', '<b>', '* bob']);
    case 'id':
      return json(['m1', 'm2', 'x'.repeat(64), '😀'.repeat(64), ' ', '日本語', '"', '\u2028', '\u202e', '__proto__']);
    case 'token':
      return json([...tokens, 'x', '~'.repeat(4096), '.', 'e30.e30']);
    case 'body':
      return random.chance(0.95) ? anything(random) : nested64(random);
    case 'mime':
      return json(['image/png', 'a/b', 'text/plain; charset=utf-8', `a/${'x'.repeat(253)}`]);
    case 'echo':
      return json([true, false]);
    case 'kind':
      return json(['typing', 'webrtc/offer', '😀'.repeat(64), ' ']);
    case 'state':
      return json(['online', 'away', 'busy']);
    case 'note':
      return json(['', 'tea', '😀'.repeat(140), '\u2028* bob', '\u202e']);
    case 'prefix':
      return json(['', 'r', '日', '😀'.repeat(128), 'zzz', '\u0000']);
    case 'cursor':
      return json(['a', 'lobby', '\u0000', '😀'.repeat(512), 'u1']);
    case 'limit':
      return random.pick(['1', '2', '100', '1000', '1e1', '1.0']);
    case 'version':
      return random.pick(['1', '2', '1.0', '9007199254740992', '1e308']);
    default:
      throw new Error(`the fuzzer does not know the field ${name} of ${type} yet`);
  }
}

/** A body at the limit of the allowed nesting. */
function nested64(random: Random): string {
  const levels = random.pick([62, 63, 64, 65]);
  return '['.repeat(levels) + ']'.repeat(levels);
}

/** One field of any type, or of the right type and with any value. */
function oneWrong(random: Random, world: World): Fields {
  const type = random.pick(types);
  const fields = validFields(random, world, type);
  const name = random.pick(Object.keys(properties(type)).filter((one) => one !== 'type'));
  const value = random.pick([anything, text, number])(random);
  return [...fields.filter(([other]) => other !== name), [name, value]];
}

/** A field that the type does not have, or one twice. */
function oneTooMany(random: Random, world: World): Fields {
  const fields = validFields(random, world, random.pick(types));
  const name = random.chance(0.7) ? random.pick(strangeKeys) : random.pick(Object.keys(properties(random.pick(types))));
  fields.splice(random.below(fields.length + 1), 0, [name, anything(random)]);
  return fields;
}

function oneMissing(random: Random, world: World): Fields {
  const fields = validFields(random, world, random.pick(types));
  fields.splice(random.below(fields.length), 1);
  return fields;
}

function truncated(random: Random, json: string): Sent {
  return textFrame(json.slice(0, random.below(json.length)));
}

/** A few characters replaced, left out or put in. */
function mutated(random: Random, json: string): Sent {
  const characters = [...json];
  const strange = [
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '0',
    '-',
    'e',
    ' ',
    '\n',
    '\0',
    '\ufeff',
    '😀',
    '\u2028',
    'u',
  ];
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const inserted = random.chance(0.7) ? [random.pick(strange)] : [];
    characters.splice(random.below(characters.length + 1), random.below(2), ...inserted);
  }
  return textFrame(characters.join(''));
}

/** Nested anywhere, up to what fits into a frame. */
function deep(random: Random, { maxFrame }: World): Sent {
  const before = random.pick(['', '{"type":"echo","body":', '{"type":"message","room":', '{"type":', '{"id":']);
  const after = before === '' ? '' : '}';
  const levels = random.pick([63, 64, 65, 66, 1000, Number.POSITIVE_INFINITY]);
  return textFrame(before + nested(random, levels, maxFrame - before.length - after.length) + after);
}

/** As long as a frame may be, or a byte less. */
function large(random: Random, { maxFrame }: World): Sent {
  const json = random.pick([
    '{"type":"echo","body":"',
    '{"type":"ping","id":"',
    '{"type":"nope","x":"',
    '{"type":"message","body":"',
  ]);
  return textFrame(`${json}${'x'.repeat(maxFrame - json.length - 2 - random.below(2))}"}`);
}

/** A binary frame, whole or not. */
function binary(random: Random, world: World): Sent {
  const fields = random.weighted<() => Fields>([
    [5, () => validFields(random, world, random.pick(carriers)).filter(([name]) => name !== 'body')],
    [1, () => validFields(random, world, random.pick(types))],
    [2, () => oneWrong(random, world).filter(([name]) => name !== 'body')],
    [1, () => oneTooMany(random, world)],
  ])();
  const header = Buffer.from(random.chance(0.9) ? objectOf(fields) : anything(random));
  if (random.chance(0.1) && header.length > 0) header[random.below(header.length)] = random.below(256);
  const length = random.chance(0.9) ? header.length : random.below(2 * header.length + 2);
  const prefix = Buffer.from([random.chance(0.97) ? 0x01 : random.below(256), (length >> 8) & 0xff, length & 0xff]);
  const payload = random.bytes(random.chance(0.99) ? random.below(100) : 30_000);
  const whole = Buffer.concat([prefix, header, payload]);
  return { data: random.chance(0.9) ? whole : whole.subarray(0, random.below(12)), isBinary: true };
}
