/** JSON values as text, with numbers, escapes and names that no JavaScript value can have. */
import type { Random } from '../../kit/random.ts';

/** Lengths at and around every limit of the schemas. */
const lengths = [1, 2, 3, 63, 64, 65, 127, 128, 129, 139, 140, 141, 254, 255, 256, 511, 512, 513, 4095, 4096, 4097];

const characters = [
  'x',
  'x',
  'é',
  '日',
  '😀',
  ' ',
  '/',
  '"',
  '\\',
  '\u202e',
  '\u2028',
  '\t',
  '\n',
  '\0',
  '\u001b',
  '\u0085',
];

const words = [
  '',
  ' ',
  'lobby',
  'general',
  '日本語',
  '👩‍👩‍👧',
  'ada',
  ' ada',
  'ada ',
  'image/png',
  'text/plain; charset=utf-8',
  'a/',
  'online',
  'away',
  'null',
  'true',
  '1',
  '__proto__',
  'constructor',
  'toString',
  '../../etc/passwd',
  '%00',
  '* bob joined lobby',
  'a\r\n* b',
  'עברית',
  '\ufeff',
  '\u202etxt',
  '<script>',
  '{"type":"ping"}',
  '~',
  '*json',
  'json:lobby',
];

const numbers = [
  '0',
  '-0',
  '1',
  '-1',
  '2',
  '1000',
  '1001',
  '1.5',
  '1.0',
  '1e1',
  '1e-400',
  '1e308',
  '1e309',
  '1e400',
  '-1e400',
  '1E+2',
  '9007199254740991',
  '9007199254740992',
  '9007199254740993',
  '18446744073709551616',
  '0.1',
  '-9007199254740993',
  '123456789012345678901234567890',
];

/** Names with a meaning in JavaScript, and strange ones. */
export const strangeKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'toJSON',
  '__defineGetter__',
  'then',
  '',
  ' ',
  'Type',
  'type ',
  'a/b~c',
  '$ref',
  '日本語',
  '😀'.repeat(81),
  'x'.repeat(5000),
  '\u0000',
  '\ud83d',
];

/** A string, with some of it escaped or not even Unicode. */
export function text(random: Random): string {
  if (random.chance(0.5)) return JSON.stringify(random.pick(words));
  if (random.chance(0.1))
    return random.pick(['"\\ud83d"', '"a\\udc4b"', '"\\udc4b\\ud83d"', '"\\u0000"', '"\\/"', '"\\ud83d\\udc4b"']);
  const length = random.chance(0.7) ? random.pick(lengths) : random.below(40);
  const character = random.pick(characters);
  if (random.chance(0.5)) return JSON.stringify(character.repeat(length));
  return JSON.stringify('x'.repeat(Math.max(0, length - 1)) + character);
}

export function number(random: Random): string {
  return random.chance(0.8) ? random.pick(numbers) : String(random.below(2 ** 32) - 2 ** 31);
}

/** Any value, `depth` levels deep at most. */
export function anything(random: Random, depth = 3): string {
  return random.weighted<() => string>([
    [4, () => text(random)],
    [3, () => number(random)],
    [3, () => random.pick(['null', 'true', 'false'])],
    [1, () => random.pick(['[]', '{}', '[[]]', '[null]', '{"a":{}}'])],
    [depth > 0 ? 2 : 0, () => list(random, depth)],
    [depth > 0 ? 2 : 0, () => object(random, depth)],
  ])();
}

/** Nested arrays or objects, closed or not: `levels` deep, as far as they fit into `bytes`. */
export function nested(random: Random, levels: number, bytes: number): string {
  const [open, inner, close] = random.pick([
    ['[', '', ']'],
    ['{"a":', '0', '}'],
    ['{"__proto__":', '0', '}'],
  ] as const);
  const most = Math.min(levels, Math.floor((bytes - 1) / (open.length + close.length)));
  return open.repeat(most) + inner + close.repeat(random.chance(0.9) ? most : random.below(most));
}

/** JSON text of an object with these fields; a name may occur twice. */
export function objectOf(fields: readonly (readonly [string, string])[]): string {
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

function list(random: Random, depth: number): string {
  return `[${Array.from({ length: random.below(4) }, () => anything(random, depth - 1)).join(',')}]`;
}

function object(random: Random, depth: number): string {
  const name = () => (random.chance(0.3) ? random.pick(strangeKeys) : random.pick(['a', 'b', 'type', 'body', 'id']));
  return objectOf(Array.from({ length: random.below(4) }, () => [name(), anything(random, depth - 1)] as const));
}
