import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ErrorCode, ServerFrame } from '../../src/protocol/generated/frames.ts';
import { Refusal } from '../../src/protocol/refusal.ts';
import { validateClientFrame, validateServerFrame } from '../../src/protocol/validate.ts';
import { fits, schemas, withExamples } from './schemas.ts';

/** The `error` frame that answers `value`; fails if it is a valid frame. */
function errorOf(value: unknown): object {
  const refusal = validateClientFrame(value);
  assert.ok(refusal instanceof Refusal, 'the frame was accepted');
  const frame = refusal.frame();
  assert.equal(validateServerFrame(frame), undefined);
  return frame;
}

function accepted(value: unknown): void {
  const frame = validateClientFrame(value);
  assert.ok(!(frame instanceof Refusal), frame instanceof Refusal ? frame.message : '');
  assert.equal(frame, value);
}

/** A test of one refusal: the frame, and the message and path of the answer. */
function refused(name: string, value: unknown, message: string, path: string, code: ErrorCode = 'invalid_frame'): void {
  test(name, () => assert.deepEqual(errorOf(value), { type: 'error', code, path, message }));
}

/** `levels` arrays, one inside the other. */
function nested(levels: number): unknown {
  return JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
}

const types =
  'auth, broadcast, direct, echo, hello, history, join, leave, list, message, name, ping, rooms, signal, status';

describe('examples', () => {
  for (const { reference, examples } of withExamples()) {
    test(`of ${reference} fit it`, () => {
      for (const example of examples) assert.ok(fits(reference, example), JSON.stringify(example));
    });
  }

  test('of every client frame are accepted', () => {
    for (const { examples } of Object.values(schemas.client))
      for (const example of examples as unknown[]) accepted(example);
  });

  test('of every server frame are accepted', () => {
    for (const { examples } of Object.values(schemas.server))
      for (const example of examples as ServerFrame[]) assert.equal(validateServerFrame(example), undefined);
  });
});

test('the words of an error are for a person', () => {
  assert.equal(
    JSON.stringify(errorOf({ type: 'join', room: 'x'.repeat(129) })),
    '{"type":"error","code":"invalid_frame","message":"room must have at most 128 characters","path":"/room"}',
  );
});

describe('what is no frame', () => {
  for (const value of [null, true, 1, 'ping', [], [{ type: 'ping' }]]) {
    refused(`${JSON.stringify(value)} is no object`, value, 'a frame must be a JSON object', '');
  }
  refused('an object without a type', {}, 'type is required', '/type');
  for (const type of [null, 1, true, ['ping'], { ping: 1 }]) {
    refused(`the type ${JSON.stringify(type)} is no string`, { type }, 'type must be a string', '/type');
  }
  refused(
    'a type that does not exist',
    { type: 'Ping' },
    `there is no type "Ping"; there are ${types}`,
    '/type',
    'unknown_type',
  );
  for (const type of ['', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'welcome']) {
    const message = `there is no type "${type}"; there are ${types}`;
    refused(`the type "${type}" does not exist`, { type }, message, '/type', 'unknown_type');
  }
  const long = `there is no type "${'😀'.repeat(80)}…"; there are ${types}`;
  refused('a type of any length', { type: '😀'.repeat(1000) }, long, '/type', 'unknown_type');
  refused(
    'half a surrogate pair in a type is written out',
    { type: '\ud83d' },
    `there is no type "\\ud83d"; there are ${types}`,
    '/type',
    'unknown_type',
  );
});

