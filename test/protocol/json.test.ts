import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toStored } from '../../src/hub/log-runner.ts';
import { createCodecs } from '../../src/protocol/codecs.ts';
import type { Decoded } from '../../src/protocol/dialect.ts';
import type { ServerFrame, ServerMessage } from '../../src/protocol/generated/frames.ts';
import { encodeJson, jsonCodec } from '../../src/protocol/json.ts';
import { jsonFault } from '../../src/protocol/json-fault.ts';
import { fromStored } from '../../src/protocol/stored.ts';
import { bytes } from './bytes.ts';
import { schemas } from './schemas.ts';

function decode(...parts: (number | string)[]): Decoded {
  const decoded = jsonCodec.decode(bytes(...parts), false);
  assert.ok('kind' in decoded);
  return decoded;
}

/** The `error` frame in answer to these bytes. */
function errorOf(...parts: (number | string)[]): object {
  const decoded = decode(...parts);
  assert.ok(decoded.kind === 'refused', decoded.kind);
  return decoded.refusal.frame(decoded.id);
}

const notJson = {
  type: 'error',
  code: 'invalid_json',
  message: 'the frame is not JSON; to chat in plain text, connect to /text',
};

describe('a text frame', () => {
  test('is one JSON object', () => {
    assert.deepEqual(decode(0x7b, 0x22, 0x74, 0x79, 0x70, 0x65, 0x22, 0x3a, '"ping"', 0x7d), {
      kind: 'frame',
      frame: { type: 'ping' },
    });
  });

  test('may have white space around its tokens, and fields in any order', () => {
    const frame = { type: 'message', room: 'a', body: ['b'], id: 'm1' };
    assert.deepEqual(decode(' {\r\n "id" : "m1",\t"body":["b"], "room":"a", "type":"message" }\n'), {
      kind: 'frame',
      frame,
    });
  });

  test('may write characters as they are or escaped', () => {
    const frame = { type: 'echo', body: 'é👋' };
    assert.deepEqual(decode('{"type":"echo","body":"', 0xc3, 0xa9, 0xf0, 0x9f, 0x91, 0x8b, '"}'), {
      kind: 'frame',
      frame,
    });
    assert.deepEqual(decode('{"t\\u0079pe":"echo","body":"\\u00e9\\ud83d\\udc4b"}'), { kind: 'frame', frame });
  });

  test('must not start with a byte order mark, and may have one in a text', () => {
    const decoded = decode(0xef, 0xbb, 0xbf, '{"type":"ping"}');
    assert.ok(decoded.kind === 'refused');
    assert.equal(decoded.refusal.code, 'invalid_json');
    const frame = { type: 'echo', body: '\ufeffa' };
    assert.deepEqual(decode('{"type":"echo","body":"', 0xef, 0xbb, 0xbf, 'a"}'), { kind: 'frame', frame });
  });

  for (const text of [
    '',
    ' ',
    'hello',
    '/join lobby',
    '{',
    '{"type":"ping"',
    '{"type":"ping"}}',
    "{'type':'ping'}",
    '{"type":"ping",}',
    'NaN',
    '\0',
  ]) {
    test(`that holds ${JSON.stringify(text)} is refused with its fault, and a word about /text`, () => {
      const message = `the frame is not JSON (${jsonFault(text)}); to chat in plain text, connect to /text`;
      assert.deepEqual(errorOf(text), { ...notJson, message });
    });
  }

  test('that was cut off anywhere is refused', () => {
    const whole = '{"type":"message","body":{"a":[1,"é"]},"id":"m1"}';
    const { byteLength } = bytes(whole);
    for (let length = 0; length < byteLength; length += 1) {
      const decoded = jsonCodec.decode(bytes(whole).slice(0, length), false);
      assert.equal('kind' in decoded && decoded.kind, 'refused');
    }
  });

  test('that is nested as deep as it can be is refused', () => {
    assert.deepEqual(errorOf('['.repeat(65_536)), notJson);
    assert.deepEqual(errorOf(`${'['.repeat(32_768)}${']'.repeat(32_768)}`), {
      type: 'error',
      code: 'invalid_frame',
      message: 'a frame must be a JSON object',
      path: '',
    });
  });

  test('counts the last of fields with the same name', () => {
    assert.deepEqual(decode('{"type":"join","type":"ping"}'), { kind: 'frame', frame: { type: 'ping' } });
  });
});

describe('a refusal', () => {
  test('carries the id back', () => {
    assert.deepEqual(errorOf('{"type":"join","room":"","id":"j1"}'), {
      type: 'error',
      code: 'invalid_frame',
      message: 'room must not be empty',
      path: '/room',
      id: 'j1',
    });
  });

  test('carries the id of a frame of no type back', () => {
    assert.match(JSON.stringify(errorOf('{"id":"x1"}')), /"id":"x1"/);
    assert.match(JSON.stringify(errorOf('{"type":"nope","id":"x1"}')), /"id":"x1"/);
  });

  for (const id of ['""', '1', 'null', '["a"]', '"a\\nb"', '"\\ud83d"', `"${'x'.repeat(65)}"`]) {
    test(`does not carry the id ${id.slice(0, 20)} back`, () => {
      assert.doesNotMatch(JSON.stringify(errorOf(`{"type":"join","id":${id}}`)), /"id":/);
    });
  }

  test('does not carry an id back that stands somewhere else', () => {
    assert.doesNotMatch(JSON.stringify(errorOf('[{"id":"x1"}]')), /"id":/);
    assert.doesNotMatch(JSON.stringify(errorOf('{"__proto__":{"id":"x1"}}')), /"id":/);
  });
});

