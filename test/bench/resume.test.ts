import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { blankBody, stamp } from '../../bench/load/body.ts';
import { dialects } from '../../bench/load/dialects.ts';
import { Member, type MemberOptions } from '../../bench/load/member.ts';
import { Sample } from '../../bench/load/sample.ts';
import { Sleeper } from '../../bench/load/sleeper.ts';
import { paced } from '../../bench/scenarios/load.ts';
import { Invalid, Room } from '../../bench/scenarios/room.ts';
import { Histogram } from '../../bench/statistics.ts';

/** The messages that a returning client gets, of those it has missed. */
type Replay = (missed: readonly string[]) => readonly string[];

const whole: Replay = (missed) => missed;
const withoutFirst: Replay = (missed) => missed.slice(1);

interface ServedRoom {
  readonly messages: string[];
  readonly members: Set<WebSocket>;
}

/** A server with as much of the protocol as the load client needs, and a replay that the test chooses. */
class Replaying implements AsyncDisposable {
  readonly port: number;
  readonly #server: WebSocketServer;
  readonly #rooms = new Map<string, ServedRoom>();

  private constructor(server: WebSocketServer, replay: Replay, recovered: boolean) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket, { url = '' }) => this.#serve(socket, url, replay, recovered));
  }

  static async start(replay: Replay, recovered = true): Promise<Replaying> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return new Replaying(server, replay, recovered);
  }

  room(name: string): ServedRoom {
    const room = this.#rooms.get(name) ?? { messages: [], members: new Set() };
    this.#rooms.set(name, room);
    return room;
  }

  say(name: string, body: string): void {
    const { messages, members } = this.room(name);
    const message = JSON.stringify({ type: 'message', room: name, seq: messages.length + 1, body });
    messages.push(message);
    for (const member of members) member.send(message);
  }

  #serve(socket: WebSocket, url: string, replay: Replay, recovered: boolean): void {
    let name = new URL(url, 'ws://host').searchParams.get('room') ?? '';
    const join = () => {
      const { messages, members } = this.room(name);
      members.add(socket);
      socket.send(JSON.stringify({ type: 'joined', room: name, epoch: 'e', seq: messages.length, recovered }));
    };
    socket.send(JSON.stringify({ type: 'welcome', ticket: 't' }));
    if (name !== '') join();
    socket.on('close', () => this.room(name).members.delete(socket));
    socket.on('message', (data: Buffer) => {
      const { type, body, room, since } = JSON.parse(data.toString());
      if (type !== 'join') return this.say(name, body);
      name = room;
      join();
      for (const message of replay(this.room(name).messages.slice(since.seq))) socket.send(message);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const room = 'room';

function placeAt({ port }: Replaying): MemberOptions {
  const address = { host: '127.0.0.1', port };
  return { address, dialect: dialects.hubbub, room, minimum: 64, isSampled: true };
}

function body(number: number): string {
  const bytes = Buffer.from(blankBody(64));
  stamp(bytes, 0, { sender: 0, number, intended: 0 });
  return bytes.toString();
}

/** Three messages before a member is cut off, three while it is away, and two when it is back. */
async function cutOff(replay: Replay, recovered = true) {
  await using server = await Replaying.start(replay, recovered);
  const member = await Member.open(placeAt(server));
  const sample = new Sample(dialects.hubbub, new Histogram());
  const heard = new EventTarget();
  const say = (first: number, end: number) => {
    for (let number = first; number < end; number += 1) server.say(room, body(number));
  };
  const hears = (number: number) => once(heard, String(number));
  member.mark(sample, (payload) => {
    const taken = sample.take(payload);
    if (typeof taken === 'object') heard.dispatchEvent(new Event(String(taken.number)));
  });
  const third = hears(2);
  say(0, 3);
  await third;
  const [served] = server.room(room).members;
  const ended = served && once(served, 'close');
  member.cut();
  await ended;
  say(3, 6);
  const last = hears(7);
  const missed = await member.comeBack();
  say(6, 8);
  await last;
  member.cut();
  return { missed, messages: member.messages, disorder: sample.result.disorder };
}

/** A member does not read, is cut off after three messages, misses three, and comes back. */
async function sleep(replay: Replay) {
  await using server = await Replaying.start(replay);
  const sleeper = await Sleeper.open(placeAt(server));
  for (let number = 0; number < 3; number += 1) server.say(room, body(number));
  const [served] = server.room(room).members;
  served?.close(4008);
  server.room(room).members.clear();
  for (let number = 3; number < 6; number += 1) server.say(room, body(number));
  return await sleeper.wake(6, 300);
}

describe('a member who comes back', { concurrency: true }, () => {
  test('has everything, once and in order', async () => {
    assert.deepEqual(await cutOff(whole), { missed: 3, messages: 8, disorder: 0 });
  });

  test('is seen not to get one of the messages it missed', async () => {
    assert.deepEqual(await cutOff(withoutFirst), { missed: 3, messages: 7, disorder: 1 });
  });

  test('is seen to get one of them twice', async () => {
    const { messages, disorder } = await cutOff((missed) => [...missed, ...missed.slice(-1)]);
    assert.equal(messages, 9);
    assert.ok(disorder > 0);
  });

  test('is seen to get them in another order', async () => {
    const { disorder } = await cutOff((missed) => missed.toReversed());
    assert.ok(disorder > 0);
  });

  test('is seen not to be given back what it missed', async () => {
    await assert.rejects(cutOff(whole, false), /not recovered/);
  });

  test('after it did not read has everything', async () => {
    const { kept, end, received, disorder } = await sleep(whole);
    assert.match(end ?? '', /4008/);
    assert.deepEqual({ kept, received, disorder }, { kept: 3, received: 6, disorder: 0 });
  });

  test('after it did not read is seen not to get everything', async () => {
    const { received, disorder } = await sleep(withoutFirst);
    assert.deepEqual({ received, disorder }, { received: 5, disorder: 1 });
  });

  test('and does not get everything, makes the run count for nothing', async () => {
    await using server = await Replaying.start(withoutFirst);
    const url = new URL(`ws://127.0.0.1:${server.port}`);
    const target = { name: 'replaying', description: '', dialect: 'hubbub', command: [] } as const;
    const opening = Room.open(
      { ...target, running: { url, pid: undefined } },
      {
        ...{ rooms: 2, members: 3, senders: 'most members', burst: 1, ids: false, messageSize: 64 },
        ...{ receivers: 1, warmUp: 8, patience: 300 },
        plan: (seconds) => ({ ...paced({ burst: 1, interval: 5 }, seconds), churn: { every: 100, away: 60 } }),
      },
    );
    await assert.rejects(opening, (error) => error instanceof Invalid && /every message once/.test(error.message));
  });
});
