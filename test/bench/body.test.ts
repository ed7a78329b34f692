import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blankBody, readStamp, shortestBody, stamp } from '../../bench/load/body.ts';
import { binaryFrame, textFrame } from '../../bench/load/client-frame.ts';

test('a stamp is found in whatever a server wraps around the body', () => {
  const message = Buffer.from(JSON.stringify({ type: 'message', seq: 7, body: blankBody(128) }));
  const written = { sender: 3, number: 1_234_567, intended: 98_765_432_101 };
  stamp(message, message.indexOf('~'), written);
  assert.deepEqual(readStamp(message), written);
  assert.equal(JSON.parse(message.toString()).body.length, 128);
});

test('what has no stamp', () => {
  for (const text of ['', '~', '{"type":"ack","id":"0000000001"}', `~${'0'.repeat(100)}`]) {
    assert.equal(readStamp(Buffer.from(text)), undefined, text);
  }
});

test('the shortest body has room for a stamp and no more', () => {
  assert.equal(blankBody(shortestBody).length, shortestBody);
  assert.equal(blankBody(0).length, shortestBody);
});

test('a client frame is masked with zeros', () => {
  assert.deepEqual(textFrame('hi'), Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
  assert.deepEqual(textFrame('x'.repeat(300)).subarray(0, 8), Buffer.from([0x81, 0xfe, 0x01, 0x2c, 0, 0, 0, 0]));
  assert.deepEqual(binaryFrame('hi'), Buffer.from([0x82, 0x82, 0, 0, 0, 0, 0x68, 0x69]));
  const long = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(binaryFrame('x'.repeat(0x10000)).subarray(0, 14), long);
});
