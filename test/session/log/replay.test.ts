/** Replays in many pieces: the server goes on with other work, and no replay loses a message, whatever happens. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ServerFrame } from '../../../src/protocol/generated/frames.ts';
import { JsonClient } from '../../kit/client.ts';
import { Follower } from '../../kit/follower.ts';
import { jsonFrame, RawClient } from '../../kit/raw.ts';
import { startServer, type TestServer, until } from '../../kit/server.ts';
import { bodies, connect, fill, type Said } from './kit.ts';

describe('a replay of 20,000 messages', () => {
  const count = 20_000;
  let server: TestServer;
  let said: Said;
  before(async () => {
    server = await startServer({ checkFrames: false, rooms: [{ origin: 'rooms', match: '*', log: {} }] });
    said = await fill(server, bodies(count));
  });
  after(() => server[Symbol.asyncDispose]());

  test('while somebody keeps talking: everything comes once and in order, and others are answered within it', async () => {
    await using talker = await connect(server, { name: 'talker' });
    await Follower.join(talker);
    await using other = await connect(server);
    await using client = await connect(server);
    const lobby = Follower.of(client, 'lobby');
    client.send({ type: 'join', room: 'lobby', since: { epoch: said.epoch, seq: 0 } });
    let answered = 0;
    let spoken = 0;
    while ((lobby.position?.seq ?? 0) < count) {
      for (let left = 50; left > 0 && spoken < 5000; left -= 1) {
        talker.send({ type: 'message', body: 'meanwhile', echo: false });
        spoken += 1;
      }
      await other.settle();
      answered += 1;
      lobby.check();
    }
    talker.send({ type: 'message', body: 'the end', id: 'end', echo: false });
    const { seq = 0 } = await talker.next('ack');
    await lobby.reaches(seq);
    assert.equal(seq, count + spoken + 1);
    assert.deepEqual(
      lobby.numbers,
      Array.from({ length: seq }, (_, index) => index + 1),
    );
    assert.deepEqual(
      lobby.messages.slice(0, count).map(({ data }) => data),
      said.data,
    );
    assert.ok(spoken > 500, `${spoken} messages were said within it`);
    assert.ok(answered > 10, `${answered} pings were answered within it`);
    assert.deepEqual([lobby.joins.length, lobby.gaps], [1, []]);
    talker.send({ type: 'signal', room: 'lobby', kind: 'typing' });
    await client.next('signal');
  });

  test('to twenty clients at once: each gets all, and others are answered within it', async () => {
    await using other = await connect(server);
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect(server)));
    const lobbies = clients.map((client) => Follower.of(client, 'lobby'));
    for (const client of clients) {
      client.send({ type: 'join', room: 'lobby', since: { epoch: said.epoch, seq: count / 2 } });
    }
    let answered = 0;
    while (lobbies.some((lobby) => (lobby.position?.seq ?? 0) < count)) {
      await other.settle();
      answered += 1;
    }
    assert.ok(answered > 20, `${answered} pings were answered within it`);
    for (const lobby of lobbies) await lobby.reaches(count);
    for (const client of clients) await client.close();
  });
});

describe('in the middle of a replay', () => {
  const count = 2000;
  let server: TestServer;
  let said: Said;
  before(async () => {
    server = await startServer({ grace: 0 });
    said = await fill(server, bodies(count));
  });
  after(() => server[Symbol.asyncDispose]());

  const fromStart = () => ({ type: 'join', room: 'lobby', since: { epoch: said.epoch, seq: 0 } });

  /**
   * Sends these frames right after a join that replays 2000 messages: the server handles them when only the first
   * pieces are out.
   */
  async function amid(...frames: object[]): Promise<RawClient> {
    const raw = await RawClient.connect(server.port, '/?room=');
    await raw.next('welcome');
    raw.write(jsonFrame(fromStart()), ...frames.map((frame) => jsonFrame(frame)));
    return raw;
  }

  /** Reads until the follower is at the room's end. */
  async function readOn(raw: RawClient, lobby: Follower, seq: number): Promise<ServerFrame[]> {
    const frames: ServerFrame[] = [];
    while ((lobby.position?.seq ?? 0) < seq) {
      await raw.settle();
      for (const frame of raw.drain()) {
        frames.push(frame);
        lobby.take(frame);
      }
      lobby.check();
    }
    return frames;
  }

  async function latest(): Promise<number> {
    return (await fill(server, ['one more'])).seq;
  }

  test('leaving ends it, and joining again goes on there', async () => {
    await using raw = await amid({ type: 'leave', room: 'lobby', id: 'l' });
    const lobby = new Follower('lobby');
    await latest();
    await raw.settle();
    const frames = raw.drain();
    for (const frame of frames) lobby.take(frame);
    lobby.check();
    assert.deepEqual([frames.at(-1)?.type, lobby.position], ['left', undefined]);
    const seq = lobby.numbers.at(-1) ?? 0;
    assert.ok(seq > 0 && seq < count / 2, `${seq} came before`);
    raw.write(jsonFrame({ ...fromStart(), since: { epoch: said.epoch, seq } }));
    await readOn(raw, lobby, await latest());
    assert.deepEqual(
      lobby.numbers,
      lobby.numbers.map((_, index) => index + 1),
    );
  });

  test('joining again, without saying where, is answered with how far it has come, and changes nothing', async () => {
    const again = { type: 'join', room: 'lobby', id: 'again' };
    await using raw = await amid(again, { ...again, id: 'and again' });
    const lobby = new Follower('lobby');
    await readOn(raw, lobby, await latest());
    const [first, second, third] = lobby.joins;
    assert.equal(first?.after, 0);
    assert.ok(second?.after !== undefined && second.after > 0 && second.after < count / 2, String(second?.after));
    assert.deepEqual([second.id, second.recovered], ['again', undefined]);
    assert.equal(third?.id, 'and again');
    assert.ok(third.after !== undefined && third.after >= second.after && third.after < count / 2, String(third.after));
    assert.deepEqual(
      lobby.numbers,
      lobby.numbers.map((_, index) => index + 1),
    );
    assert.deepEqual(lobby.gaps, []);
  });

  test('joining again with since or last ends it, and goes on from there', async () => {
    const join = fromStart();
    await using raw = await amid(
      { ...join, since: { epoch: said.epoch, seq: 1000 } },
      { type: 'join', room: 'lobby', last: 20 },
      { ...join, since: { epoch: said.epoch, seq: 1500 } },
    );
    const lobby = new Follower('lobby');
    const end = await latest();
    await readOn(raw, lobby, end);
    assert.equal(lobby.joins.length, 4);
    const runs: number[][] = [];
    for (const seq of lobby.numbers) {
      const run = runs.at(-1);
      if (run && run.at(-1) === seq - 1) run.push(seq);
      else runs.push([seq]);
    }
    // Those in the middle may have begun, if they were not carried out in the same turn of the loop.
    const starts = runs.map(([seq]) => seq);
    assert.deepEqual([starts[0], starts.at(-1)], [1, 1501]);
    assert.ok(starts.length <= 4, `runs begin at ${starts}`);
    assert.deepEqual(runs.at(-1)?.at(-1), end);
  });

  test('joining again with a position of another epoch ends it, and is live', async () => {
    await using raw = await amid({ ...fromStart(), since: { epoch: 'another', seq: 5 } });
    const lobby = new Follower('lobby');
    const end = await latest();
    await readOn(raw, lobby, end);
    const live = await latest();
    await readOn(raw, lobby, live);
    assert.equal(lobby.gaps[0]?.why, 'epoch');
    assert.ok(lobby.numbers.length < count / 2);
    assert.equal(lobby.numbers.at(-1), live);
  });

  test('a hello is refused, and disturbs nothing', async () => {
    await using ada = await connect(server, { name: 'ada' });
    const { ticket } = await ada.next('welcome');
    await using raw = await amid({ type: 'hello', token: ticket, id: 'h' });
    const lobby = new Follower('lobby');
    const frames = await readOn(raw, lobby, await latest());
    const [error] = frames.filter((frame) => frame.type === 'error');
    assert.ok(error?.type === 'error');
    assert.deepEqual([error.code, error.id], ['hello_not_first', 'h']);
  });

  test('a new name or state disturbs nothing, and is told', async () => {
    await using raw = await amid({ type: 'name', name: 'ada' }, { type: 'status', state: 'busy' });
    const lobby = new Follower('lobby');
    const end = await latest();
    await readOn(raw, lobby, end);
    const isTold = () =>
      lobby.others.some(({ frame }) => {
        if (frame.type !== 'members' && frame.type !== 'presence') return false;
        const all = frame.type === 'members' ? frame.members : [...(frame.joins ?? []), ...(frame.changes ?? [])];
        return all.some(({ name, state }) => name === 'ada' && state === 'busy');
      });
    raw.onFrame = ({ json }) => json && lobby.take(json);
    await until(isTold, 'it is told');
    assert.deepEqual([lobby.numbers.length, lobby.gaps], [end, []]);
  });

  test('own messages, with and without an echo, come in their turn, each once', async () => {
    const message = (body: string, more = {}) => ({ type: 'message', room: 'lobby', body, id: body, ...more });
    await using raw = await amid(message('loud'), message('quiet', { echo: false }), message('loud'));
    const lobby = new Follower('lobby');
    // After this the server has handled them.
    await raw.settle();
    const frames = await readOn(raw, lobby, await latest());
    const own = lobby.messages.filter(({ frame }) => frame.id === 'loud' || frame.id === 'quiet').slice(-2);
    while (frames.filter(({ type }) => type === 'ack').length < 3) {
      await raw.settle();
      frames.push(...raw.drain());
    }
    assert.deepEqual(
      own.map(({ frame }) => frame.body),
      ['loud', 'quiet'],
    );
    const acks = frames.flatMap((frame) => (frame.type === 'ack' ? [[frame.id, frame.seq]] : []));
    const [loud, quiet] = own.map(({ frame }) => [frame.id, frame.seq]);
    // When the second one is acknowledged depends on when the first is kept.
    assert.deepEqual(acks.toSorted(), [loud, loud, quiet]);
  });

  test('a reset ends it, and leaves nothing behind', async () => {
    const isEmpty = () => Object.values(server.broker.counts()).every((left) => left === 0);
    await until(isEmpty, 'nobody is there');
    for (let left = 10; left > 0; left -= 1) {
      await using raw = await amid({ type: 'ping', id: 'p' });
      await raw.next('joined');
      await raw.reset();
    }
    await using raw = await amid();
    raw.socket.end();
    await raw.gone;
    await until(isEmpty, 'nobody is there');
    await latest();
    await until(isEmpty, 'nobody is there');
  });

  test('another room may be replayed, too, and a third one is live', async () => {
    const cats = await fill(server, bodies(count), 'cats');
    await using ada = await connect(server);
    await Follower.join(ada, { room: 'dogs' });
    await using client = await connect(server);
    const followers = ['lobby', 'cats', 'dogs'].map((room) => Follower.of(client, room));
    const [lobby = assert.fail(), other = assert.fail(), dogs = assert.fail()] = followers;
    client.send(fromStart());
    client.send({ type: 'join', room: 'cats', since: { epoch: cats.epoch, seq: 0 } });
    client.send({ type: 'join', room: 'dogs' });
    await until(() => dogs.joins.length > 0, 'dogs are joined');
    ada.send({ type: 'message', body: 'woof' });
    await dogs.reaches(1);
    const [end, otherEnd] = [await latest(), (await fill(server, ['meow'], 'cats')).seq];
    await lobby.reaches(end);
    await other.reaches(otherEnd);
    for (const one of [lobby, other]) {
      assert.deepEqual(
        one.numbers,
        one.numbers.map((_, index) => index + 1),
      );
    }
    assert.equal(otherEnd, cats.seq + 1);
  });

  test('leaving one of two rooms ends only that one', async () => {
    const { epoch, seq } = await fill(server, bodies(count), 'birds');
    await using raw = await amid(
      { type: 'join', room: 'birds', since: { epoch, seq: 0 } },
      { type: 'leave', room: 'lobby' },
    );
    const birds = new Follower('birds');
    const frames = await readOn(raw, birds, seq);
    assert.deepEqual(
      birds.numbers,
      Array.from({ length: count }, (_, index) => index + 1),
    );
    const after = frames.slice(frames.findIndex(({ type }) => type === 'left'));
    assert.ok(!after.some((frame) => frame.type === 'message' && frame.room === 'lobby'));
  });
});

