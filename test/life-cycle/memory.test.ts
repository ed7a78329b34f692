import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { memory } from '../kit/memory.ts';
import { startServer, type TestServer, until } from '../kit/server.ts';

const size = 10_000;

/** Joins rooms, sends one message to each, and leaves all of them. */
async function passThrough({ url, broker }: TestServer, prefix: string): Promise<void> {
  await using ada = await JsonClient.connect(`${url}/?room=`);
  for (let from = 0; from < size; from += 500) {
    for (let n = from; n < from + 500; n += 1) {
      const room = `${prefix}-${n}`;
      ada.send({ type: 'join', room });
      ada.send({ type: 'message', room, id: `m${n}`, body: 'the only message' });
    }
    await ada.next('ack', ({ id }) => id === `m${from + 499}`);
    for (let n = from; n < from + 500; n += 1) ada.send({ type: 'leave', room: `${prefix}-${n}` });
    await ada.settle();
    ada.drain();
  }
  await until(() => broker.counts().rooms === 0, 'the rooms are closed');
}

test('rooms that are left take no memory', { timeout: 120_000 }, async (context) => {
  await using server = await startServer({ maxRooms: size });
  await passThrough(server, 'first');
  const before = memory();
  await passThrough(server, 'second');
  await passThrough(server, 'third');
  const { topics, restless } = server.broker.counts();
  assert.deepEqual({ topics, restless }, { topics: 0, restless: 0 });
  let grown = Number.POSITIVE_INFINITY;
  await until(
    () => {
      grown = memory().heap - before.heap;
      return grown < 1 << 20;
    },
    'the heap is as small as before',
    20_000,
  );
  context.diagnostic(`${2 * size} rooms: the heap is ${grown} bytes larger`);
});
