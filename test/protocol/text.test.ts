import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Decoded } from '../../src/protocol/dialect.ts';
import type { Member, ServerFrame, StoredMessage } from '../../src/protocol/generated/frames.ts';
import { TextCodec } from '../../src/protocol/text.ts';
import { encodeText } from '../../src/protocol/text-lines.ts';
import { TextRooms } from '../../src/protocol/text-rooms.ts';
import { validateServerFrame } from '../../src/protocol/validate.ts';
import { bytes } from './bytes.ts';

const home = ['lobby'];
const ada = { id: 'u1', name: 'ada' };
const at = 1_795_104_000_000;
const present: Member = { ...ada, state: 'online', connections: 1 };

/** The codec of a connection that has entered these rooms, in this order. */
function inRooms(...rooms: string[]): TextCodec {
  const codec = new TextCodec(new TextRooms(home));
  for (const room of rooms) codec.encode({ type: 'joined', room, epoch: 'e', seq: 0, count: 1 });
  return codec;
}

function decodeAll(codec: TextCodec, text: string): Decoded[] {
  return [...codec.decode(bytes(text), false)];
}

/** Decodes a line for a connection in the lobby. */
function decode(line: string): Decoded {
  const [decoded, ...more] = decodeAll(inRooms('lobby'), line);
  assert.ok(decoded);
  assert.deepEqual(more, []);
  return decoded;
}

function means(line: string, frame: object): void {
  test(`${JSON.stringify(line)} means ${JSON.stringify(frame)}`, () => {
    const decoded = decode(line);
    assert.ok(decoded.kind === 'frame', decoded.kind);
    assert.deepEqual(decoded.frame, frame);
  });
}

function refused(line: string, message: string, code = 'invalid_frame'): void {
  test(`${JSON.stringify(line)} is answered by: ${message}`, () => {
    const decoded = decode(line);
    assert.ok(decoded.kind === 'refused', decoded.kind);
    assert.deepEqual([decoded.refusal.code, decoded.refusal.message], [code, message]);
  });
}

/** Encodes a frame for a person in the lobby. */
function shown(frame: ServerFrame): string {
  assert.equal(validateServerFrame(frame), undefined);
  return encodeText(frame, new TextRooms(home));
}

function message(body: unknown, more: { name?: string; room?: string; mime?: string } = {}): ServerFrame {
  const { name = 'ada', room = 'lobby', mime } = more;
  return { type: 'message', room, seq: 1, from: { id: 'u1', name }, at, body, ...(mime !== undefined && { mime }) };
}

