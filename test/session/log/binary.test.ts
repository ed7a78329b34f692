import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextClient } from '../../kit/client.ts';
import { Follower } from '../../kit/follower.ts';
import { startServer } from '../../kit/server.ts';
import { connect, fill } from './kit.ts';

const payloads = [
  Uint8Array.from({ length: 256 }, (_, value) => value),
  new Uint8Array(),
  Uint8Array.from({ length: 60_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff),
  Buffer.from('{"type":"message","body":"x"}'),
];

test('binary messages are kept and sent again byte for byte, between those that are JSON', async () => {
  await using server = await startServer();
  const said = await fill(server, [...payloads, 'text', ...payloads.toReversed(), { text: 1 }]);
  await using client = await connect(server);
  const lobby = await Follower.join(client, { since: { epoch: said.epoch, seq: 0 } });
  await lobby.reaches(said.seq);
  assert.deepEqual(
    lobby.messages.map(({ data }) => data),
    said.data,
  );
  for (const payload of payloads) assert.ok((await client.nextBinary()).payload.equals(payload));
});

test('binary messages stand in the history as Base64, with their type', async () => {
  await using server = await startServer();
  await fill(server, payloads);
  await using client = await connect(server);
  await Follower.join(client);
  client.sendBinary({ type: 'message', mime: 'image/png', id: 'm1' }, Buffer.from('png'));
  await client.next('ack');
  client.send({ type: 'history', room: 'lobby' });
  const { messages } = await client.next('history');
  assert.ok(messages.every((message) => !('body' in message)));
  assert.deepEqual(
    messages.map(({ base64 = '' }) => base64),
    [...payloads, Buffer.from('png')].map((payload) => Buffer.from(payload).toString('base64')),
  );
  const { mime, id, seq } = messages.at(-1) ?? {};
  assert.deepEqual([mime, id, seq], ['image/png', 'm1', payloads.length + 1]);
});

test('binary messages of the text dialect are kept, and are lines in its history', async () => {
  await using server = await startServer();
  await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
  await ada.line(/^\* lobby/);
  for (const payload of payloads) {
    ada.socket.send(payload);
    await ada.line(`* <ada> sent ${payload.length} bytes`);
  }
  await using bob = await connect(server, { name: 'bob' });
  const lobby = await Follower.join(bob, { last: 10 });
  bob.sendBinary({ type: 'message', mime: 'image/png' }, Buffer.from('png'));
  await lobby.reaches(payloads.length + 1);
  for (const payload of payloads) assert.ok((await bob.nextBinary()).payload.equals(payload));
  await ada.line('* <bob> sent 3 bytes (image/png)');
  ada.drain();
  ada.say('/history');
  await ada.line('* lobby: that was the history');
  assert.deepEqual(ada.drain().slice(-5), [
    ...payloads.map(({ length }) => `* <ada> sent ${length} bytes`),
    '* <bob> sent 3 bytes (image/png)',
  ]);
});
