import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';

test('rules hold from the next message on, in rooms that are open as well', async () => {
  await using server = await startServer({ log: 'memory' });
  await using ada = await JsonClient.connect(server.url);
  ada.send({ type: 'message', body: 'words', id: 'm1' });
  await ada.next('ack');
  const schema = { type: 'number' };
  server.broker.revise([{ origin: 'rule', match: 'lobby', body: { origin: 'schema', schema } }], undefined);
  ada.send({ type: 'message', body: 'words', id: 'm2' });
  assert.equal((await ada.next('error')).id, 'm2');
  ada.send({ type: 'message', body: 2, id: 'm3' });
  assert.equal((await ada.next('ack')).id, 'm3');
  assert.deepEqual(await (await fetch(`${server.http}/rooms/lobby/schema`)).json(), schema);
  server.broker.revise([{ origin: 'rule', match: 'lobby', log: { count: 1 } }], undefined);
  ada.send({ type: 'message', body: 'words again', id: 'm4' });
  await ada.next('ack');
  for (let left = 3; left > 1; ) {
    ada.send({ type: 'history', room: 'lobby' });
    left = (await ada.next('history')).messages.length;
  }
});
