import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decodeBinary, encodeBinary } from '../../src/protocol/binary.ts';
import type { Decoded } from '../../src/protocol/dialect.ts';
import { jsonCodec } from '../../src/protocol/json.ts';
import { Refusal } from '../../src/protocol/refusal.ts';
import { bytes } from './bytes.ts';

function decode(...parts: (number | string | Uint8Array)[]): Decoded {
  const decoded = jsonCodec.decode(bytes(...parts), true);
  assert.ok('kind' in decoded);
  return decoded;
}

function errorOf(...parts: (number | string | Uint8Array)[]): object {
  const decoded = decode(...parts);
  assert.ok(decoded.kind === 'refused', decoded.kind);
  return decoded.refusal.frame(decoded.id);
}

/** A whole binary frame with this header. */
function withHeader(header: string, payload = new Uint8Array()): (number | string | Uint8Array)[] {
  const { length } = Buffer.from(header);
  return [0x01, length >> 8, length & 0xff, header, payload];
}

const every = Uint8Array.from({ length: 256 }, (_, value) => value);

describe('a binary frame', () => {
  test('is 0x01, the header length, the header, the payload', () => {
    assert.deepEqual(decode(0x01, 0x00, 0x0f, '{"type":"echo"}', 0x00, 0xff), {
      kind: 'frame',
      frame: { type: 'echo', body: new Uint8Array([0x00, 0xff]) },
    });
  });

  test('may have an empty payload', () => {
    assert.deepEqual(decode(0x01, 0x00, 0x0f, '{"type":"echo"}'), {
      kind: 'frame',
      frame: { type: 'echo', body: new Uint8Array() },
    });
  });

  test('has all fields of its type in the header', () => {
    const header = { type: 'message', room: '日本語', mime: 'image/png', echo: false, id: 'm1' };
    assert.deepEqual(decode(...withHeader(JSON.stringify(header), every)), {
      kind: 'frame',
      frame: { ...header, body: every },
    });
  });

  test('has the bytes that PROTOCOL.md gives as an example', () => {
    const header = '{"type":"message","mime":"image/png"}';
    assert.deepEqual(
      [...new Uint8Array(bytes(...withHeader(header)))].slice(0, 9),
      [0x01, 0x00, 0x25, 0x7b, 0x22, 0x74, 0x79, 0x70, 0x65],
    );
    assert.equal(decode(...withHeader(header)).kind, 'frame');
  });

  test('may have a header of any length that two bytes can tell', () => {
    const header = `{"type":"echo"${' '.repeat(0xffff - 15)}}`;
    assert.equal(header.length, 0xffff);
    assert.deepEqual(decode(...withHeader(header, every)), { kind: 'frame', frame: { type: 'echo', body: every } });
  });

  test('is copied: what comes into the same memory later does not change it', () => {
    const data = bytes(...withHeader('{"type":"echo"}', every));
    const parts = decodeBinary(data);
    assert.ok(!(parts instanceof Refusal));
    new Uint8Array(data).fill(0);
    assert.deepEqual(parts, { header: { type: 'echo' }, payload: every });
  });

  for (const type of ['message', 'direct', 'broadcast', 'echo', 'signal']) {
    test(`may be of type ${type}`, () => {
      const receiver = { message: '', broadcast: '', echo: '', direct: ',"to":"u1"', signal: ',"kind":"k","to":"u1"' };
      const decoded = decode(...withHeader(`{"type":"${type}"${receiver[type as keyof typeof receiver]}}`, every));
      assert.ok(decoded.kind === 'frame');
      assert.deepEqual((decoded.frame as { body?: unknown }).body, every);
    });
  }
});

