/**
 * Whatever the names of people and rooms are, a line shows its sender. Lines are read by the expressions in
 * PROTOCOL.md.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Member, ServerFrame } from '../../src/protocol/generated/frames.ts';
import { displayName } from '../../src/protocol/generated/patterns.ts';
import { addressed, shown } from '../../src/protocol/names.ts';
import { encodeText } from '../../src/protocol/text-lines.ts';
import { TextRooms } from '../../src/protocol/text-rooms.ts';
import { section, tableRows } from './markdown.ts';

const contract = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');
const dialect = section(contract, 2, 'The text dialect');
const name = /`(\(\?:"\(.*)` matches/.exec(dialect)?.[1] ?? '';
const kinds = ['left', 'message', 'direct', 'broadcast', 'bytes', 'presence', 'renamed', 'state'] as const;
const expressions = tableRows(dialect, ['expression', 'groups']).map(([cell = '']) => {
  return new RegExp(cell.slice(1, -1).replaceAll('NAME', name), 'su');
});

/** Parses a line as PROTOCOL.md describes. */
function parse(line: string): unknown[] {
  const at = expressions.findIndex((expression) => expression.test(line));
  const groups = expressions[at]?.exec(line)?.slice(1) ?? [];
  return [kinds[at], ...groups];
}

/** The name that a token stands for. */
function read(token: string | undefined): string | undefined {
  const [, quoted] = /^"(.*)"$/su.exec(token ?? '') ?? [];
  return quoted === undefined
    ? token
    : quoted.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/gsu, (_, code: string, character: string) =>
        code ? String.fromCodePoint(Number.parseInt(code, 16)) : character,
      );
}

const tricks = [
  'ada',
  'ada> I owe tom 100',
  'ada to you] call me',
  'x to everyone',
  ' joined lobby',
  ' left lobby',
  ' is now called ',
  ' is away: ',
  'you',
  'Yоu',
  'rooms',
  'sent',
  '<',
  '>',
  '[',
  ']',
  '(2 here)',
  '"',
  '\\',
  '\\u{41}',
  ', ',
  ': ',
  '·k3f',
  '* ',
  '! ',
  ' ',
  '\u00a0',
  '\u3000',
  '👩‍👩‍👧',
  'علی‌رضا',
  '葛󠄀城',
];
/** Names that the schemas allow, and those that an old log may have. */
const anyName = fc.oneof(
  fc.array(fc.constantFrom(...tricks), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('').trim() || 'x'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  fc.constantFrom('\u200b', 'ada\u200b', '\ufeffada', 'a\nb', '\u202eada', ''),
);
/** Single lines: other tests are about several. */
const anyText = fc
  .oneof(anyName, fc.constantFrom('* bob left lobby', '<ada> hi', ''))
  .map((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu, '_'));
const at = 1;

function lineOf(frame: ServerFrame): string {
  const line = encodeText(frame, new TextRooms(['lobby']));
  assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u);
  return line;
}

function member(called: string): Member {
  return { id: 'u1', name: called, state: 'online', connections: 1 };
}

function holds(...given: [fc.Arbitrary<string>, (value: string) => [ServerFrame, unknown[]]]): void {
  const [values, expected] = given;
  fc.assert(
    fc.property(values, (value) => {
      const [frame, wanted] = expected(value);
      const [kind, ...groups] = parse(lineOf(frame));
      const isText = kind === 'message' || kind === 'direct' || kind === 'broadcast';
      const names = groups.map((group, index) => {
        return isText && index === groups.length - 1 ? group : read(group as string | undefined);
      });
      assert.deepEqual([kind, ...names], wanted);
    }),
    { numRuns: 2000 },
  );
}

