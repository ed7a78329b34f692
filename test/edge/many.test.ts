import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import WebSocket from 'ws';
import { memory } from '../kit/memory.ts';
import { startServer, type TestServer, until } from '../kit/server.ts';

const MiB = 1024 * 1024;
const members = 2000;
const senders = 5;
const messages = 200;
/** How many connect at once: they must fit into the system's accept queue. */
const batch = 200;

const isMessage = Buffer.from('{"type":"message"');

/** The common order of all members: the first one to get the n-th message decides which one that is. */
class SameOrder {
  readonly messages: Buffer[] = [];
  received = 0;
  differences = 0;

  listen(socket: WebSocket): void {
    let count = 0;
    socket.on('message', (data: Buffer) => {
      if (!data.subarray(0, isMessage.length).equals(isMessage)) return;
      const expected = this.messages[count];
      if (!expected) this.messages[count] = data;
      else if (!expected.equals(data)) this.differences += 1;
      count += 1;
      this.received += 1;
    });
  }
}

async function enter(server: TestServer, order: SameOrder): Promise<WebSocket[]> {
  const sockets: WebSocket[] = [];
  while (sockets.length < members) {
    const some = Array.from({ length: batch }, () => new WebSocket(server.url, { perMessageDeflate: false }));
    for (const socket of some) order.listen(socket);
    await Promise.all(some.map((socket) => once(socket, 'open')));
    sockets.push(...some);
  }
  return sockets;
}

async function leave(sockets: readonly WebSocket[]): Promise<void> {
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.close();
  await Promise.all(closed);
}

/** Many connect, some talk at once, all hear the same, and all leave. */
async function round(server: TestServer): Promise<void> {
  const order = new SameOrder();
  const sockets = await enter(server, order);
  const counts = { connections: members, users: members, rooms: 1, topics: 1 };
  // Connections open in their turns.
  await until(() => server.broker.counts().connections === members, 'everyone is there');
  const { restless: _, ...there } = server.broker.counts();
  assert.deepEqual(there, counts);
  for (let index = 0; index < messages; index += 1) {
    sockets[index % senders]?.send(JSON.stringify({ type: 'message', body: { index, text: 'hello, everyone' } }));
  }
  await until(() => order.received === members * messages, 'everyone has every message', 30_000);
  assert.equal(order.differences, 0);
  const heard = order.messages.map((message) => JSON.parse(message.toString()));
  const [first] = heard;
  assert.deepEqual(
    heard.map(({ seq }) => seq),
    Array.from({ length: messages }, (_, index) => first.seq + index),
  );
  for (let sender = 0; sender < senders; sender += 1) {
    const own = heard.map(({ body }) => body.index).filter((index) => index % senders === sender);
    assert.deepEqual(
      own,
      own.toSorted((a, b) => a - b),
    );
  }
  await leave(sockets);
  await until(() => Object.values(server.broker.counts()).every((count) => count === 0), 'nothing is left');
}

test(`${members} members get the same messages in the same order, and leave nothing behind`, async () => {
  await using server = await startServer();
  await round(server);
  const first = memory();
  await round(server);
  const second = memory();
  // What Node itself keeps of a second round differs from version to version. A kilobyte for each member would be more.
  assert.ok(
    second.heap - first.heap < 1000 * members,
    `the second round left ${second.heap - first.heap} bytes on the heap`,
  );
  const held = second.resident - first.resident;
  assert.ok(held < 64 * MiB, `after the second round the process holds ${held} bytes more`);
});

test(`${members} members are all told when the server stops, in its time`, async () => {
  await using server = await startServer({ drainTimeout: 5000 });
  const sockets = await enter(server, new SameOrder());
  const closed = sockets.map((socket) => once(socket, 'close'));
  const goodbyes = sockets.map(
    (socket) =>
      new Promise((resolve) => {
        socket.on('message', (data: Buffer) => {
          if (data.includes('"type":"goodbye"')) resolve(JSON.parse(data.toString()).why);
        });
      }),
  );
  const start = performance.now();
  await server.broker.stop();
  assert.ok(performance.now() - start < 5000);
  assert.deepEqual(new Set(await Promise.all(goodbyes)), new Set(['shutdown']));
  assert.deepEqual(new Set((await Promise.all(closed)).map(([code]) => code)), new Set([1001]));
  assert.equal(server.broker.counts().connections, 0);
});
