import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FrameReader } from '../../bench/load/frame-reader.ts';

const shortText = Buffer.from([0x81, 0x02, 0x68, 0x69]);
const ping = Buffer.from([0x89, 0x00]);
const closeGoingAway = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** A frame as servers send them: one fragment, no mask. */
function frame(opcode: number, payload: Buffer): Buffer {
  if (payload.length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
  if (payload.length < 65_536) {
    return Buffer.concat([Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff]), payload]);
  }
  const head = Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

function read(minimum: number, chunks: readonly Buffer[], wantsPayloads = false) {
  const seen = { pings: 0, closes: [] as number[], payloads: [] as string[] };
  const reader = new FrameReader(minimum, {
    onPing: () => {
      seen.pings += 1;
    },
    onClose: (code) => seen.closes.push(code),
  });
  if (wantsPayloads) reader.onPayload = (payload) => seen.payloads.push(payload.toString());
  for (const chunk of chunks) reader.push(chunk);
  return { messages: reader.messages, others: reader.others, bytes: reader.bytes, ...seen };
}

/** Cuts `bytes` into chunks of these lengths, over and over. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    // The copy is overwritten, to show that the reader does not keep it.
    chunks.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return chunks;
}

test('data frames count by their length, control frames do not', () => {
  const long = frame(2, Buffer.alloc(200));
  const { messages, others, bytes, pings } = read(100, [Buffer.concat([shortText, long, ping, long, shortText])]);
  assert.deepEqual({ messages, others, bytes, pings }, { messages: 2, others: 2, bytes: 400, pings: 1 });
});

test('a frame counts when its last byte is there', () => {
  const whole = frame(1, Buffer.alloc(300, 'x'));
  assert.equal(read(1, [whole.subarray(0, -1)]).messages, 0);
  assert.equal(read(1, [whole.subarray(0, -1), whole.subarray(-1)]).messages, 1);
});

test('all three lengths of a header', () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 100_000]) {
    const { messages, bytes } = read(0, [frame(1, Buffer.alloc(length))]);
    assert.deepEqual({ messages, bytes }, { messages: 1, bytes: length }, `${length}`);
  }
});

test('the code of a close', () => {
  assert.deepEqual(read(1, [closeGoingAway]).closes, [1001]);
  assert.deepEqual(read(1, cut(closeGoingAway, [1])).closes, [1001]);
  assert.deepEqual(read(1, [Buffer.from([0x88, 0x00])]).closes, [1005]);
});

test('a masked frame is refused', () => {
  assert.throws(() => read(1, [Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69, 0, 0])]), /masked/);
});

test('however the bytes are cut, the same comes out', () => {
  const texts = fc.array(fc.string({ maxLength: 400 }), { maxLength: 12 });
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(texts, lengths, fc.boolean(), (payloads, cuts, wantsPayloads) => {
      const frames = payloads.map((text) => frame(1, Buffer.from(text)));
      const whole = Buffer.concat([...frames, ping, closeGoingAway]);
      const seen = read(20, cut(whole, cuts), wantsPayloads);
      const sizes = payloads.map((text) => Buffer.byteLength(text));
      assert.deepEqual(seen, {
        messages: sizes.filter((size) => size >= 20).length,
        others: sizes.filter((size) => size < 20).length,
        bytes: sizes.filter((size) => size >= 20).reduce((sum, size) => sum + size, 0),
        pings: 1,
        closes: [1001],
        payloads: wantsPayloads ? payloads.filter((text) => text !== '') : [],
      });
    }),
  );
});

test('only as much of a chunk is read as was said', () => {
  const reader = new FrameReader(1, { onPing: () => assert.fail(), onClose: () => assert.fail() });
  reader.push(Buffer.concat([shortText, ping]), shortText.length);
  assert.equal(reader.messages, 1);
});

test('the lines of a frame count one by one, and a heartbeat is none of them', () => {
  let heartbeats = 0;
  const closes: [number, string][] = [];
  const events = {
    onPing: () => assert.fail('there is none'),
    onHeartbeat: () => {
      heartbeats += 1;
    },
    onClose: (code: number, reason: string) => closes.push([code, reason]),
  };
  const reader = new FrameReader(4, events, { heartbeat: '{}', hasLines: true });
  const lines: string[] = [];
  const text = (content: string) => frame(1, Buffer.from(content));
  const bytes = Buffer.concat([
    text('12345\n{}\n123\n1234\n'),
    text('{}'),
    text('123456'),
    frame(8, Buffer.from('\x0f\xa1no', 'latin1')),
  ]);
  for (const piece of cut(bytes, [1, 3])) reader.push(piece);
  assert.deepEqual([reader.messages, reader.others, reader.bytes, heartbeats], [3, 1, 15, 2]);
  assert.deepEqual(closes, [[4001, 'no']]);
  reader.onPayload = (payload) => lines.push(payload.toString());
  reader.push(text('one\n{}\n\ntwo'));
  assert.deepEqual(lines, ['one', 'two']);
});