describe('a field', () => {
  refused('is required', { type: 'join' }, 'room is required', '/room');
  refused('is required even if it may be anything', { type: 'message', room: 'a' }, 'body is required', '/body');
  refused('of another frame', { type: 'ping', room: 'a' }, '"room" is not a field of ping', '/room');
  refused(
    'that is misspelt',
    { type: 'message', body: 1, Id: 'a' },
    '"Id" is not a field of message; did you mean "id"?',
    '/Id',
  );
  refused('without a name', { type: 'ping', '': 1 }, '"" is not a field of ping', '/');
  refused('is escaped in the path', { type: 'ping', 'a/b~c': 1 }, '"a/b~c" is not a field of ping', '/a~1b~0c');
  const long = 'y'.repeat(80);
  refused(
    'with a name of any length',
    { type: 'ping', [`${long}y`]: 1 },
    `"${long}…" is not a field of ping`,
    `/${long}…`,
  );
  test('called __proto__ is unknown, and changes nothing', () => {
    const sent = JSON.parse('{"type":"ping","__proto__":{"id":"p1"}}');
    const message = '"__proto__" is not a field of ping';
    assert.deepEqual(errorOf(sent), { type: 'error', code: 'invalid_frame', path: '/__proto__', message });
  });
  refused(
    'called constructor',
    { type: 'ping', constructor: 1 },
    '"constructor" is not a field of ping',
    '/constructor',
  );
  test('is not inherited', () => {
    const sent = JSON.parse('{"type":"join","__proto__":{"room":"lobby"}}');
    assert.deepEqual(errorOf(sent), {
      type: 'error',
      code: 'invalid_frame',
      path: '/room',
      message: 'room is required',
    });
  });
});

describe('a wrong type', () => {
  for (const room of [null, 1, true, {}, ['lobby']]) {
    refused(`a room that is ${JSON.stringify(room)}`, { type: 'join', room }, 'room must be a string', '/room');
  }
  refused('echo as text', { type: 'message', body: 1, echo: 'no' }, 'echo must be a boolean', '/echo');
  refused('echo as null', { type: 'message', body: 1, echo: null }, 'echo must be a boolean', '/echo');
  refused('a limit as text', { type: 'list', limit: '1' }, 'limit must be an integer', '/limit');
  refused('a limit with a fraction', { type: 'list', limit: 1.5 }, 'limit must be an integer', '/limit');
  refused(
    'a limit that JSON.parse takes for infinite',
    JSON.parse('{"type":"list","limit":1e400}'),
    'limit must be an integer',
    '/limit',
  );
  test('an integer may be written in any way', () => {
    accepted(JSON.parse('{"type":"list","limit":1.0e1}'));
  });
});

describe('a length', () => {
  test('is counted in characters, not in UTF-16 units', () => {
    accepted({ type: 'join', room: '😀'.repeat(128) });
    accepted({ type: 'name', name: '👩‍👩‍👧'.repeat(12) });
    accepted({ type: 'ping', id: '日'.repeat(64) });
  });
  const tooLong = (field: string, limit: number) => `${field} must have at most ${limit} characters`;
  refused('of a room', { type: 'join', room: '😀'.repeat(129) }, tooLong('room', 128), '/room');
  refused('of a name', { type: 'name', name: '日'.repeat(65) }, tooLong('name', 64), '/name');
  refused(
    'of a name made of several characters each',
    { type: 'name', name: '👩‍👩‍👧'.repeat(13) },
    tooLong('name', 64),
    '/name',
  );
  refused('of an id', { type: 'ping', id: 'x'.repeat(65) }, tooLong('id', 64), '/id');
  refused('of a user id', { type: 'direct', to: 'x'.repeat(65), body: 1 }, tooLong('to', 64), '/to');
  refused('of a kind', { type: 'signal', room: 'a', kind: 'x'.repeat(65) }, tooLong('kind', 64), '/kind');
  refused('of a note', { type: 'status', state: 'busy', note: 'x'.repeat(141) }, tooLong('note', 140), '/note');
  refused('of a token', { type: 'auth', token: 'x'.repeat(4097) }, tooLong('token', 4096), '/token');
  refused('of a prefix', { type: 'rooms', prefix: 'x'.repeat(129) }, tooLong('prefix', 128), '/prefix');
  refused('of a cursor', { type: 'rooms', cursor: 'x'.repeat(513) }, tooLong('cursor', 512), '/cursor');
  refused('of a MIME type', { type: 'echo', body: 1, mime: `a/${'x'.repeat(254)}` }, tooLong('mime', 255), '/mime');
  refused(
    'of a MIME type, at least',
    { type: 'echo', body: 1, mime: '/a' },
    'mime must have at least 3 characters',
    '/mime',
  );
  for (const [field, frame] of [
    ['room', { type: 'join', room: '' }],
    ['name', { type: 'hello', name: '' }],
    ['id', { type: 'ping', id: '' }],
    ['kind', { type: 'signal', room: 'a', kind: '' }],
    ['token', { type: 'auth', token: '' }],
    ['cursor', { type: 'list', cursor: '' }],
  ] as const) {
    refused(`of an empty ${field}`, frame, `${field} must not be empty`, `/${field}`);
  }
  test('of a note and a prefix may be nothing', () => {
    accepted({ type: 'status', state: 'online', note: '' });
    accepted({ type: 'rooms', prefix: '' });
  });
});