describe('a line', () => {
  means('hello', { type: 'message', room: 'lobby', body: 'hello' });
  means('  hello  ', { type: 'message', room: 'lobby', body: '  hello  ' });
  means(' /join a', { type: 'join', room: 'a' });
  means('\ufeff\u200b /join a', { type: 'join', room: 'a' });
  means('／join a', { type: 'join', room: 'a' });
  means(' //join a', { type: 'message', room: 'lobby', body: ' /join a' });
  means('hello /join a', { type: 'message', room: 'lobby', body: 'hello /join a' });
  means('//join a', { type: 'message', room: 'lobby', body: '/join a' });
  means('//', { type: 'message', room: 'lobby', body: '/' });
  means('///', { type: 'message', room: 'lobby', body: '//' });
  means('{"type":"ping"}', { type: 'message', room: 'lobby', body: '{"type":"ping"}' });
  means('日本語 👩‍👩‍👧 שלום', { type: 'message', room: 'lobby', body: '日本語 👩‍👩‍👧 שלום' });
  means('a\tb\u2028c', { type: 'message', room: 'lobby', body: 'a\tb\u2028c' });

  test('goes to the room that was joined last', () => {
    const codec = inRooms('lobby', 'cats', 'dogs');
    const room = () => decodeAll(codec, 'x').map((decoded) => decoded.kind === 'frame' && decoded.frame);
    assert.deepEqual(room(), [{ type: 'message', room: 'dogs', body: 'x' }]);
    codec.encode({ type: 'joined', room: 'lobby', epoch: 'e', seq: 0, count: 1 });
    assert.deepEqual(room(), [{ type: 'message', room: 'lobby', body: 'x' }]);
    codec.encode({ type: 'left', room: 'lobby' });
    assert.deepEqual(room(), [{ type: 'message', room: 'dogs', body: 'x' }]);
    codec.encode({ type: 'left', room: 'cats' });
    assert.deepEqual(room(), [{ type: 'message', room: 'dogs', body: 'x' }]);
    codec.encode({ type: 'left', room: 'dogs' });
    assert.deepEqual(room(), [{ type: 'message', body: 'x' }]);
  });

  test('of nothing but white space means nothing', () => {
    for (const text of ['', ' ', '\t', '\r\n', '\n\n \n', '\u3000']) assert.deepEqual(decodeAll(inRooms(), text), []);
  });

  test('ends with the frame or with a line break of any system', () => {
    const said = decodeAll(inRooms('lobby'), 'a\nb\r\nc\rd\n\ne').map((decoded) =>
      decoded.kind === 'frame' && decoded.frame.type === 'message' ? decoded.frame.body : decoded,
    );
    assert.deepEqual(said, ['a', 'b', 'c', 'd', 'e']);
  });

  test('goes where the line before it in the same frame led to', () => {
    const codec = inRooms('lobby');
    const rooms: unknown[] = [];
    for (const decoded of codec.decode(bytes('/join cats\nmeow\n/leave\nhello'), false)) {
      assert.ok(decoded.kind === 'frame');
      const { frame } = decoded;
      if (frame.type === 'join') codec.encode({ type: 'joined', room: frame.room, epoch: 'e', seq: 0, count: 1 });
      if (frame.type === 'leave') codec.encode({ type: 'left', room: frame.room });
      if (frame.type === 'message') rooms.push([frame.room, frame.body]);
    }
    assert.deepEqual(rooms, [
      ['cats', 'meow'],
      ['lobby', 'hello'],
    ]);
  });

  test('begins after a byte order mark at the start of the frame, and keeps every other one', () => {
    const mark = [0xef, 0xbb, 0xbf] as const;
    const said = (...parts: Parameters<typeof bytes>) =>
      Array.from(inRooms('lobby').decode(bytes(...parts), false), (decoded) => {
        return decoded.kind === 'frame' && decoded.frame.type === 'message' ? decoded.frame.body : decoded.kind;
      });
    assert.deepEqual(said(...mark, 'a\n', ...mark, 'b', ...mark), ['a', '\ufeffb\ufeff']);
    assert.deepEqual(said(...mark, ...mark, 'a'), ['\ufeffa']);
    assert.deepEqual(said(...mark, '/dance'), ['refused']);
    assert.deepEqual(said('a\n', ...mark, '/dance'), ['a', 'refused']);
  });

  test('is read even if it is not UTF-8', () => {
    const [decoded] = inRooms('lobby').decode(bytes('a', 0xff, 'b'), false);
    assert.deepEqual(decoded, { kind: 'frame', frame: { type: 'message', room: 'lobby', body: 'a\ufffdb' } });
  });
});