describe('a frame of the server', () => {
  for (const [type, { examples }] of Object.entries(schemas.server)) {
    test(`of type ${type} is its JSON`, () => {
      for (const example of examples as ServerFrame[]) {
        const wire = jsonCodec.encode(example);
        assert.ok(typeof wire === 'string');
        assert.deepEqual(JSON.parse(wire), example);
      }
    });
  }

  test('that acknowledges is its JSON, whatever is in it', () => {
    const ack = { type: 'ack', id: '"\\\n\ud83d', at: 1795104000000 } as const;
    const kept = { ...ack, room: 'é"👋', epoch: 'k"7', seq: 43, at: 1795104000001 };
    for (const frame of [ack, kept]) assert.deepEqual(JSON.parse(`${jsonCodec.encode(frame)}`), frame);
  });

  test('brings a body back as it came', () => {
    const body = '{"__proto__":{"a":1},"":[null,-1.5e-7,"\\u0000\\u001b\\u2028\\ud83d"],"toJSON":"x"}';
    const decoded = decode(`{"type":"echo","body":${body}}`);
    assert.ok(decoded.kind === 'frame' && decoded.frame.type === 'echo');
    const wire = jsonCodec.encode(decoded.frame);
    assert.equal(wire, `{"type":"echo","body":${body.replace('\\u2028', '\u2028')}}`);
  });

  test('is UTF-8 even if a body is not Unicode', () => {
    const wire = jsonCodec.encode({ type: 'echo', body: '\ud83d' });
    assert.equal(wire, '{"type":"echo","body":"\\ud83d"}');
  });
});

describe('a message that is kept', () => {
  const message = { type: 'message', room: 'a', seq: 7, prev: 5, id: 'm1', from: { id: 'u1', name: 'ada' }, at: 1 };
  const bodies: [string, unknown][] = [
    ['a text', 'h\u00e9llo \ud83d\udc4b \u2028'],
    ['an object', JSON.parse('{"__proto__":{"a":1},"2":0,"toJSON":"x","":[null,-1.5e-7,"\\ud83d"]}')],
    ['nothing', null],
    ['bytes', Uint8Array.from({ length: 256 }, (_, value) => value)],
    ['no bytes', new Uint8Array()],
  ];
  for (const [name, body] of bodies) {
    const frame = { ...message, body } as ServerMessage;
    test(`with ${name} goes out again as it went out, and can be read`, () => {
      const stored = toStored(encodeJson(frame));
      assert.equal(stored.isBinary, body instanceof Uint8Array);
      assert.deepEqual(jsonCodec.encodeStored(stored), encodeJson(frame));
      assert.deepEqual(fromStored(stored), frame);
    });

    test(`with ${name} can be read where it is a part of a larger memory, and is not kept hold of`, () => {
      const { bytes: own, isBinary } = toStored(encodeJson(frame));
      const memory = Buffer.concat([Buffer.from('before'), own, Buffer.from('behind')]);
      const read = fromStored({ bytes: memory.subarray(6, 6 + own.length), isBinary });
      memory.fill(0);
      assert.deepEqual(read, frame);
    });
  }

  const garbage: readonly (string | Uint8Array)[] = [
    '',
    'no JSON',
    ...['null', '42', '"message"', '[]', '{}', '{"type":"joined","room":"a","epoch":"e","seq":0,"count":1}'],
    '{"seq":7,"type":"message","room":"a","at":1,"body":1}',
    '{"seq":7,"type":"message","room":"a","from":{"id":"u1"},"at":1,"body":1}',
    '{"seq":7,"type":"message","room":"a","from":{"id":"u1","name":"ada"},"at":1}',
    new Uint8Array(),
    Uint8Array.of(1),
    Uint8Array.of(1, 0, 2, 0x7b, 0x7d),
    Uint8Array.of(1, 255, 255, 0x7b, 0x7d),
    Uint8Array.of(2, 0, 2, 0x7b, 0x7d),
  ];
  for (const wire of garbage) {
    const name = typeof wire === 'string' ? JSON.stringify(wire) : `[${wire}]`;
    test(`is not ${name}`, () => {
      const stored = toStored(wire);
      assert.throws(() => fromStored(stored), Error);
      for (const dialect of ['json', 'text'] as const) {
        assert.throws(() => createCodecs([]).create(dialect).encodeStored(stored), Error);
      }
    });
  }

  test('may be written in another way than it is here', () => {
    const wire = '{ "body": 1, "from": {"name":"ada","id":"u1"}, "at": 1, "seq": 7, "room": "a", "type": "message" }';
    assert.equal(jsonCodec.encodeStored(toStored(wire)), wire);
  });
});
