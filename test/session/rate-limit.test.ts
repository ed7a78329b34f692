import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimit, TokenBucket } from '../../src/session/rate-limit.ts';
import { JsonClient, TextClient } from '../kit/client.ts';
import { Random } from '../kit/random.ts';
import { startServer } from '../kit/server.ts';

test('a bucket is full at first, is emptied by what is taken, and fills at its rate up to its size', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, 1000);
  assert.equal(bucket.wait(5, 1000), 0);
  bucket.take(5);
  assert.equal(bucket.wait(1, 1000), 100);
  assert.equal(bucket.wait(3, 1000), 300);
  assert.equal(bucket.wait(1, 1050), 50);
  assert.equal(bucket.wait(1, 1100), 0);
  assert.equal(bucket.wait(5, 1_000_000), 0);
  bucket.take(5);
  assert.equal(bucket.wait(1, 1_000_000), 100, 'it does not overflow');
});

test('asking does not take anything', () => {
  const bucket = new TokenBucket({ perSecond: 1, burst: 1 }, 0);
  for (let i = 0; i < 10; i += 1) assert.equal(bucket.wait(1, 0), 0);
});

test('more than the bucket holds passes when it is full, and leaves a debt', () => {
  const bucket = new TokenBucket({ perSecond: 10, burst: 5 }, 0);
  assert.equal(bucket.wait(20, 0), 0);
  bucket.take(20);
  assert.equal(bucket.wait(1, 0), 1600);
  assert.equal(bucket.wait(1, 1600), 0);
});

test('who waits as long as they are told to may pass, whatever the rate and the time', () => {
  const random = new Random(1);
  for (let run = 0; run < 200; run += 1) {
    const rate = { perSecond: 1 + random.below(10_000), burst: 1 + random.below(10_000) };
    const amounts = Array.from({ length: 50 }, () => 1 + random.below(rate.burst));
    let now = 1_795_104_000_000 + random.below(1_000_000);
    const bucket = new TokenBucket(rate, now);
    for (const amount of amounts) {
      now += random.below(20);
      const wait = bucket.wait(amount, now);
      assert.ok(Number.isSafeInteger(wait) && wait >= 0, `waiting for ${wait} ms`);
      now += wait;
      assert.equal(bucket.wait(amount, now), 0, JSON.stringify({ run, rate, amount, wait }));
      bucket.take(amount);
    }
  }
});

test('in the long run no more passes than the rate allows', () => {
  const bucket = new TokenBucket({ perSecond: 7, burst: 3 }, 0);
  let passed = 0;
  for (let now = 0; now <= 100_000; now += 10) {
    if (bucket.wait(1, now) > 0) continue;
    bucket.take(1);
    passed += 1;
  }
  assert.ok(passed >= 700 && passed <= 703, `${passed} passed`);
});

test('a frame passes if frames and bytes both allow it, and costs nothing if it does not', () => {
  const limit = new RateLimit({ frames: { perSecond: 1, burst: 3 }, bytes: { perSecond: 100, burst: 100 } }, 0);
  assert.equal(limit.admit(90, 0), 0);
  assert.equal(limit.admit(20, 0), 100, 'too many bytes');
  assert.equal(limit.admit(10, 0), 0);
  assert.equal(limit.admit(0, 0), 0, 'the third frame: the refused one did not count');
  assert.equal(limit.admit(0, 0), 1000, 'too many frames');
  assert.equal(limit.admit(100, 500), 500, 'the longer of the two times');
});

test('without limits everything passes', () => {
  const limit = new RateLimit({ frames: undefined, bytes: undefined }, 0);
  for (let i = 0; i < 10_000; i += 1) assert.equal(limit.admit(1_000_000, 0), 0);
  assert.equal(limit.flooding, false);
});

test('a client is flooding when it is refused more than a burst of frames in a row', () => {
  const limit = new RateLimit({ frames: { perSecond: 1, burst: 10 }, bytes: undefined }, 0);
  const send = (times: number, now: number) => {
    for (let i = 0; i < times; i += 1) limit.admit(1, now);
    return limit.flooding;
  };
  assert.equal(send(20, 0), false);
  assert.equal(send(1, 0), true);
});

test('a client that has as many frames refused as it may send is not flooding; one that has more is, sooner or later', () => {
  const frames = { perSecond: 10, burst: 10 };
  /** How many seconds it lasts. */
  const lasts = (perSecond: number) => {
    const limit = new RateLimit({ frames, bytes: undefined }, 0);
    for (let now = 0; now < 1000_000; now += 1000 / perSecond) {
      limit.admit(1, now);
      if (limit.flooding) return now / 1000;
    }
    return undefined;
  };
  assert.equal(lasts(19), undefined);
  const time = lasts(25);
  assert.ok(time !== undefined && time < 5, `${time} s`);
});