describe('the command', () => {
  means('/join cats', { type: 'join', room: 'cats' });
  means('/join  日本語\t', { type: 'join', room: '日本語' });
  means('/JOIN cats', { type: 'join', room: 'cats' });
  means('/join "a:b"', { type: 'join', room: 'a:b' });
  refused('/join', 'write it like this: /join <room>');
  refused('/join two words', 'write it like this: /join <room>');

  means('/leave', { type: 'leave', room: 'lobby' });
  means('/leave cats', { type: 'leave', room: 'cats' });
  test('/leave without a room to leave is refused', () => {
    const [decoded] = decodeAll(inRooms(), '/leave');
    assert.ok(decoded?.kind === 'refused');
    assert.deepEqual([decoded.refusal.code, decoded.refusal.message], ['not_joined', 'you are in no room; /join one']);
  });

  for (const alias of ['name', 'username', 'nick'])
    means(`/${alias} Ada Lovelace`, { type: 'name', name: 'Ada Lovelace' });
  refused('/name', 'write it like this: /name <name>');
  const notInNames =
    'must not start or end with a space, start with a combining mark, or contain control characters or invisible ones';
  refused('/name a\tb', `name ${notInNames}`);
  refused('/name a\u200bb', `name ${notInNames}`);

  for (const alias of ['who', 'list']) {
    means(`/${alias}`, { type: 'list', room: 'lobby' });
    means(`/${alias} cats`, { type: 'list', room: 'cats' });
    means(`/${alias} *`, { type: 'list' });
  }

  means('/rooms', { type: 'rooms' });
  means('/rooms ca', { type: 'rooms', prefix: 'ca' });

  means('/history', { type: 'history', room: 'lobby', limit: 20 });
  means('/history 7', { type: 'history', room: 'lobby', limit: 7 });
  for (const wrong of ['0', '1001', 'all', '-1', '1.5', '1 2', '٣'])
    refused(`/history ${wrong}`, 'write it like this: /history [n]');
  test('/history without a room is refused', () => {
    const [decoded] = decodeAll(inRooms(), '/history');
    assert.ok(decoded?.kind === 'refused');
    assert.deepEqual([decoded.refusal.code, decoded.refusal.message], ['not_joined', 'you are in no room; /join one']);
  });

  means('/broadcast fire  in the kitchen', { type: 'broadcast', body: 'fire  in the kitchen' });
  refused('/broadcast', 'write it like this: /broadcast <text>');

  means('/status away', { type: 'status', state: 'away' });
  means('/status busy in a meeting', { type: 'status', state: 'busy', note: 'in a meeting' });
  for (const line of ['/status', '/status asleep'])
    refused(line, 'write it like this: /status online|away|busy [note]');

  means('/ping', { type: 'ping' });
  means('/ping me', { type: 'ping' });

  test('/help is answered with every command, each line one of the server', () => {
    const decoded = decode('/help');
    assert.ok(decoded.kind === 'answer' && typeof decoded.wire === 'string');
    const commands = [
      'join',
      'leave',
      'name',
      'who',
      'rooms',
      'history',
      'msg',
      'broadcast',
      'status',
      'ping',
      'help',
      'quit',
      'me',
      'binary',
    ];
    for (const command of commands) assert.match(decoded.wire, new RegExp(`/${command}\\b`));
    for (const line of decoded.wire.split('\n')) assert.match(line, /^\* /);
  });

  test('/quit asks for the end', () => {
    assert.deepEqual(decode('/quit'), { kind: 'quit' });
    assert.deepEqual(decode('/quit now'), { kind: 'quit' });
  });

  means('/me waves', { type: 'message', room: 'lobby', body: '/me waves' });
  const binary = { body: new TextEncoder().encode('bits'), mime: 'text/plain; charset=utf-8' };
  means('/binary bits', { type: 'message', room: 'lobby', ...binary });
  refused('/file cat.png', 'there is no /file here: a binary frame sends bytes');

  const unknown = (name: string) => `there is no command /${name}; /help lists them, and //${name} says it`;
  const near = 'there is no command /mgs: did you mean /msg? /help lists them, and //mgs says it';
  refused('/mgs ada the salary', near, 'unknown_command');
  refused('/usr/bin/env', unknown('usr/bin/env'), 'unknown_command');
  refused('/dance', unknown('dance'), 'unknown_command');
  refused('/', unknown(''), 'unknown_command');
  refused('/ join', unknown(''), 'unknown_command');
  refused('/__proto__', unknown('__proto__'), 'unknown_command');
  refused('/\u001b[2J', unknown('\ufffd[2J'), 'unknown_command');
  refused(`/${'x'.repeat(1000)}`, unknown('x'.repeat(40)), 'unknown_command');
});

