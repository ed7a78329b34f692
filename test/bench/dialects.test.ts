import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { WebSocketServer } from 'ws';
import type { Address, Credentials } from '../../bench/load/address.ts';
import { type DialectName, dialects } from '../../bench/load/dialects.ts';
import { Member } from '../../bench/load/member.ts';
import { Sample } from '../../bench/load/sample.ts';
import { Sender } from '../../bench/load/sender.ts';
import { Histogram } from '../../bench/statistics.ts';
import { centrifugoServer } from './servers/centrifugo.ts';
import { pusherServer } from './servers/pusher.ts';

const minimum = 64;

/** How long a message may take to arrive, in milliseconds. */
const patience = 5000;

async function serve<T>(server: WebSocketServer, use: (address: Address) => Promise<T>): Promise<T> {
  await once(server, 'listening');
  try {
    return await use({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  } finally {
    for (const client of server.clients) client.terminate();
    server.close();
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + patience; !condition() && performance.now() < end; ) await wait(1);
}

/** In one room a sender, a member that is decoded as well, and one that is not; and one member in another room. */
async function talk(name: DialectName, address: Address) {
  const dialect = dialects[name];
  const open = (room: string, isSampled: boolean) => Member.open({ address, dialect, room, minimum, isSampled });
  const speaker = await open('room', true);
  const listener = await open('room', true);
  const silent = await open('room', false);
  const elsewhere = await open('elsewhere', false);
  await speaker.becomeSender();
  const samples = [new Sample(dialect, new Histogram()), new Sample(dialect, new Histogram())];
  let acks = 0;
  for (const [at, member] of [speaker, listener].entries()) {
    member.mark(samples[at], (payload) => {
      if (samples[at]?.take(payload) === 'ack') acks += 1;
    });
  }
  for (const member of [silent, elsewhere]) member.mark(undefined, undefined);
  const options = { member: speaker, dialect, index: 3, burst: 4, messageSize: minimum, first: 0 };
  const sender = new Sender({ ...options, ids: true });
  sender.write(1);
  sender.write(2);
  const all = [speaker, listener, silent];
  const isDone = () => all.every(({ messages }) => messages >= 8) && (dialect.ack === undefined || acks >= 8);
  await until(() => isDone() || samples.some(({ result }) => result.unexpected !== undefined));
  return {
    received: [...all, elsewhere].map(({ messages }) => messages),
    lost: [...all, elsewhere].map(({ lost }) => lost),
    acks,
    disorder: samples.map(({ result: { disorder } }) => disorder),
    unexpected: samples.map(({ result: { unexpected } }) => unexpected),
  };
}

const whole = {
  received: [8, 8, 8, 0],
  lost: Array(4).fill(undefined),
  disorder: [0, 0],
  unexpected: [undefined, undefined],
};

test('Pusher: a member gets all that is said on its channel, its own messages too, and answers pings', async () => {
  assert.deepEqual(await serve(pusherServer(), (address) => talk('pusher', address)), { ...whole, acks: 0 });
});

test('Pusher: an app that does not allow client events says so', async () => {
  const { received, unexpected } = await serve(pusherServer(false), (address) => talk('pusher', address));
  assert.deepEqual(received, [0, 0, 0, 0]);
  assert.match(unexpected[0] ?? '', /4301.*not enabled/);
});

test('Centrifugo: messages and acknowledgements are counted one by one, however many are in a frame', async () => {
  assert.deepEqual(await serve(centrifugoServer(), (address) => talk('centrifugo', address)), { ...whole, acks: 8 });
});

const refusals: readonly [string, DialectName, () => WebSocketServer, Partial<Address>, RegExp][] = [
  ['an unknown app', 'pusher', pusherServer, credentials({ appKey: 'no' }), /4001.*Could not find app/],
  ['a wrong secret', 'pusher', pusherServer, credentials({ appSecret: 'no' }), /subscription_error.*401/],
  ['a wrong token', 'centrifugo', centrifugoServer, credentials({ token: 'no' }), /^closed .* 3500 \(invalid token\)$/],
  ['an expired token', 'centrifugo', centrifugoServer, credentials({ token: 'expired' }), /109 token expired$/],
  ['a wrong path', 'centrifugo', centrifugoServer, { target: '/no' }, /^refused: HTTP\/1\.1 400 Bad Request$/],
  [
    'another dialect',
    'centrifugo',
    pusherServer,
    { target: '/app/app-key?protocol=7' },
    /said .*connection_established/,
  ],
];

function credentials(own: Credentials): Partial<Address> {
  return { credentials: own };
}

for (const [what, name, server, more, complaint] of refusals) {
  test(`${name}: ${what} is said in a line`, async () => {
    const open = (address: Address) =>
      Member.open({
        ...{ address: { ...address, ...more }, dialect: dialects[name], room: 'room', minimum, isSampled: true },
        patience: 500,
      });
    await assert.rejects(serve(server(), open), ({ message }: Error) => {
      assert.match(message, complaint);
      return !message.includes('\n');
    });
  });
}
