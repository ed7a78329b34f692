import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerFrame } from '../../../src/protocol/generated/frames.ts';
import type { JsonClient } from '../../kit/client.ts';
import { Follower } from '../../kit/follower.ts';
import { jsonFrame, RawClient } from '../../kit/raw.ts';
import { startServer } from '../../kit/server.ts';
import { connect } from './kit.ts';

/** The frames of these types, in order of arrival from here on. */
function order(client: JsonClient, ...types: ServerFrame['type'][]): ServerFrame[] {
  const frames: ServerFrame[] = [];
  client.socket.on('message', (data: Buffer) => {
    const frame: ServerFrame = JSON.parse(data.toString());
    if (types.includes(frame.type)) frames.push(frame);
  });
  return frames;
}

test('the ack of a message tells where it stands, and comes after its own copy', async () => {
  await using server = await startServer();
  await using ada = await connect(server);
  const lobby = await Follower.join(ada);
  const frames = order(ada, 'message', 'ack');
  ada.send({ type: 'message', body: 1, id: 'm1' });
  const ack = await ada.next('ack');
  const [message] = lobby.messages;
  const { epoch } = lobby.position ?? {};
  assert.deepEqual(ack, { type: 'ack', id: 'm1', room: 'lobby', epoch, seq: 1, at: message?.frame.at });
  assert.deepEqual(
    frames.map(({ type }) => type),
    ['message', 'ack'],
  );
});

test('a message with an id that its user gave one before is not sent again, and is acknowledged with the first', async () => {
  await using server = await startServer();
  await using ada = await connect(server);
  await using bob = await connect(server);
  const [own, heard] = [await Follower.join(ada), await Follower.join(bob)];
  ada.send({ type: 'message', body: 'first', id: 'm1' });
  const first = await ada.next('ack');
  ada.send({ type: 'message', body: 'between' });
  for (const body of ['first', 'second', null]) {
    ada.send({ type: 'message', body, id: 'm1' });
    assert.deepEqual(await ada.next('ack'), first);
  }
  ada.sendBinary({ type: 'message', id: 'm1' }, Buffer.from('third'));
  assert.deepEqual(await ada.next('ack'), first);
  ada.send({ type: 'message', body: 'last', id: 'm2', echo: false });
  assert.equal((await ada.next('ack')).seq, 3);
  await heard.reaches(3);
  assert.deepEqual(
    heard.messages.map(({ frame }) => frame.body),
    ['first', 'between', 'last'],
  );
  assert.deepEqual(own.numbers, [1, 2]);
});

test('repeats that come before the first is kept are acknowledged with it, each once', async () => {
  await using server = await startServer();
  await using ada = await RawClient.connect(server.port, '/?room=lobby');
  await ada.next('joined');
  const message = (id: string) => jsonFrame({ type: 'message', body: id, id });
  ada.write(...['m1', 'm2', 'm1', 'm3', 'm1', 'm2'].map(message), jsonFrame({ type: 'message', body: 'end', id: 'e' }));
  const acks: [string, number | undefined][] = [];
  for (let left = 7; left > 0; left -= 1) {
    const { id, seq } = await ada.next('ack');
    acks.push([id, seq]);
  }
  const numbers: Record<string, number> = { m1: 1, m2: 2, m3: 3, e: 4 };
  for (const [id, seq] of acks) assert.equal(seq, numbers[id]);
  assert.deepEqual(acks.map(([id]) => id).sort(), ['e', 'm1', 'm1', 'm1', 'm2', 'm2', 'm3']);
  await ada.settle();
  assert.deepEqual(
    ada.drain().flatMap((frame) => (frame.type === 'message' ? frame.body : [])),
    ['m1', 'm2', 'm3', 'end'],
  );
});

test('a client that lost the connection before the ack sends again, and nobody gets the message twice', async () => {
  await using server = await startServer();
  await using bob = await connect(server);
  const heard = await Follower.join(bob);
  await using first = await RawClient.connect(server.port, '/?name=ada&room=lobby');
  const { ticket } = await first.next('welcome');
  const { epoch } = await first.next('joined');
  first.write(jsonFrame({ type: 'message', body: 'was it kept?', id: 'm1' }));
  await heard.reaches(1);
  await first.reset();

  await using second = await connect(server, { token: ticket });
  const lobby = await Follower.join(second, { since: { epoch, seq: 0 } });
  second.send({ type: 'message', body: 'was it kept?', id: 'm1' });
  const [{ frame } = assert.fail()] = heard.messages;
  assert.deepEqual(await second.next('ack'), { type: 'ack', id: 'm1', room: 'lobby', epoch, seq: 1, at: frame.at });
  second.send({ type: 'message', body: 'yes' });
  await heard.reaches(2);
  await lobby.reaches(2);
  assert.deepEqual(
    [heard.numbers, lobby.numbers],
    [
      [1, 2],
      [1, 2],
    ],
  );
});

test('an id is one of its user and its room', async () => {
  await using server = await startServer();
  await using ada = await connect(server, { name: 'ada' });
  await using bob = await connect(server, { name: 'ada' });
  const heard = await Follower.join(bob);
  const cats = await Follower.join(bob, { room: 'cats' });
  for (const room of ['lobby', 'cats']) await Follower.join(ada, { room });
  ada.send({ type: 'message', room: 'lobby', body: 'of ada', id: 'm1' });
  assert.equal((await ada.next('ack')).seq, 1);
  bob.send({ type: 'message', room: 'lobby', body: 'of bob', id: 'm1' });
  assert.equal((await bob.next('ack')).seq, 2);
  ada.send({ type: 'message', room: 'cats', body: 'to cats', id: 'm1' });
  const { room, seq } = await ada.next('ack');
  assert.deepEqual([room, seq], ['cats', 1]);
  await heard.reaches(2);
  await cats.reaches(1);
});

test('an id of something else than a message is not in the way of one', async () => {
  await using server = await startServer();
  await using ada = await connect(server);
  const lobby = await Follower.join(ada, { id: 'x' });
  ada.send({ type: 'message', body: 1, room: 'nowhere', id: 'x' });
  ada.send({ type: 'signal', room: 'lobby', kind: 'typing', id: 'x' });
  ada.send({ type: 'message', body: 2, id: 'x' });
  assert.equal((await ada.next('error')).id, 'x');
  assert.equal((await ada.next('ack', (ack) => ack.room !== undefined)).seq, 1);
  await lobby.reaches(1);
});