describe('/msg', () => {
  const direct = (line: string, to: string, body: string) =>
    test(`${JSON.stringify(line)} says ${JSON.stringify(body)} to ${JSON.stringify(to)}`, () => {
      const frame = { type: 'direct', to, body, id: 'msg' };
      assert.deepEqual(decode(line), { kind: 'frame', frame, byName: true });
    });
  direct('/msg bob hello there', 'bob', 'hello there');
  direct('/msg   bob   hello', 'bob', 'hello');
  direct('/msg "Ada Lovelace" hello', '"Ada Lovelace"', 'hello');
  direct('/msg "Ada \\"Lovelace\\""·k3f hello', '"Ada \\"Lovelace\\""·k3f', 'hello');
  direct('/msg 👩‍👩‍👧 שלום', '👩‍👩‍👧', 'שלום');
  direct('/msg a"b hello', 'a"b', 'hello');
  direct('/msg "ada hello', '"ada', 'hello');
  direct('/msg "" hello', '""', 'hello');
  for (const line of ['/msg', '/msg bob', '/msg "Ada"']) refused(line, 'write it like this: /msg <name> <text>');

  test('is acknowledged by the name as it is shown', () => {
    const codec = inRooms('lobby');
    const acknowledged = (name: string) => {
      decodeAll(codec, `/msg ${name} hello`);
      return codec.encode({ type: 'ack', id: 'msg', at });
    };
    const spellings = [
      ['bob', 'bob'],
      ['"bob"', 'bob'],
      ['"Ada Lovelace"·k3f', '"Ada Lovelace"·k3f'],
      ['a"b', '"a\\"b"'],
      ['"a\tb"', '"a\\u{9}b"'],
      ['"a\u001b[2Jb"', '"a\\u{1b}[2Jb"'],
      ['"a\u2028b"', '"a\\u{2028}b"'],
    ] as const;
    for (const [typed, shown] of spellings) assert.equal(acknowledged(typed), `* sent to ${shown}`);
  });
});

test('a line takes time in proportion to its length', () => {
  const gap = ' '.repeat(1_000_000);
  const lines = [
    `/x a${gap}b`,
    `/msg a${gap}b`,
    `/msg "${gap}b`,
    `/status away${gap}b`,
    `/join${gap}`,
    `${gap}b`,
    `/msg ${'" '.repeat(500_000)}`,
  ];
  const start = performance.now();
  for (const line of lines) decode(line);
  assert.ok(performance.now() - start < 5000);
});

test('a binary frame is a binary message to the current room', () => {
  const data = bytes(0x01, 0x00, 0xff);
  const decoded = [...inRooms('lobby').decode(data, true)];
  new Uint8Array(data).fill(7);
  const frame = { type: 'message', room: 'lobby', body: new Uint8Array([0x01, 0x00, 0xff]) };
  assert.deepEqual(decoded, [{ kind: 'frame', frame }]);
});