test('without a limit of frames there is a limit to the patience with too many bytes', () => {
  const limit = new RateLimit({ frames: undefined, bytes: { perSecond: 1, burst: 1 } }, 0);
  let sent = 0;
  while (!limit.flooding && sent < 10_000) {
    limit.admit(1, 0);
    sent += 1;
  }
  assert.equal(sent, 502);
});

/** Slow enough that the bucket does not fill during a test. */
const rate = { perSecond: 1, burst: 20 };

test('a client that is too fast is told so and when to try again, and what it sent too fast is not carried out', async () => {
  await using server = await startServer({ rate });
  await using ada = await JsonClient.connect(server.url);
  await using bob = await JsonClient.connect(server.url);
  const { limits } = await ada.next('welcome');
  assert.deepEqual(limits.frames, rate);
  for (let i = 0; i < rate.burst + 2; i += 1) ada.send({ type: 'message', body: i, id: `m${i}` });
  const { code, retry, id } = await ada.next('error');
  assert.deepEqual({ code, id }, { code: 'rate_limited', id: undefined });
  assert.ok(retry !== undefined && retry > 0 && retry <= 1000, `retry is ${retry}`);
  await ada.next('error');
  await bob.next('message', ({ body }) => body === rate.burst - 1);
  await bob.settle();
  assert.deepEqual(
    bob.drain().filter(({ type }) => type === 'message').length,
    rate.burst - 1,
    'nothing came after the last one that was allowed',
  );
});

test('a client that goes on is told goodbye and closed with 4029, and its place is kept', async () => {
  await using server = await startServer({ rate });
  await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
  await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
  await bob.next('joined', ({ count }) => count === 2);
  for (let i = 0; i < 3 * rate.burst; i += 1) ada.send({ type: 'ping' });
  const { code, why, retry } = await ada.next('goodbye');
  assert.deepEqual({ code, why, retry }, { code: 4029, why: 'flooding', retry: 5000 });
  const { code: closed, reason } = await ada.closed;
  assert.deepEqual([closed, reason], [4029, 'the client went on sending past its rate limit']);
  bob.send({ type: 'list', room: 'lobby', id: 'l1' });
  const { members } = await bob.next('members', ({ id }) => id === 'l1');
  assert.deepEqual(members.map(({ name }) => name).sort(), ['ada', 'bob']);
});

test('every line of a text frame counts, and the lines past the limit are not said', async () => {
  await using server = await startServer({ rate });
  await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
  await using bob = await JsonClient.connect(server.url);
  await bob.next('joined');
  const lines = Array.from({ length: rate.burst + 5 }, (_, i) => `line ${i}`);
  ada.say(lines.join('\n'));
  await ada.line(/^! too fast; try again in \d+ ms$/);
  await bob.next('message', ({ body }) => body === `line ${rate.burst - 1}`);
  await bob.settle();
  const said = bob.drain().filter(({ type }) => type === 'message');
  assert.equal(said.length, rate.burst - 1, 'only the lines before that one');
});

test('the rate of bytes counts what is in the frames', async () => {
  const rateBytes = { perSecond: 1000, burst: 100_000 };
  await using server = await startServer({ rateBytes });
  await using ada = await JsonClient.connect(server.url);
  const { limits } = await ada.next('welcome');
  assert.deepEqual(limits.bytes, rateBytes);
  const body = 'x'.repeat(60_000);
  ada.send({ type: 'echo', body, id: 'first' });
  ada.send({ type: 'echo', body, id: 'second' });
  ada.send({ type: 'ping', id: 'small' });
  await ada.next('echo', ({ id }) => id === 'first');
  const { code, retry } = await ada.next('error');
  assert.equal(code, 'rate_limited');
  assert.ok(retry !== undefined && retry > 10_000 && retry < 21_000, `retry is ${retry}`);
  await ada.next('pong', ({ id }) => id === 'small');
});

test('what is not a valid frame counts, too', async () => {
  await using server = await startServer({ rate });
  await using ada = await JsonClient.connect(server.url);
  for (let i = 0; i < 3 * rate.burst; i += 1) ada.send('nonsense');
  assert.equal((await ada.closed).code, 4029);
  const codes = ada.drain().flatMap((frame) => (frame.type === 'error' ? [frame.code] : []));
  const expected = [
    ...Array.from({ length: rate.burst }, () => 'invalid_json'),
    ...Array.from({ length: rate.burst }, () => 'rate_limited'),
  ];
  // The last ones may get no answer: a busy server closes first.
  assert.ok(codes.length > 0);
  assert.deepEqual(codes, expected.slice(0, codes.length));
});