describe('a number', () => {
  refused('that is too small', { type: 'list', limit: 0 }, 'limit must be at least 1', '/limit');
  refused('that is too large', { type: 'rooms', limit: 1001 }, 'limit must be at most 1000', '/limit');
  refused('below the first version', { type: 'hello', version: 0 }, 'version must be at least 1', '/version');
  test('at its limits is accepted', () => {
    for (const limit of [1, 1000]) accepted({ type: 'list', limit });
    accepted({ type: 'hello', version: Number.MAX_VALUE });
  });
});

describe('a position', () => {
  const join = (since: unknown) => ({ type: 'join', room: 'a', since });
  refused('that is a number', join(7), 'since must be an object', '/since');
  refused('without an epoch', join({ seq: 7 }), 'since.epoch is required', '/since/epoch');
  refused('without a number', join({ epoch: 'e' }), 'since.seq is required', '/since/seq');
  refused('below zero', join({ epoch: 'e', seq: -1 }), 'since.seq must be at least 0', '/since/seq');
  refused('with a fraction', join({ epoch: 'e', seq: 0.5 }), 'since.seq must be an integer', '/since/seq');
  refused(
    'past what a double counts',
    join({ epoch: 'e', seq: 2 ** 53 }),
    'since.seq must be at most 9007199254740991',
    '/since/seq',
  );
  refused('with an empty epoch', join({ epoch: '', seq: 1 }), 'since.epoch must not be empty', '/since/epoch');
  refused(
    'with more than that',
    join({ epoch: 'e', seq: 1, room: 'a' }),
    '"room" is not a field of since',
    '/since/room',
  );
  test('is an epoch and a number', () => {
    for (const seq of [0, 1, Number.MAX_SAFE_INTEGER]) accepted(join({ epoch: 'x'.repeat(36), seq }));
  });
});

describe('where messages start', () => {
  const since = { epoch: 'e', seq: 1 };
  refused(
    'is not since and last',
    { type: 'join', room: 'a', since, last: 1 },
    'join must not have both since and last',
    '',
  );
  refused(
    'is not before and after',
    { type: 'history', room: 'a', before: 2, after: 1 },
    'history must not have both before and after',
    '',
  );
  refused('is not the last none', { type: 'join', room: 'a', last: 0 }, 'last must be at least 1', '/last');
  refused('is not the last 1001', { type: 'join', room: 'a', last: 1001 }, 'last must be at most 1000', '/last');
  refused('of a history is a number', { type: 'history', room: 'a', after: '1' }, 'after must be an integer', '/after');
  refused('of a history needs a room', { type: 'history' }, 'room is required', '/room');
  test('is any of them, or none', () => {
    for (const more of [{}, { since }, { last: 1000 }]) accepted({ type: 'join', room: 'a', ...more });
    for (const more of [{}, { before: 0 }, { after: 0, limit: 1000 }])
      accepted({ type: 'history', room: 'a', ...more });
  });
});

test('a choice names what there is', () => {
  assert.deepEqual(errorOf({ type: 'status', state: 'asleep' }), {
    type: 'error',
    code: 'invalid_frame',
    path: '/state',
    message: 'state must be one of online, away, busy',
  });
});

