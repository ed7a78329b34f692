import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Entry } from '../../src/apps/chat/entries.ts';
import { plainLines } from '../../src/apps/chat/plain.ts';
import { clock, view } from '../../src/apps/chat/view.ts';
import { amount, byteCount, gapWords, namesIn } from '../../src/apps/chat/words.ts';
import { paint, textOf } from '../../src/apps/terminal/line.ts';
import type { Member } from '../../src/protocol/generated/frames.ts';

const at = new Date(2026, 10, 20, 9, 5).getTime();
const ada = { id: 'u1', name: 'ada' };
const bob = { id: 'u2', name: 'bob' };

function rows(entry: Entry, columns = 60, rooms = false): string[] {
  return view(entry, { columns, rooms }).map(textOf);
}

function said(body: unknown, from = ada): Entry {
  return { kind: 'message', room: 'lobby', from, at, body };
}

function member(name: string, more: Partial<Member> = {}): Member {
  return { id: name, name, state: 'online', connections: 1, ...more };
}

describe('in a terminal', () => {
  test('a message has its time, who said it, and what, in columns', () => {
    assert.deepEqual(rows(said('hello')), ['09:05          ada  hello']);
    const [line] = view(said('hello'), { columns: 60 });
    assert.equal(
      paint(line ?? [], 'full'),
      '\x1b[2m09:05 \x1b[0m         \x1b[1;38;5;132mada\x1b[0m  hello'.replace(
        '132',
        /38;5;(\d+)/.exec(paint(line ?? [], 'full'))?.[1] ?? '',
      ),
    );
  });

  test('what is long or has several lines stays in its column', () => {
    assert.deepEqual(
      rows(said('one two three four five six seven eight nine\n09:06          bob  I did not say this')),
      [
        '09:05          ada  one two three four five six seven eight',
        '                    nine',
        '                    09:06          bob  I did not say this',
      ],
    );
  });

  test('in a narrow terminal, what goes on has a rule before it', () => {
    assert.deepEqual(rows(said('one two three four\n09:06 bob  no'), 24), [
      '09:05 ada  one two three',
      '  │ four',
      '  │ 09:06 bob  no',
    ]);
  });

  test('a name that reads like something else stands in quotes, one that looks like another has a tag', () => {
    assert.deepEqual(rows(said('hi', { id: 'u3', name: 'ada l' })), ['09:05        ada l  hi']);
    assert.deepEqual(rows(said('hi', { id: 'u3', name: 'ada → bob' })), ['09:05  "ada → bob"  hi']);
    const entry = said('hi') as Extract<Entry, { kind: 'message' }>;
    assert.deepEqual(rows({ ...entry, from: { ...ada, tag: 'k3f' } }), ['09:05      ada·k3f  hi']);
  });

  test('a long name is cut, a name of several characters per column is not torn', () => {
    assert.deepEqual(rows(said('hi', { id: 'u3', name: '日本語'.repeat(10) })), ['09:05 日本語日本語日本語日本…  hi']);
  });

  test('an action', () => assert.deepEqual(rows(said('/me waves')), ['09:05            *  ada waves']));

  test('JSON', () => assert.deepEqual(rows(said({ a: [1, null] })), ['09:05          ada  {"a":[1,null]}']));

  test('bytes', () => {
    const file = { number: 2, size: 12_345, mime: 'image/png', name: 'cat.png' };
    const entry: Entry = { kind: 'message', room: 'lobby', from: ada, at, body: new Uint8Array(), file };
    assert.deepEqual(rows(entry, 80), ['09:05            *  ada sent cat.png (image/png, 12 KiB) · /save 2 <path>']);
  });

  test('direct messages and broadcasts', () => {
    assert.deepEqual(rows({ kind: 'direct', from: ada, to: bob, at, body: 'psst' }), ['09:05    ada → bob  psst']);
    assert.deepEqual(rows({ kind: 'direct', from: ada, to: bob, at, body: '/me nods' }), [
      '09:05            *  ada → bob nods',
    ]);
    assert.deepEqual(rows({ kind: 'broadcast', from: ada, at, body: 'all' }), ['09:05 ada → everyone  all']);
  });

  test('who came, went, and is different', () => {
    const entry: Entry = {
      kind: 'presence',
      room: 'lobby',
      joins: [member('ada'), member('bob')],
      leaves: [member('carol')],
      changes: [
        { was: member('dan'), member: member('dan', { state: 'away', note: 'lunch' }) },
        { was: member('eve'), member: member('eva') },
        { was: member('fay'), member: member('fay', { connections: 2 }) },
      ],
      at,
    };
    assert.deepEqual(rows(entry), [
      '09:05            →  ada and bob came',
      '09:05            ←  carol went',
      '09:05            ~  dan is away: lunch',
      '09:05            ~  eve is now called eva',
    ]);
  });

  test('a gap', () => {
    const gap = { room: 'lobby', from: 3, to: 14, why: 'trimmed' } as const;
    assert.deepEqual(rows({ kind: 'gap', room: 'lobby', gap }, 80), [
      '      … 12 messages are missing here (the room no longer has them) …',
    ]);
  });

  test('what is on its way, and what was refused', () => {
    const entry = { kind: 'unsent', room: 'lobby', from: ada, at, body: 'hi' } as const;
    assert.deepEqual(rows(entry), ['  …            ada  hi']);
    assert.deepEqual(rows({ ...entry, reason: 'the disk is full' }), [
      '09:05            ✗  not sent: the disk is full',
      '                    hi',
    ]);
  });

  test('a notice of several lines has the whole width', () => {
    assert.deepEqual(rows({ kind: 'notice', text: 'these:\n  one\n  two', tone: 'answer', at }), [
      '09:05            ·  these:',
      '        one',
      '        two',
    ]);
  });

  test('where several rooms are shown, each message says its own', () => {
    assert.deepEqual(rows(said('hello'), 60, true), ['09:05       lobby ada  hello']);
  });

  test('of a flood of lines, a hundred are shown', () => {
    const lines = rows(said('x\n'.repeat(5000)));
    assert.equal(lines.length, 101);
    assert.match(lines.at(-1) ?? '', /… 4,901 more lines$/);
  });

  test('nothing that others say reaches the terminal as a control sequence', () => {
    const hostile = '\x1b[2J\x1b]0;owned\x07\u202Egpj\r\n\x9b1A';
    const user = { id: 'u9', name: hostile };
    const file = { number: 1, size: 1, mime: hostile, name: hostile };
    const entries: Entry[] = [
      { kind: 'message', room: hostile, from: user, at, body: hostile },
      { kind: 'message', room: hostile, from: user, at, body: { [hostile]: hostile } },
      { kind: 'message', room: hostile, from: user, at, body: new Uint8Array(1), file },
      { kind: 'direct', from: user, to: user, at, body: hostile },
      { kind: 'broadcast', from: user, at, body: hostile },
      { kind: 'presence', room: hostile, joins: [member(hostile)], leaves: [member(hostile)], changes: [], at },
      {
        kind: 'presence',
        room: hostile,
        joins: [],
        leaves: [],
        changes: [{ was: member('a'), member: member(hostile, { state: 'away', note: hostile }) }],
        at,
      },
      { kind: 'unsent', room: hostile, from: user, at, body: hostile, reason: hostile },
      { kind: 'notice', text: hostile, tone: 'error', at },
      { kind: 'heading', text: hostile },
    ];
    for (const entry of entries) {
      const lines = [
        ...view(entry, { columns: 70, rooms: true }).map((line) => paint(line, 'none')),
        ...plainLines(entry, 'lobby'),
      ];
      for (const line of lines)
        assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u, entry.kind);
      const own = view(entry, { columns: 70 }).map((line) => paint(line, 'full').replace(/\x1b\[[\d;]+m/g, ''));
      for (const line of own) assert.doesNotMatch(line, /\p{Cc}/u, entry.kind);
    }
  });
});

