/** Abuse of frames: too many, unfinished ones, and frames that are not requests. */
import { setTimeout as wait } from 'node:timers/promises';
import { textFrame } from '../load/client-frame.ts';
import type { Kind } from './kind.ts';

const mebibyte = 1024 ** 2;

/** How much is written at a time, as often as the socket takes it. */
const chunk = 64 * 1024;

export const floods: readonly Kind[] = [
  {
    name: 'unfinished',
    description: 'ten connections of each that begin a frame of 4 MiB, and send as much of it as is taken',
    connections: () => 10,
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      await wire.send(headOf(4 * mebibyte));
      await wire.send(filler);
      await wire.closed;
    },
  },
  {
    name: 'flood-rate-off',
    description: 'with --rate off --rate-bytes off: small messages, as many as the socket takes',
    options: ['--rate', 'off', '--rate-bytes', 'off'],
    async attack(attacker) {
      const wire = await attacker.open(`/?room=flood${attacker.number}`);
      await wire.pour(many(textFrame(JSON.stringify({ type: 'message', body: 'x'.repeat(40) }))));
    },
  },
  {
    name: 'flood-large-rate-off',
    description: 'the same with messages of 60 KB',
    options: ['--rate', 'off', '--rate-bytes', 'off'],
    async attack(attacker) {
      const wire = await attacker.open(`/?room=flood${attacker.number}`);
      await wire.pour(textFrame(JSON.stringify({ type: 'message', body: 'x'.repeat(60_000) })));
    },
  },
  {
    name: 'flood',
    description: 'small messages, as many as the socket takes',
    async attack(attacker) {
      const wire = await attacker.open(`/?room=flood${attacker.number}`);
      await wire.pour(many(textFrame(JSON.stringify({ type: 'message', body: 'x'.repeat(40) }))));
    },
  },
  {
    name: 'refused',
    description: '200 pings every 10 ms: nearly all are refused, but never 500 in a row',
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      const frames = Buffer.concat(Array<Buffer>(200).fill(textFrame('{"type":"ping"}')));
      for (; wire.end === undefined; await wait(10)) await wire.send(frames);
    },
  },
  {
    name: 'pings',
    description: 'WebSocket pings, as many as the socket takes',
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      await wire.pour(many(Buffer.from([0x89, 0x80, 0, 0, 0, 0])));
    },
  },
  {
    name: 'pings-large',
    description: 'the same with 125 bytes in each',
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      await wire.pour(many(Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125)])));
    },
  },
  {
    name: 'pongs',
    description: 'WebSocket pongs nobody asked for, as many as the socket takes',
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      await wire.pour(many(Buffer.from([0x8a, 0x80, 0, 0, 0, 0])));
    },
  },
  {
    name: 'fragments',
    description: 'a message in continuation frames of a byte each, as many as the socket takes',
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      await wire.send(Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x22]));
      await wire.pour(many(Buffer.from([0x00, 0x81, 0, 0, 0, 0, 0x78])));
    },
  },
  {
    name: 'fragments-empty',
    description: 'the same with empty ones: the message never gets too long',
    async attack(attacker) {
      const wire = await attacker.open('/?room=');
      await wire.send(Buffer.from([0x01, 0x81, 0, 0, 0, 0, 0x22]));
      await wire.pour(many(Buffer.from([0x00, 0x80, 0, 0, 0, 0])));
    },
  },
];

/** All but the last byte of a payload of 4 MiB. */
const filler = Buffer.alloc(4 * mebibyte - 1, 0x78);

/** The header of a text frame with a payload of this length (RFC 6455, section 5.2). */
function headOf(length: number): Buffer {
  const head = Buffer.alloc(14);
  head.set([0x81, 0xff]);
  head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

function many(frame: Buffer): Buffer {
  return Buffer.concat(Array<Buffer>(Math.floor(chunk / frame.length)).fill(frame));
}