const KiB = 1024;
const MiB = 1024 * KiB;
const small = { grace: 0, buffer: 256 * KiB, signalBuffer: 64 * KiB, checkFrames: false };
/** More than the system's own buffers hold. */
const much = 24 * MiB;
const long = new Uint8Array(60 * KiB);

describe('a client that is sent much and does not read', () => {
  let server: TestServer;
  let said: Said;
  before(async () => {
    server = await startServer({ ...small, maxRooms: 1000 });
    said = await fill(server, Array(Math.ceil(much / long.length)).fill(long));
  });
  after(() => server[Symbol.asyncDispose]());

  async function connectSleeper(): Promise<RawClient> {
    const sleeper = await RawClient.connect(server.port, '/?room=&name=sleeper');
    await sleeper.next('welcome');
    sleeper.socket.pause();
    return sleeper;
  }

  /** Enough turns to send everything, if the client were reading. */
  async function pass(other: JsonClient): Promise<void> {
    for (let turns = 3 * (much / long.length); turns > 0; turns -= 1) await other.settle();
  }

  const join = () => ({ type: 'join', room: 'lobby', since: { epoch: said.epoch, seq: 0 } });

  /** Follows the room, including binary messages. */
  function follow(raw: RawClient): Follower {
    const lobby = new Follower('lobby');
    raw.onFrame = ({ opcode, payload, json }) => {
      if (json) lobby.take(json);
      else if (opcode === 2) lobby.take(JSON.parse(payload.subarray(3, 3 + payload.readUInt16BE(1)).toString()));
    };
    return lobby;
  }

  test('is sent no more than it takes, is not closed for that, and gets everything when it reads on', async () => {
    await using other = await JsonClient.connect(server.url);
    await using sleeper = await connectSleeper();
    const lobby = follow(sleeper);
    sleeper.write(jsonFrame(join()));
    await pass(other);
    await other.next('presence', ({ joins = [] }) => joins.some(({ name }) => name === 'sleeper'));
    // New messages do not reach a connection that is catching up, and do not fill its buffer.
    for (let left = 20; left > 0; left -= 1) other.sendBinary({ type: 'message', echo: false }, long);
    other.send({ type: 'signal', room: 'lobby', kind: 'typing' });
    await pass(other);
    await using newcomer = await JsonClient.connect(`${server.url}/?name=newcomer`);
    await other.next('presence', ({ joins = [] }) => joins.some(({ name }) => name === 'newcomer'));
    assert.equal(server.broker.counts().connections, 3);

    sleeper.socket.resume();
    await lobby.reaches(said.seq + 20);
    await until(() => lobby.others.length > 0, 'it is told who is there');
    const [{ frame, after: when } = assert.fail()] = lobby.others;
    assert.ok(frame.type === 'members', JSON.stringify(frame));
    assert.ok(frame.members.some(({ name }) => name === 'newcomer'));
    assert.equal(when, lobby.messages.length);
    assert.deepEqual(
      lobby.numbers,
      lobby.numbers.map((_, index) => index + 1),
    );
    other.send({ type: 'signal', room: 'lobby', kind: 'typing' });
    await until(() => lobby.others.some(({ frame: { type } }) => type === 'signal'), 'it is live');
    await newcomer.close();
  });

  test('in hundreds of rooms, of which it missed a little in each, is treated the same', async () => {
    const rooms = Array.from({ length: Math.ceil(much / long.length) }, (_, index) => `room-${index}`);
    await using talker = await connect(server);
    const epochs = new Map<string, string>();
    for (const room of rooms) {
      talker.send({ type: 'join', room });
      talker.sendBinary({ type: 'message', room, echo: false }, long);
      epochs.set(room, (await talker.next('joined', (joined) => joined.room === room)).epoch);
    }
    await talker.settle();
    await using sleeper = await connectSleeper();
    const got = new Set<string>();
    sleeper.onFrame = ({ opcode, payload }) => {
      if (opcode !== 2) return;
      const { room } = JSON.parse(payload.subarray(3, 3 + payload.readUInt16BE(1)).toString());
      assert.ok(!got.has(room), `${room} twice`);
      got.add(room);
    };
    for (const [room, epoch] of epochs) sleeper.write(jsonFrame({ type: 'join', room, since: { epoch, seq: 0 } }));
    await pass(talker);
    assert.equal(server.broker.counts().connections, 2);
    sleeper.socket.resume();
    await until(() => got.size === rooms.length, 'every message comes', 30_000);
    await sleeper.settle();
  });

  test('and asks again and again where it was, is treated the same', async () => {
    await using other = await connect(server);
    await using sleeper = await connectSleeper();
    const lobby = follow(sleeper);
    for (let left = 2 * (much / long.length); left > 0; left -= 1) sleeper.write(jsonFrame(join()));
    await pass(other);
    assert.equal(server.broker.counts().connections, 2);
    sleeper.socket.resume();
    await lobby.reaches(said.seq);
  });
});

