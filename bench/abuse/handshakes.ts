/** Abuse of HTTP, of handshakes, and of connections as such. */
import { setTimeout as wait } from 'node:timers/promises';
import { textFrame } from '../load/client-frame.ts';
import type { Attacker } from './attacker.ts';
import { deferred } from './deferred.ts';
import { few, type Kind } from './kind.ts';
import type { Wire } from './wire.ts';

const mebibyte = 1024 ** 2;

/** As many as a connection may be in by default. */
const roomsEach = 100;

export const handshakes: readonly Kind[] = [
  {
    name: 'http-pipeline',
    description: 'pipelines 4 MiB of GET /asyncapi.json again and again, and never reads',
    async attack(attacker) {
      const wire = await attacker.dial();
      wire.stopReading();
      await wire.pour(get('/asyncapi.json', 4 * mebibyte));
    },
  },
  {
    name: 'http-health',
    description: 'pipelines GET /healthz without end, and reads',
    async attack(attacker) {
      const wire = await attacker.dial();
      await wire.pour(get('/healthz', 64 * 1024));
    },
  },
  {
    name: 'http-unread',
    description: '50 connections of each that ask for the largest page, one at a time, and do not read',
    connections: () => 50,
    async attack(attacker) {
      const wire = await attacker.dial();
      wire.stopReading();
      for (const once = get('/asyncapi.json', 1); wire.end === undefined; await wait(20)) await wire.send(once);
    },
  },
  {
    name: 'http-body',
    description: 'posts a body without end, and reads',
    async attack(attacker) {
      const wire = await attacker.dial();
      await wire.send(
        Buffer.from('POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n'),
      );
      await wire.pour(Buffer.alloc(64 * 1024, 'x'));
    },
  },
  {
    name: 'connect-churn',
    description: 'WebSockets that connect and break off at full speed; one has 64 at a time, of 50 each has 4',
    connections: few(64, 4),
    async attack(attacker) {
      await attacker.open('/?room=');
    },
  },
  {
    name: 'idle-sockets',
    description: 'sockets that send a byte of a head every second; one has 1,000, of 50 each has 100',
    connections: few(1000, 100),
    async attack(attacker) {
      const wire = await attacker.dial();
      await wire.send(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '));
      for (; wire.end === undefined; await wait(1000)) await wire.send(Buffer.from('a'));
    },
  },
  {
    name: 'joins-query',
    description: 'connections that join 100 rooms by their query, all at once; one has 300, of 50 each has 20',
    connections: few(300, 20),
    async attack(attacker) {
      await attacker.tick(period);
      const wire = await joinAll(attacker, `/?${rooms((at) => `j${at}`)}`);
      await wire.leave();
    },
  },
  {
    name: 'joins-frames',
    description: 'the same by 100 frames each',
    connections: few(300, 20),
    async attack(attacker) {
      await attacker.tick(period);
      const wire = await joinAll(attacker, '/?room=', Buffer.concat(names((at) => `j${at}`).map(join)));
      await wire.leave();
    },
  },
  {
    name: 'rooms-many',
    description: 'connections that open 100 rooms each; one has 1,000, of 50 each has 20: 100,000 rooms',
    connections: few(1000, 20),
    async attack(attacker) {
      const wire = await attacker.open(`/?${rooms((at) => `m${attacker.number}-${at}`)}`);
      await wire.closed;
    },
  },
  {
    name: 'disconnect-storm',
    description: 'connections in 100 rooms that all break at once, and come back; one has 300, of 50 each has 20',
    connections: few(300, 20),
    async attack(attacker) {
      await joinAll(attacker, `/?${rooms((at) => `d${at}`)}`);
      await attacker.tick(period);
    },
  },
];

/** The interval at which all connections of all attackers act together, in milliseconds. */
const period = 1500;

/** As many requests as make up about this number of bytes. */
function get(path: string, bytes: number): Buffer {
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  return Buffer.from(request.repeat(Math.ceil(bytes / request.length)));
}

function names(name: (at: number) => string): string[] {
  return Array.from({ length: roomsEach }, (_, at) => name(at));
}

function rooms(name: (at: number) => string): string {
  return names(name)
    .map((room) => `room=${room}`)
    .join('&');
}

function join(room: string): Buffer {
  return textFrame(JSON.stringify({ type: 'join', room }));
}

/** Connects, and waits until it is in all of its rooms. @param joins frames that join them, if the path does not. */
async function joinAll(attacker: Attacker, path: string, joins?: Buffer): Promise<Wire> {
  let missing = roomsEach;
  const isIn = deferred();
  const wire = await attacker.open(path, (payload) => {
    if (!payload.toString('latin1', 0, 20).startsWith('{"type":"joined"')) return;
    missing -= 1;
    if (missing === 0) isIn.resolve();
  });
  if (joins) await wire.send(joins);
  await Promise.race([isIn.promise, wire.closed]);
  return wire;
}