describe('in plain lines', () => {
  test('they are those of the text dialect', () => {
    const lines = (entry: Entry) => plainLines(entry, 'lobby');
    assert.deepEqual(lines(said('hello\n<bob> no')), ['<ada> hello', '<ada> <bob> no']);
    assert.deepEqual(plainLines(said('hello'), 'cats'), ['[lobby] <ada> hello']);
    assert.deepEqual(lines(said('/me joined lobby')), ['* <ada> joined lobby']);
    assert.deepEqual(lines(said('hi', { id: 'u3', name: 'ada> I owe' })), ['<"ada> I owe"> hi']);
    const tagged = { ...ada, tag: 'k3f' };
    assert.deepEqual(lines({ ...(said('hi') as Extract<Entry, { kind: 'message' }>), from: tagged }), ['<ada·k3f> hi']);
    assert.deepEqual(lines({ kind: 'direct', from: ada, to: bob, at, body: 'psst' }), ['[ada to bob] psst']);
    assert.deepEqual(lines({ kind: 'broadcast', from: ada, at, body: 'all' }), ['<ada to everyone> all']);
    const presence = {
      kind: 'presence',
      room: 'lobby',
      joins: [member('bob')],
      leaves: [member('eve')],
      changes: [],
      at,
    } as const;
    assert.deepEqual(lines(presence), ['* bob joined lobby', '* eve left lobby']);
    assert.deepEqual(lines({ kind: 'notice', text: 'no\nreally', tone: 'error', at }), ['! no', '! really']);
    const unsent = { kind: 'unsent', room: 'lobby', from: ada, at, body: 'hi' } as const;
    assert.deepEqual(lines(unsent), []);
    assert.deepEqual(lines({ ...unsent, reason: 'full' }), ['! not sent (full): hi']);
  });
});

test('words', () => {
  assert.equal(clock(at), '09:05');
  assert.equal(amount(1, 'person'), '1 person');
  assert.equal(amount(1200, 'person'), '1,200 people');
  assert.deepEqual([0, 1, 1023, 1024, 1500, 65_536, 4_194_304].map(byteCount), [
    '0 bytes',
    '1 byte',
    '1,023 bytes',
    '1.0 KiB',
    '1.5 KiB',
    '64 KiB',
    '4.0 MiB',
  ]);
  assert.equal(namesIn([ada, bob, ada]), 'ada, bob and ada');
  assert.equal(namesIn(Array(10).fill(ada), 2), 'ada, ada and 8 more');
  assert.equal(
    gapWords({ room: 'a', from: 3, to: 3, why: 'damaged' }),
    '… 1 message is missing here (they cannot be read any more) …',
  );
  assert.equal(gapWords({ room: 'a', why: 'epoch' }), '… messages may be missing here (the room has started anew) …');
});