test('a room that tells counts tells the count to who was catching up while it changed', async () => {
  await using server = await startServer({ ...small, presenceLimit: 1 });
  const said = await fill(server, Array(Math.ceil(much / long.length)).fill(long));
  await using one = await JsonClient.connect(server.url);
  await using two = await JsonClient.connect(server.url);
  await one.next('presence', ({ count }) => count === 2);
  await using sleeper = await connect(server);
  const lobby = Follower.of(sleeper, 'lobby');
  sleeper.socket.pause();
  sleeper.send({ type: 'join', room: 'lobby', since: { epoch: said.epoch, seq: 0 } });
  await one.next('presence', ({ count }) => count === 3);
  await two.close();
  await one.next('presence', ({ count }) => count === 2);
  sleeper.socket.resume();
  await lobby.reaches(said.seq);
  await until(() => lobby.others.length > 0, 'it is told');
  const [{ frame, after: when } = assert.fail()] = lobby.others;
  assert.deepEqual([frame, when], [{ type: 'presence', room: 'lobby', count: 2 }, said.seq]);
});

test('who has caught up at once, while nothing was told, is told nothing more', async () => {
  await using server = await startServer();
  const said = await fill(server, bodies(20));
  await using other = await JsonClient.connect(server.url);
  await using client = await connect(server);
  const lobby = await Follower.join(client, { since: { epoch: said.epoch, seq: 0 } });
  await lobby.reaches(20);
  await client.next('presence');
  assert.deepEqual(
    lobby.others.map(({ frame: { type } }) => type),
    ['presence'],
  );
  await other.close();
});
