import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';

test('a message reaches everyone in the room, its sender included, and is acknowledged', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
  await using bob = await JsonClient.connect(`${server.url}/ws?name=bob`);
  const { epoch } = await ada.next('joined');
  await bob.next('joined');
  ada.send({ type: 'message', body: { text: 'héllo 👋' }, id: 'm1' });
  const { at, from, ...message } = await bob.next('message');
  assert.equal(from.name, 'ada');
  assert.deepEqual(message, { type: 'message', room: 'lobby', seq: 1, id: 'm1', body: { text: 'héllo 👋' } });
  assert.deepEqual(await ada.next('message'), { ...message, at, from });
  assert.deepEqual(await ada.next('ack'), { type: 'ack', id: 'm1', room: 'lobby', epoch, seq: 1, at });
});
