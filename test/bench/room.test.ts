import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { paced } from '../../bench/scenarios/load.ts';
import { Invalid, Room, type RoomOptions } from '../../bench/scenarios/room.ts';
import type { Target } from '../../bench/targets/targets.ts';

/** The faulty message comes after the warm-up and the rehearsal, and before the end of the measurement. */
const warmUp = 64;
const rehearsed = 50;
const faultyMessage = warmUp + rehearsed + 20;

const oneRoom: RoomOptions = {
  ...{ members: 5, burst: 1, ids: false, messageSize: 64, senders: 'one', receivers: 2, warmUp, patience: 500 },
  plan: (seconds) => paced({ burst: 1, interval: 10 }, seconds),
};

/** Rooms with a sender each: messages of one must not arrive in another. */
const manyRooms: RoomOptions = { ...oneRoom, rooms: 7, members: 3, senders: 'all' };

/** In a single process, whose two senders share the warm-up; messages of one room must arrive in all. */
const everyone: RoomOptions = { ...oneRoom, rooms: 6, members: 2, warmUp: 3 * warmUp, reach: 'everyone' };

type Fault = (clients: readonly WebSocket[], message: Buffer) => void;

/** Sends every message to everyone, except for one message, which gets the fault. */
async function runOnce(fault: Fault, options: RoomOptions) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  let count = 0;
  const rooms = new Map<string, WebSocket[]>();
  server.on('connection', (socket, { url: path = '' }) => {
    const url = options.reach === 'everyone' ? '' : path;
    rooms.set(url, [...(rooms.get(url) ?? []), socket]);
    socket.on('message', (message: Buffer) => {
      count += 1;
      const clients = rooms.get(url) ?? [];
      if (count === faultyMessage) return fault(clients, message);
      for (const client of clients) client.send(message, { binary: false });
    });
  });
  await once(server, 'listening');
  const url = new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const target: Target = {
    name: 'faulty',
    description: '',
    dialect: 'raw',
    command: [],
    running: { url, pid: undefined },
  };
  try {
    await using room = await Room.open(target, options);
    return await room.drive(options.plan(0.5));
  } finally {
    for (const client of server.clients) client.terminate();
    server.close();
  }
}

const toAll: Fault = (clients, message) => {
  for (const client of clients) client.send(message, { binary: false });
};

const faults: readonly [string, Fault, RegExp][] = [
  [
    'one member does not get one message',
    (clients, message) => toAll(clients.slice(1), message),
    /every message once: 1/,
  ],
  [
    'one member gets one message twice',
    (clients, message) => toAll([...clients, ...clients.slice(1, 2)], message),
    /once: 1/,
  ],
  [
    'one member is lost',
    (clients, message) => {
      toAll(clients, message);
      clients[1]?.close(1001);
    },
    /clients lost: 1 \(closed by the server with 1001\)/,
  ],
  [
    'a message comes late',
    (clients, message) => {
      setTimeout(() => toAll(clients, message), 50);
    },
    /out of order/,
  ],
];

describe('a run', { concurrency: true }, () => {
  test('counts every delivery', async () => {
    const { tally } = await runOnce(toAll, oneRoom);
    assert.equal(tally.sent, 50);
    assert.deepEqual(
      tally.collected.map(({ delivered, expected, wrong, disorder }) => ({ delivered, expected, wrong, disorder })),
      [1, 2, 2].map((members) => ({ delivered: 50 * members, expected: 50 * members, wrong: 0, disorder: 0 })),
    );
  });

  test('of many rooms counts every delivery, in each process for its own rooms', async () => {
    const { tally } = await runOnce(toAll, manyRooms);
    assert.equal(tally.sent, 150);
    assert.deepEqual(
      tally.collected.map(({ delivered, expected, wrong, disorder }) => ({ delivered, expected, wrong, disorder })),
      [1, 2, 3].map(() => ({ delivered: 150, expected: 150, wrong: 0, disorder: 0 })),
    );
  });

  test('of many rooms counts for nothing if one member of one room does not get one message', async () => {
    const fault: Fault = (clients, message) => toAll(clients.slice(1), message);
    await assert.rejects(runOnce(fault, manyRooms), /every message once: 1/);
  });

  test('of what is said to everyone counts every delivery in every room', async () => {
    const { tally } = await runOnce(toAll, everyone);
    assert.equal(tally.sent, 50);
    assert.deepEqual(
      tally.collected.map(({ delivered, expected, disorder }) => ({ delivered, expected, disorder })),
      [4, 4, 4].map((members) => ({ delivered: 50 * members, expected: 50 * members, disorder: 0 })),
    );
  });

  test('of what is said to everyone counts for nothing if it does not come in one room', async () => {
    const fault: Fault = (clients, message) => toAll(clients.slice(0, -1), message);
    await assert.rejects(runOnce(fault, everyone), /every message once: 1/);
  });

  for (const [what, fault, complaint] of faults) {
    test(`counts for nothing if ${what}`, async () => {
      await assert.rejects(
        runOnce(fault, oneRoom),
        (error) => error instanceof Invalid && complaint.test(error.message),
      );
    });
  }
});
