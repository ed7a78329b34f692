import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toStored } from '../../src/hub/log-runner.ts';
import { createCodecs } from '../../src/protocol/codecs.ts';
import type { HistoryPage, Stored } from '../../src/protocol/dialect.ts';
import type { ServerMessage } from '../../src/protocol/generated/frames.ts';
import { encodeJson, jsonCodec } from '../../src/protocol/json.ts';

const page: HistoryPage = { type: 'history', room: 'r"\u00e9', epoch: 'e', more: true };
const from = { id: 'u1', name: 'ada' };
const message = (seq: number, body: unknown, { prev, id, mime }: Partial<ServerMessage> = {}): ServerMessage => ({
  type: 'message',
  room: 'r',
  seq,
  ...(prev !== undefined && { prev }),
  ...(id !== undefined && { id }),
  from,
  at: 1,
  ...(mime !== undefined && { mime }),
  body,
});

/** The page in JSON, and the messages that are left out. */
function encoded(stored: readonly Stored[], head: HistoryPage = page): [text: string, leftOut: number[]] {
  const leftOut: number[] = [];
  return [`${jsonCodec.encodeHistory(head, stored, (index) => leftOut.push(index))}`, leftOut];
}

describe('a page of history', () => {
  test('is the JSON of its frame, field by field', () => {
    const messages = [message(1, 'h\u00e9 \ud83d\udc4b'), message(3, { a: [1] }, { prev: 1, id: 'm3', mime: 'a/b' })];
    const stored = messages.map((one) => toStored(encodeJson(one)));
    const { more, ...head } = page;
    assert.deepEqual(encoded(stored), [JSON.stringify({ ...head, messages, more }), []]);
    const asked = { ...page, id: 'h"1' };
    assert.deepEqual(encoded(stored, asked), [JSON.stringify({ ...head, messages, more, id: 'h"1' }), []]);
    assert.deepEqual(encoded([]), [JSON.stringify({ ...head, messages: [], more }), []]);
  });

  test('has binary bodies in base64, and all else of them', () => {
    for (const bytes of [Uint8Array.of(0, 1, 255), new Uint8Array(), Uint8Array.of(0x7d), new Uint8Array(300)]) {
      const { body, ...rest } = message(1, bytes, { mime: 'image/png' });
      const own = toStored(encodeJson({ ...rest, body }));
      const memory = Buffer.concat([Buffer.from('before'), own.bytes, Buffer.from('behind')]);
      const part = { bytes: memory.subarray(6, 6 + own.bytes.length), isBinary: true };
      for (const stored of [own, part, { ...own, bytes: new Uint8Array(own.bytes) }]) {
        const [text] = encoded([stored, toStored(encodeJson(message(2, 'x')))]);
        const base64 = Buffer.from(bytes).toString('base64');
        assert.deepEqual(JSON.parse(text).messages, [{ ...rest, base64 }, message(2, 'x')]);
      }
    }
  });

  test('is copied: what is kept is not parsed', () => {
    const raw = '{"type":"message","room":"r","seq":1,"from":{"id":"u1","name":"ada"},"at":1,"body":[1.0, 1e2]}';
    assert.ok(encoded([toStored(raw)])[0].includes(raw));
  });

  test('goes without what is no message, which is told', () => {
    const whole = toStored(encodeJson(message(1, 'x')));
    const garbage = ['', 'no JSON', '{"type":"joined"}', new Uint8Array(), Uint8Array.of(1, 255, 255)].map(toStored);
    const [text, leftOut] = encoded([whole, ...garbage, whole]);
    assert.deepEqual(leftOut, [1, 2, 3, 4, 5]);
    assert.equal(JSON.parse(text).messages.length, 2);
    assert.deepEqual(encoded(garbage)[1], [0, 1, 2, 3, 4]);
  });
});

test('of a long page a person is shown the latest messages, and no others are read', () => {
  const { bytes } = toStored(encodeJson(message(1, 'x'.repeat(6000))));
  let read = 0;
  const kept: Stored = {
    get bytes() {
      read += 1;
      return bytes;
    },
    isBinary: false,
  };
  const text = createCodecs([]).create('text').encodeHistory(page, Array(1000).fill(kept), assert.fail);
  assert.equal(`${text}`.split('\n')[0], '* "r\\"\u00e9": the latest 10 messages');
  assert.ok(read < 30, `${read}`);
});
