import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageFrame } from '../../../src/edge/portable/frame.ts';

/** RFC 6455, section 5.2: how the length is written, and how many bytes that takes. */
const heads: Record<number, readonly number[]> = {
  0: [0],
  1: [1],
  125: [125],
  126: [126, 0, 126],
  65535: [126, 0xff, 0xff],
  65536: [127, 0, 0, 0, 0, 0, 1, 0, 0],
};

for (const [length, head] of Object.entries(heads)) {
  test(`a message of ${length} bytes`, () => {
    const bytes = new Uint8Array(Number(length)).fill(7);
    assert.deepEqual(messageFrame(bytes), Buffer.from([0x82, ...head, ...bytes]));
    assert.deepEqual(
      messageFrame('x'.repeat(Number(length))),
      Buffer.concat([Buffer.from([0x81, ...head]), Buffer.alloc(Number(length), 'x')]),
    );
  });
}

test('the length of a text is that of its bytes', () => {
  assert.deepEqual(messageFrame('é\u{1f44b}'), Buffer.from([0x81, 6, 0xc3, 0xa9, 0xf0, 0x9f, 0x91, 0x8b]));
});