describe('what a person sees of', () => {
  const shows = (name: string, frame: ServerFrame, text: string) => test(name, () => assert.equal(shown(frame), text));
  shows('a message in a home room', message('hi'), '<ada> hi');
  shows('a message in another room', message('hi', { room: 'cats' }), '[cats] <ada> hi');
  shows('a body that is JSON', message({ text: 'hi', n: [1, null] }), '<ada> {"text":"hi","n":[1,null]}');
  shows('a body that is a number', message(0), '<ada> 0');
  shows('a body that is null', message(null), '<ada> null');
  shows('an empty body', message(''), '<ada> ');
  shows('a binary body', message(new Uint8Array(1234)), '* <ada> sent 1234 bytes');
  const png = { mime: 'image/png', room: 'cats' };
  shows('a binary body with a type', message(new Uint8Array(3), png), '* [cats] <ada> sent 3 bytes (image/png)');
  shows('a direct message', { type: 'direct', to: 'u2', from: ada, at, body: 'psst' }, '[ada to you] psst');
  shows('a broadcast', { type: 'broadcast', from: ada, at, body: 'fire' }, '<ada to everyone> fire');
  shows('an echo', { type: 'echo', body: [1] }, '* echo [1]');
  shows('a signal', { type: 'signal', room: 'lobby', from: ada, kind: 'typing' }, '');
  shows('a pong', { type: 'pong', at }, '* pong at 2026-11-19T16:00:00.000Z');
  shows('leaving', { type: 'left', room: 'cats' }, '* you left cats');
  shows('an error', { type: 'error', code: 'not_joined', message: 'you are not in cats' }, '! you are not in cats');
  shows('a goodbye it asked for', { type: 'goodbye', code: 1000, why: 'quit', message: 'x' }, '* goodbye');
  shows(
    'another goodbye',
    { type: 'goodbye', code: 1001, why: 'shutdown', message: 'the server is shutting down', retry: 1 },
    '* goodbye: the server is shutting down',
  );
  shows(
    'the welcome',
    {
      type: 'welcome',
      connection: 'c1',
      user: ada,
      server: { name: 'hubbub', version: '0.1.0' },
      protocol: 1,
      limits: { frame: 1, rooms: 1 },
      rooms: [],
      heartbeat: 1,
      ticket: 't',
    },
    '* welcome to hubbub 0.1.0; you are ada. /help lists the commands; your id is u1',
  );
  const others: Member[] = [
    { id: 'u2', name: 'bob', state: 'away', connections: 2 },
    { id: 'u3', name: 'eve', state: 'busy', note: 'in a meeting', connections: 1 },
    { id: 'u4', name: 'zoe', state: 'online', note: 'hi', connections: 1 },
  ];
  const joined = { type: 'joined', room: 'cats', epoch: 'e', seq: 1 } as const;
  const roster = 'ada, bob [away], eve [busy: "in a meeting"], zoe [online: hi] (4 here)';
  shows('joining', { ...joined, count: 4, members: [present, ...others] }, `* cats: ${roster}`);
  shows('joining a large room', { ...joined, count: 1000 }, '* cats: 1000 people');
  shows('who is in a room', { type: 'members', room: 'cats', count: 1, members: [present] }, '* cats: ada (1 here)');
  shows(
    'who is on the server, in part',
    { type: 'members', count: 3, members: [present], cursor: 'c' },
    '* on this server: ada, and 2 more (3 here)',
  );
  shows('no rooms', { type: 'rooms', rooms: [] }, '* rooms: none');
  const rooms = [
    { room: 'cats', count: 2 },
    { room: 'lobby', count: 3 },
  ];
  shows('the rooms', { type: 'rooms', rooms }, '* rooms: cats (2), lobby (3)');
  shows('some of the rooms', { type: 'rooms', rooms, cursor: 'c' }, '* rooms: cats (2), lobby (3) and more');
  shows(
    'presence, a line for each thing',
    {
      type: 'presence',
      room: 'cats',
      count: 2,
      joins: [present, { ...present, id: 'u2', name: 'bob' }],
      leaves: [{ id: 'u3', name: 'eve' }],
      changes: [
        { ...present, id: 'u4', name: 'zoë', was: { name: 'zoe' } },
        { ...present, id: 'u5', name: 'dan', state: 'away', note: 'tea', was: { state: 'online' } },
        { ...present, id: 'u6', name: 'max', connections: 2 },
      ],
    },
    '* ada, bob joined cats\n* eve left cats\n* zoe is now called zoë\n* dan is away: tea',
  );
  shows('a gap', { type: 'gap', room: 'cats', from: 1, to: 7, why: 'trimmed' }, '* cats: messages are missing here');
  shows('presence that is a number only', { type: 'presence', room: 'cats', count: 1000 }, '');

  test('an own direct message from another device', () => {
    const codec = new TextCodec(new TextRooms(home));
    const direct = { type: 'direct', to: 'u2', from: ada, at, body: 'psst' } as const;
    assert.equal(codec.encode(direct), '[ada to you] psst');
    const limits = { frame: 1, rooms: 1 };
    const server = { name: 'hubbub', version: '1' };
    const rest = { connection: 'c', server, protocol: 1, limits, rooms: [], heartbeat: 1, ticket: 't' };
    codec.encode({ type: 'welcome', user: ada, ...rest });
    assert.equal(codec.encode(direct), '[you, on another device] psst');
  });
});