describe('a binary frame that is malformed', () => {
  const malformed = (name: string, parts: (number | string)[], message: string) =>
    test(name, () => assert.deepEqual(errorOf(...parts), { type: 'error', code: 'invalid_binary', message }));
  const first = 'a binary frame must start with the byte 0x01';
  malformed('is empty', [], first);
  malformed('starts with another byte', [0x00, 0x00, 0x02, '{}'], first);
  malformed('is text', ['{"type":"ping"}'], first);
  const length = 'a binary frame must have a header length in its bytes 1 and 2';
  malformed('ends after one byte', [0x01], length);
  malformed('ends after two bytes', [0x01, 0x00], length);
  const short = 'the binary frame is shorter than its header length says';
  malformed('has no header', [0x01, 0x00, 0x01], short);
  malformed('has half a header', [0x01, 0x00, 0x0f, '{"type":"echo"'], short);
  malformed('counts its header in little endian', [0x01, 0x0f, 0x00, '{"type":"echo"}'], short);
  const noJson = 'the header of the binary frame is not JSON';
  malformed('has an empty header', [0x01, 0x00, 0x00], noJson);
  malformed('has a header that is cut off', [0x01, 0x00, 0x0e, '{"type":"echo"}'], noJson);
  malformed('has a header that is too long by a byte', [0x01, 0x00, 0x10, '{"type":"echo"}', 0x00], noJson);
  malformed('has a header that is not UTF-8', [0x01, 0x00, 0x04, '"', 0xc3, 0x28, '"'], noJson);
  const noObject = 'the header of the binary frame must be a JSON object';
  for (const header of ['[]', '[{}]', 'null', '1', '"a"']) {
    malformed(`has the header ${header}`, [0x01, 0x00, header.length, header], noObject);
  }
});

describe('a header', () => {
  const refused = (name: string, header: string, message: string, path: string) =>
    test(name, () => {
      const expected = { type: 'error', code: 'invalid_frame', message, path, id: 'b1' };
      assert.deepEqual(errorOf(...withHeader(header, every)), expected);
    });
  const carriers = 'only message, signal, direct, broadcast, echo may be binary';
  refused('without a type', '{"id":"b1"}', 'type is required', '/type');
  refused('of a type without a body', '{"type":"join","room":"a","id":"b1"}', carriers, '/type');
  refused('of no type there is', '{"type":"nope","id":"b1"}', carriers, '/type');
  refused(
    'with a body',
    '{"type":"echo","body":null,"id":"b1"}',
    'body must not stand in the header of a binary frame',
    '/body',
  );
  refused('with a field too many', '{"type":"echo","x":1,"id":"b1"}', '"x" is not a field of echo', '/x');
  refused(
    'with __proto__',
    '{"type":"echo","__proto__":{},"id":"b1"}',
    '"__proto__" is not a field of echo',
    '/__proto__',
  );
  refused('without what is required', '{"type":"direct","id":"b1"}', 'to is required', '/to');
  refused(
    'with a wrong field',
    '{"type":"echo","mime":"png","id":"b1"}',
    'mime must be a MIME type such as image/png',
    '/mime',
  );
});

describe('a frame of the server with bytes', () => {
  test('is 0x01, the header length, the header, the payload', () => {
    assert.deepEqual(
      jsonCodec.encode({ type: 'echo', body: new Uint8Array([0x00, 0xff]), id: 'é' }),
      new Uint8Array(bytes(0x01, 0x00, 0x19, '{"type":"echo","id":"', 0xc3, 0xa9, '"}', 0x00, 0xff)),
    );
  });

  test('comes back as it went, whatever the bytes are', () => {
    const frame = { type: 'echo', mime: 'application/octet-stream', id: '日本語' } as const;
    for (const body of [new Uint8Array(), every, new Uint8Array(70_000).fill(0xc3)]) {
      const encoded = encodeBinary({ ...frame, body });
      assert.deepEqual(decodeBinary(bytes(encoded)), { header: frame, payload: body });
    }
  });

  test('cannot have a header of more than two bytes of length', () => {
    assert.throws(() => encodeBinary({ type: 'echo', body: every, id: 'x'.repeat(70_000) }), RangeError);
  });
});