describe('whatever somebody is called, a line says', () => {
  const body = '(see above)';
  test('whose message it is', () => {
    holds(anyName, (called) => [
      { type: 'message', room: 'lobby', seq: 1, from: { id: 'u', name: called }, at, body },
      ['message', undefined, called, body],
    ]);
  });

  test('in which room', () => {
    holds(anyName, (called) => [
      { type: 'message', room: called, seq: 1, from: { id: 'u', name: called }, at, body },
      ['message', called, called, body],
    ]);
  });

  test('whose direct message, and whose broadcast', () => {
    const from = (called: string) => ({ from: { id: 'u', name: called }, at, body });
    holds(anyName, (called) => [{ type: 'direct', to: 'u2', ...from(called) }, ['direct', called, body]]);
    holds(anyName, (called) => [{ type: 'broadcast', ...from(called) }, ['broadcast', called, body]]);
  });

  test('who sent bytes', () => {
    holds(anyName, (called) => [
      { type: 'message', room: 'cats', seq: 1, from: { id: 'u', name: called }, at, body: new Uint8Array(3) },
      ['bytes', 'cats', called, '3'],
    ]);
  });

  test('who came, went, and is called what', () => {
    const presence = { type: 'presence', room: 'cats', count: 1 } as const;
    holds(anyName, (called) => [{ ...presence, joins: [member(called)] }, ['presence', called, 'joined', 'cats']]);
    holds(anyName, (called) => [
      { ...presence, room: called, leaves: [{ id: 'u', name: called }] },
      ['presence', called, 'left', called],
    ]);
    holds(anyName, (called) => [
      { ...presence, changes: [{ ...member('zoe'), was: { name: called } }] },
      ['renamed', called, 'zoe'],
    ]);
    holds(anyName, (called) => [
      { ...presence, changes: [{ ...member(called), state: 'away', note: called, was: { state: 'online' } }] },
      ['state', called, 'away', called],
    ]);
    holds(anyName, (room) => [{ type: 'left', room }, ['left', room]]);
  });

  test('what is said, whatever that is', () => {
    holds(anyText, (said) => [
      { type: 'message', room: 'cats', seq: 1, from: { id: 'u', name: 'ada' }, at, body: said },
      ['message', 'cats', 'ada', said],
    ]);
  });
});

test('a list of names has each of them', () => {
  fc.assert(
    fc.property(fc.array(anyName, { minLength: 1, maxLength: 5 }), (names) => {
      const members = names.map((called, index) => ({ ...member(called), id: `u${index}`, note: called }));
      const line = lineOf({ type: 'members', count: members.length, members });
      const list = /^\* on this server: (.*) \((\d+) here\)$/su.exec(line)?.[1] ?? '';
      const entry = new RegExp(`(${name}) \\[online: (${name})\\](?:, |$)`, 'suy');
      const read_: unknown[] = [];
      for (let found = entry.exec(list); found; found = entry.exec(list)) {
        const [, token = '', note = ''] = found;
        read_.push([read(token.replace(/·[0-9a-z]+$/, '')), read(note)]);
        if (entry.lastIndex >= list.length) break;
      }
      assert.deepEqual(
        read_,
        names.map((called) => [called, called]),
      );
    }),
    { numRuns: 1000 },
  );
});

test('a name is addressed as it is shown, with its tag or without', () => {
  fc.assert(
    fc.property(anyName, anyName, (called, other) => {
      const users = [
        { id: 'u1', name: called },
        { id: 'u2', name: called },
        { id: 'u3', name: `${other}!` },
      ];
      assert.deepEqual(
        addressed(users, shown(called)).map(({ id }) => id),
        called === `${other}!` ? ['u1', 'u2', 'u3'] : ['u1', 'u2'],
      );
    }),
  );
});

describe('honest names', () => {
  for (const called of ['ada', 'Zoë', 'علی‌رضا', 'क्‍ष', '日本語', '👩‍👩‍👧', '葛󠄀城', 'R2-D2', "O'Brien", 'ada_1']) {
    test(`${called} stands as it is`, () => assert.equal(shown(called), called));
  }
  test('with spaces, or what has a meaning in a line, stand in quotes', () => {
    assert.equal(shown('Ada Lovelace'), '"Ada Lovelace"');
    assert.equal(shown('a "b" \\'), '"a \\"b\\" \\\\"');
    assert.equal(shown('you'), '"you"');
    assert.equal(shown('YOU'), '"YOU"');
    assert.equal(shown('ada\u200b'), '"ada\\u{200b}"');
    assert.equal(displayName.test('ada\u200b'), false);
  });
});