describe('a pattern', () => {
  const room = 'room must not contain spaces, control characters or invisible ones, or start with a combining mark';
  for (const [what, character] of [
    ['a space', ' '],
    ['a no-break space', '\u00a0'],
    ['a line feed', '\n'],
    ['a NUL', '\0'],
    ['an escape', '\u001b'],
    ['a C1 control', '\u009b'],
    ['a line separator', '\u2028'],
    ['a right-to-left override', '\u202e'],
    ['an isolate', '\u2066'],
    ['the end of an isolate', '\u2069'],
    ['half a surrogate pair', '\ud83d'],
    ['the other half', '\udc4b'],
  ] as const) {
    refused(`keeps ${what} out of a room`, { type: 'join', room: `a${character}b` }, room, '/room');
  }
  const name =
    'name must not start or end with a space, start with a combining mark, or contain control characters or invisible ones';
  for (const wrong of [
    ' ada',
    'ada ',
    '\u00a0ada',
    'ada\u3000',
    ' ',
    'a\nb',
    'a\tb',
    'a\u2029b',
    'a\u202eb',
    'a\ud83d',
    '\u2067a',
  ]) {
    refused(`keeps ${JSON.stringify(wrong)} from being a name`, { type: 'name', name: wrong }, name, '/name');
  }
  const id = 'id must not contain control characters';
  for (const wrong of ['a\tb', 'a\u007f', '\udc4b\ud83d']) {
    refused(`keeps ${JSON.stringify(wrong)} from being an id`, { type: 'ping', id: wrong }, id, '/id');
  }
  const note = 'note must not contain control characters';
  refused('keeps lines out of a note', { type: 'status', state: 'away', note: 'a\r\nb' }, note, '/note');
  const token = 'token must be printable ASCII without spaces';
  refused('keeps a token in one word', { type: 'auth', token: 'a b' }, token, '/token');
  const mime = 'mime must be a MIME type such as image/png';
  for (const wrong of ['png', 'image/', '/png ', 'image/png\n', 'image /png', 'imäge/png']) {
    refused(
      `keeps ${JSON.stringify(wrong)} from being a MIME type`,
      { type: 'echo', body: 1, mime: wrong },
      mime,
      '/mime',
    );
  }
  test('keeps what cannot be seen out of names, and of rooms', () => {
    const unseen = [
      ['a zero-width space', '\u200b'],
      ['one at the end', 'ada\u200b'],
      ['a Hangul filler', '\u3164'],
      ['a halfwidth one', 'a\uffa0b'],
      ['a blank of Braille', '\u2800'],
      ['a byte order mark', '\ufeffada'],
      ['a soft hyphen', 'a\u00adda'],
      ['a joiner at the start', '\u200dada'],
      ['a joiner at the end', 'ada\u200d'],
      ['a joiner that joins nothing', 'a\u200db'],
      ['a non-joiner at the end', 'علی\u200c'],
      ['a joiner at the end of an emoji', '👩\u200d'],
      ['two joiners', '👩\u200d\u200d👧'],
      ['a variation selector alone', '\ufe0f'],
      ['a variation selector of nothing', 'a\ufe0f'],
      ['a keycap without its cap', '1\ufe0f'],
      ['a mark alone', '\u0301'],
      ['a tag', 'ada\u{e0041}'],
      ['a flag that does not end', '🏴\u{e0067}\u{e0062}\u{e0065}'],
      ['a grapheme joiner', 'a\u034fb'],
      ['a direction mark', 'a\u200eb'],
      ['an annotation', 'a\ufff9b'],
      ['a replacement of an object', '\ufffc'],
    ] as const;
    for (const [what, name] of unseen) {
      for (const frame of [
        { type: 'name', name },
        { type: 'join', room: name },
      ]) {
        const refusal = validateClientFrame(frame);
        assert.ok(refusal instanceof Refusal, what);
        assert.match(refusal.message, /^(name|room) must not .* invisible ones/);
      }
    }
  });

  test('lets the names of all languages through', () => {
    for (const name of [
      'ada',
      'Ada Lovelace',
      '日本語',
      'עדה',
      'عائشة',
      '👩‍👩‍👧',
      'e\u0301',
      'علی\u200cرضا',
      'क्\u200dष',
      '葛\u{e0100}城',
      '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
      '1\ufe0f\u20e3',
      '❤\ufe0f\u200d🔥',
      'ᠮᠣᠩ\u180bᠭᠣᠯ',
      '山田\u3000太郎',
      '<b>',
      "'; --",
      '../..',
    ])
      accepted({ type: 'name', name });
    for (const room of ['日本語', 'חדר', '#general', 'a:b/c~d', '*', '~', '👩‍👩‍👧', '__proto__'])
      accepted({ type: 'join', room });
    accepted({ type: 'echo', body: 1, mime: 'text/plain; charset=utf-8' });
  });
});

