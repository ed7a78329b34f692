import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { ServerFrame } from '../../src/protocol/generated/frames.ts';
import { Bystanders } from '../kit/bystanders.ts';
import { JsonClient } from '../kit/client.ts';
import { memory } from '../kit/memory.ts';
import { jsonFrame, RawClient } from '../kit/raw.ts';
import { startServer, type TestServer, until } from '../kit/server.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const small = { grace: 0, maxFrame: 64 * KiB, buffer: 256 * KiB, signalBuffer: 64 * KiB };

/** The system's own buffers swallow a few MiB before anything is left with the server. */
const enough = 40 * MiB;
const long = 'x'.repeat(60 * KiB);

/** A client that sends a lot and does not read it. */
async function connectTalker(server: TestServer): Promise<JsonClient> {
  const talker = await JsonClient.connect(`${server.url}/?name=talker`);
  await talker.next('joined');
  return talker;
}

/** Sends `bodies` to the lobby, and waits until they are kept. */
async function say(talker: JsonClient, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) talker.send({ type: 'message', body, echo: false });
  await talker.settle();
}

/** Talks, in messages of many lengths, until `condition` holds. */
async function talkUntil(talker: JsonClient, condition: () => boolean, what: string): Promise<void> {
  for (let said = 0; !condition(); said += 3 * long.length) {
    assert.ok(said < enough, `${enough} bytes were said and it did not come about that ${what}`);
    await say(talker, [long, 'short', 'x'.repeat(5 * KiB), 'x'.repeat(17 * KiB), long, '']);
  }
}

async function connectSleeper(server: TestServer, name = 'sleeper'): Promise<RawClient> {
  const sleeper = await RawClient.connect(server.port, `/?name=${name}`);
  await sleeper.next('joined');
  await sleeper.settle();
  sleeper.drain();
  sleeper.socket.pause();
  return sleeper;
}

/** The numbers of the messages, which must have no gap. */
function contiguous(frames: readonly ServerFrame[]): { first: number; last: number } {
  const numbers = frames.flatMap((frame) => (frame.type === 'message' ? frame.seq : []));
  const [first = 0] = numbers;
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => first + index),
  );
  return { first, last: first + numbers.length - 1 };
}

describe('a client that stops reading', { concurrency: true }, () => {
  test('gets everything up to a point, goodbye and 4008, and the others notice nothing', async () => {
    await using server = await startServer(small);
    await Bystanders.watch(server, async (bystanders) => {
      await using talker = await connectTalker(server);
      await using sleeper = await connectSleeper(server);
      await talkUntil(talker, () => server.broker.counts().connections === 3, 'the sleeper is closed');
      await bystanders.talk();
      await talkUntil(talker, () => true, 'more is said');
      sleeper.socket.resume();
      assert.deepEqual(await sleeper.closeFrame, { code: 4008, reason: 'the client reads too slowly' });
      await sleeper.gone;
      const frames = sleeper.drain();
      const goodbye = frames.pop();
      assert.ok(goodbye?.type === 'goodbye' && goodbye.why === 'slow_reader' && goodbye.code === 4008);
      assert.equal(typeof goodbye.retry, 'number');
      const { first, last } = contiguous(frames);
      assert.equal(first, 2);
      assert.ok(last > 20, `the last one is ${last}`);
      await talker.close();
    });
  });

  test('gets the next long answer when it has taken the one before, and is not closed for that', async () => {
    await using server = await startServer(small);
    await Bystanders.watch(server, async (bystanders) => {
      await using sleeper = await connectSleeper(server);
      const bodies = Array.from({ length: 100 }, (_, index) => `${index} ${long}`);
      for (const body of bodies) sleeper.write(jsonFrame({ type: 'echo', body }));
      await bystanders.talk();
      await bystanders.talk();
      assert.equal(server.broker.counts().connections, 3);
      sleeper.socket.resume();
      for (const body of bodies) assert.equal((await sleeper.next('echo')).body, body);
    });
  });

  test('is closed in time even if everything is said at once', async () => {
    await using server = await startServer({ ...small, buffer: 64 * KiB, signalBuffer: 32 * KiB, checkFrames: false });
    await using talker = await connectTalker(server);
    await using sleeper = await JsonClient.connect(server.url);
    await sleeper.settle();
    const numbers: number[] = [];
    sleeper.socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) numbers.push(JSON.parse(data.subarray(3, 3 + data.readUInt16BE(1)).toString()).seq);
    });
    sleeper.socket.pause();
    // Bytes are not parsed, so that much of it passes between two inspections.
    const payload = Buffer.alloc(long.length);
    // No more at once than may wait to be carried out: more would be refused, and so would the ping.
    for (let said = 0; said < enough; ) {
      for (const end = said + 7 * MiB; said < end; said += payload.length)
        talker.sendBinary({ type: 'message', echo: false }, payload);
      await talker.settle();
    }
    sleeper.socket.resume();
    assert.equal((await sleeper.closed).code, 4008);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
  });

  test('is closed for broadcasts it does not read, too', async () => {
    await using server = await startServer(small);
    await using talker = await JsonClient.connect(`${server.url}/?room=elsewhere`);
    await using sleeper = await connectSleeper(server);
    for (let sent = 0; server.broker.counts().connections > 1; sent += long.length) {
      assert.ok(sent < enough);
      talker.send({ type: 'broadcast', body: long });
      await talker.settle();
    }
    sleeper.socket.resume();
    assert.equal((await sleeper.closeFrame).code, 4008);
    assert.equal((await sleeper.next('goodbye')).why, 'slow_reader');
  });

  test('and never goes on is cut off after the idle timeout', { skip: !existsSync('/proc/self/net/tcp') }, async () => {
    await using server = await startServer({ ...small, idleTimeout: 8000 });
    await using talker = await connectTalker(server);
    await using sleeper = await connectSleeper(server);
    await talkUntil(talker, () => server.broker.counts().connections === 1, 'the sleeper is closed');
    await until(() => openSockets(server.port) === 1, 'the socket is closed', 20_000);
    assert.equal(sleeper.socket.destroyed, false);
  });

  test('does not keep the server from stopping', async () => {
    await using server = await startServer({ ...small, buffer: 64 * MiB, drainTimeout: 500 });
    await using talker = await connectTalker(server);
    await using sleeper = await connectSleeper(server);
    for (let said = 0; said < 16 * MiB; said += 8 * long.length) await say(talker, Array(8).fill(long));
    const start = performance.now();
    await server.broker.stop();
    assert.ok(performance.now() - start < 5000);
    sleeper.socket.resume();
    await sleeper.gone;
    contiguous(sleeper.drain());
  });
});

