import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import type { Figures } from '../../src/protocol/figures.ts';
import { JsonClient } from '../kit/client.ts';
import { Inbox } from '../kit/inbox.ts';
import { startServer, type TestServer } from '../kit/server.ts';

function watch(server: TestServer, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${server.url}/status`, { headers });
  const inbox = new Inbox<Figures[]>();
  socket.on('message', (data: Buffer) => inbox.push(JSON.parse(data.toString())));
  return { socket, next: () => inbox.take(() => true, 'figures') };
}

async function refusal(server: TestServer, headers: Record<string, string>): Promise<number | undefined> {
  const { socket } = watch(server, headers);
  const [, response] = await once(socket, 'unexpected-response');
  response.destroy();
  return response.statusCode;
}

test('who watches gets the figures of the last minutes, and then those of each second', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  await using bob = await JsonClient.connect(server.url);
  await bob.next('joined');
  ada.send({ type: 'message', body: 'hello', id: 'm1' });
  await ada.next('ack');
  const { socket, next } = watch(server);
  const before = await next();
  const [latest] = await next();
  assert.ok(latest);
  const { connections, users, rooms, messages, deliveries, delay, memory, cpu } = latest;
  assert.deepEqual(
    { connections, users, rooms, messages, deliveries },
    { connections: 2, users: 2, rooms: 1, messages: 1, deliveries: 2 },
  );
  assert.ok(before.every(({ at }) => at < latest.at));
  assert.ok(delay.p99 >= 0 && delay.max >= delay.p99 && cpu >= 0 && memory.heap > 0 && memory.resident > memory.heap);
  const other = watch(server);
  assert.deepEqual((await other.next()).at(-1), latest);
  socket.terminate();
  other.socket.terminate();
});

test('only from this machine', async () => {
  await using server = await startServer();
  assert.equal(await refusal(server, { origin: 'https://elsewhere.example' }), 403);
  assert.equal(await refusal(server, { origin: 'null' }), 403);
  assert.equal(await refusal(server, { 'x-forwarded-for': '192.0.2.1' }), 403);
  const { socket, next } = watch(server, { origin: server.http });
  assert.ok(Array.isArray(await next()));
  socket.terminate();
});

test('behind a trusted proxy neither, whatever that says', async () => {
  await using server = await startServer({ trustProxy: 1 });
  assert.equal(await refusal(server, { 'x-forwarded-for': '192.0.2.1' }), 403);
  assert.equal(await refusal(server, { 'x-forwarded-for': '127.0.0.1' }), 403);
});