describe('what a person sees of the history', () => {
  const stored = (body: unknown, more: Partial<StoredMessage> = {}): StoredMessage => {
    return { type: 'message', room: 'cats', seq: 1, from: ada, at, body, ...more };
  };
  const history = (...messages: StoredMessage[]): string =>
    shown({ type: 'history', room: 'cats', epoch: 'e', messages, more: true });

  test('is what was said, from the oldest to the latest', () => {
    const { body: _, ...picture } = stored('', { base64: 'aGVsbG8=', mime: 'image/png' });
    assert.deepEqual(history(stored('hi\nall'), picture, stored({ a: 1 })).split('\n'), [
      '* cats: the latest 3 messages',
      '[cats] <ada> hi',
      '[cats] <ada> all',
      '* [cats] <ada> sent 5 bytes (image/png)',
      '[cats] <ada> {"a":1}',
      '* cats: that was the history',
    ]);
  });

  test('is one line where nothing was said', () => {
    assert.equal(history(), '* cats: no messages');
  });

  test('is the latest ones, where a long name before each line would make it a hundred times what was said', () => {
    const from = { id: 'u1', name: '😀'.repeat(64) };
    const lines = history(...Array.from({ length: 1000 }, () => stored('\n'.repeat(99), { from })), stored('the end'));
    assert.ok(lines.length < 100_000, String(lines.length));
    const [head = '', ...rest] = lines.split('\n');
    assert.equal(rest.at(-2), '[cats] <ada> the end');
    const [, count] = /^\* cats: the latest (\d+) messages$/.exec(head) ?? [];
    assert.equal(rest.length, 100 * (Number(count) - 1) + 2);
  });

  test('is at least the latest one', () => {
    assert.ok(history(stored('first'), stored('x'.repeat(200_000))).includes('x'.repeat(200_000)));
  });
});

describe('nobody can make up a line of the server, or of somebody else', () => {
  const own = (name: string, body: unknown, lines: string[]) =>
    test(name, () => assert.deepEqual(shown(message(body)).split('\n'), lines));
  own('with a line feed', 'hi\n* bob left lobby', ['<ada> hi', '<ada> * bob left lobby']);
  own('with a carriage return', 'hi\r* bob left lobby', ['<ada> hi', '<ada> * bob left lobby']);
  own('with both', 'a\r\nb', ['<ada> a', '<ada> b']);
  own('with the line separators of Unicode', 'a\u2028b\u2029c', ['<ada> a', '<ada> b', '<ada> c']);
  own('with other control characters that may end a line', 'a\u000bb\u000cc\u0085d', ['<ada> a\ufffdb\ufffdc\ufffdd']);
  own('with a backspace', 'a\b\b\b\b\b\b* bob left', ['<ada> a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd* bob left']);
  own('with an escape sequence', '\u001b[2J\u001b]0;x\u0007\u009b1m', ['<ada> \ufffd[2J\ufffd]0;x\ufffd\ufffd1m']);
  own('with NUL and DEL', 'a\0b\u007fc', ['<ada> a\ufffdb\ufffdc']);
  own('in JSON', { a: '\u001b[2J\n* bob left', '\u009b': '\u2028' }, [
    '<ada> {"a":"\\u001b[2J\\n* bob left","\ufffd":"',
    '<ada> "}',
  ]);
  own('but a tab is let through', 'a\tb', ['<ada> a\tb']);
  own('with half a surrogate pair, which would not be UTF-8', 'a\ud83d', ['<ada> a\ufffd']);
  own('but whole pairs are let through', '👋', ['<ada> 👋']);

  test('with a great many lines, which would make a great many names', () => {
    const text = shown(message('\n'.repeat(30_000), { name: '👩'.repeat(64) }));
    assert.equal(text.split('\n').length, 100);
    assert.ok(Buffer.byteLength(text) < 200_000);
    assert.equal(shown(message('x\n'.repeat(99))).split('\n').length, 100);
  });

  test('with a direct message, a broadcast, an echo', () => {
    const forged = 'hi\n* \u001b[2J';
    const hi = (who: string) => `${who} hi\n${who} * \ufffd[2J`;
    assert.equal(shown({ type: 'direct', to: 'u2', from: ada, at, body: forged }), hi('[ada to you]'));
    assert.equal(shown({ type: 'broadcast', from: ada, at, body: forged }), hi('<ada to everyone>'));
    assert.equal(shown({ type: 'echo', body: forged }), hi('* echo'));
  });

  test('with what an error quotes', () => {
    const error = {
      type: 'error',
      code: 'unknown_user',
      message: 'nobody is called a\n* b\u001b[2J\u2028\ud83d',
    } as const;
    assert.equal(shown(error), '! nobody is called a\ufffd* b\ufffd[2J\ufffd\ufffd');
  });
});