describe('a client that reads late, but not too late', { concurrency: true }, () => {
  const patient = { ...small, buffer: 2 * enough };

  test('misses signals but no message, and gets signals again when it has caught up', async () => {
    await using server = await startServer(patient);
    await using talker = await connectTalker(server);
    await using prompt = await JsonClient.connect(`${server.url}/?name=prompt`);
    await using late = await connectSleeper(server, 'late');
    const rounds = Math.ceil(enough / 2 / (2 * long.length));
    for (let round = 1; round <= rounds; round += 1) {
      talker.send({ type: 'signal', room: 'lobby', kind: 'typing', body: round });
      await say(talker, [long, long]);
    }
    await prompt.next('message', ({ seq }) => seq === 2 * rounds);
    const all = prompt.drain().flatMap((frame) => (frame.type === 'signal' ? frame.body : []));
    assert.deepEqual(
      all,
      Array.from({ length: rounds }, (_, index) => index + 1),
    );

    late.socket.resume();
    await late.settle();
    const frames = late.drain();
    assert.deepEqual(contiguous(frames), { first: 1, last: 2 * rounds });
    const some = frames.flatMap((frame) => (frame.type === 'signal' ? frame.body : []));
    assert.ok(some.length > 0 && some.length < rounds, `${some.length} of ${rounds} signals came`);
    assert.deepEqual(some, all.slice(0, some.length));

    talker.send({ type: 'signal', room: 'lobby', kind: 'typing', body: 'again' });
    assert.equal((await late.next('signal')).body, 'again');
    assert.equal(server.broker.counts().connections, 3);
  });

  test('gets the signals of the rooms it is in by then', async () => {
    await using server = await startServer(patient);
    await using talker = await JsonClient.connect(`${server.url}/?room=lobby&room=left&room=entered`);
    await using late = await RawClient.connect(server.port, '/?room=lobby&room=left');
    await late.settle();
    late.socket.pause();
    await say(talker, Array(Math.ceil(enough / 2 / long.length)).fill(long));
    // This many bytes of signals make the server inspect the buffers.
    talker.send({ type: 'signal', room: 'lobby', kind: 'missed', body: 'x'.repeat(60 * KiB) });
    for (const room of ['lobby', 'left']) talker.send({ type: 'signal', room, kind: 'missed' });
    late.write(jsonFrame({ type: 'leave', room: 'left', id: 'l' }), jsonFrame({ type: 'join', room: 'entered' }));
    await until(() => server.broker.counts().connections === 2, 'both are there');
    talker.send({ type: 'list', room: 'entered' });
    late.socket.resume();
    await late.settle();
    assert.deepEqual(
      late.drain().filter(({ type }) => type === 'signal'),
      [],
    );
    for (const room of ['lobby', 'left', 'entered']) talker.send({ type: 'signal', room, kind: 'typing' });
    await talker.settle();
    await late.settle();
    const rooms = late.drain().flatMap((frame) => (frame.type === 'signal' ? frame.room : []));
    assert.deepEqual(rooms, ['lobby', 'entered']);
  });
});

test('clients that stop reading do not make the server grow', async () => {
  await using server = await startServer(small);
  await using talker = await connectTalker(server);
  const sleepers = await Promise.all(Array.from({ length: 8 }, (_, index) => connectSleeper(server, `s${index}`)));
  await talkUntil(talker, () => server.broker.counts().connections === 1, 'the sleepers are closed');
  const before = memory();
  // If the server kept it for each of the eight, it would be eight times as much.
  for (let said = 0; said < 24 * MiB; said += 8 * long.length) await say(talker, Array(8).fill(long));
  const grown = memory().resident - before.resident;
  assert.ok(grown < 80 * MiB, `${grown} bytes more are held`);
  for (const sleeper of sleepers) await sleeper[Symbol.asyncDispose]();
});

/** How many connections on this port the server holds, according to the system. */
function openSockets(port: number): number {
  const established = '01';
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const [, ...rows] = readFileSync('/proc/self/net/tcp', 'utf8').trim().split('\n');
  const ends = rows.map((row) => row.trim().split(/\s+/)).filter(([, address]) => address?.endsWith(local));
  return ends.filter(([, , , state]) => state === established).length;
}