describe('a signal', () => {
  refused('without a receiver', { type: 'signal', kind: 'typing' }, 'signal needs either room or to', '');
  refused('with two', { type: 'signal', kind: 'typing', room: 'a', to: 'u1' }, 'signal needs either room or to', '');
  test('goes to a room or to a user', () => {
    accepted({ type: 'signal', kind: 'typing', room: 'a' });
    accepted({ type: 'signal', kind: 'typing', to: 'u1', body: null });
  });
});

describe('a body', () => {
  test('is any JSON value', () => {
    for (const body of [null, false, 0, -0, 1.5, '', 'x', [], {}, [[]], { type: 'ping', id: 1 }])
      accepted({ type: 'echo', body });
  });
  test('keeps keys that mean something to JavaScript', () => {
    const body = JSON.parse('{"__proto__":{"a":1},"constructor":{"prototype":null},"toJSON":"x","hasOwnProperty":1}');
    accepted({ type: 'message', body });
    assert.deepEqual(Object.keys(body), ['__proto__', 'constructor', 'toJSON', 'hasOwnProperty']);
  });
  test('keeps half surrogate pairs', () => {
    accepted({ type: 'message', body: '\ud83d' });
    accepted({ type: 'message', body: { '\udc4b': ['\ud83d'] } });
  });
  test('may be nested 64 levels deep', () => {
    accepted({ type: 'message', body: nested(64) });
    accepted({ type: 'message', body: { a: [nested(62), nested(62)] } });
  });
  const tooDeep = 'body must not be nested deeper than 64 levels';
  refused('nested too deep', { type: 'message', body: nested(65) }, tooDeep, '/body');
  refused(
    'nested too deep behind something flat',
    { type: 'message', body: [1, { a: nested(63) }, 2] },
    tooDeep,
    '/body',
  );
  refused('nested as deep as JSON.parse can read', { type: 'message', body: nested(1_000_000) }, tooDeep, '/body');
  const tooLarge = 'body has a number that is too large';
  for (const json of ['1e400', '-1e400', '[1e999]', '{"a":{"b":[0,1e309]}}']) {
    refused(`with the number in ${json}`, JSON.parse(`{"type":"echo","body":${json}}`), tooLarge, '/body');
  }
  test('that is bytes is not looked into', () => {
    accepted({ type: 'message', body: new Uint8Array(70_000) });
  });
});

test('a value that is nested too deep is refused anywhere else, too', () => {
  for (const field of ['type', 'room', 'id', 'unknown'])
    errorOf({ type: 'join', room: 'a', [field]: nested(1_000_000) });
  errorOf(nested(1_000_000));
});

test('a frame of the server is held against its schema', () => {
  const wrong = validateServerFrame({ type: 'pong', at: -1 });
  assert.deepEqual([wrong?.path, wrong?.message], ['/at', 'at must be at least 0']);
  const nested = validateServerFrame({
    type: 'presence',
    room: 'a',
    count: 1,
    leaves: [{ id: 'u1', name: '' }],
  });
  assert.deepEqual([nested?.path, nested?.message], ['/leaves/0/name', 'leaves.0.name must not be empty']);
});
