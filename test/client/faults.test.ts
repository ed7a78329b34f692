import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../src/client/connect.ts';
import { FaultProxy } from '../kit/fault-proxy.ts';
import { Random } from '../kit/random.ts';
import { startServer } from '../kit/server.ts';
import { Crowd } from './crowd.ts';

const seed = Number(process.env['SEED'] ?? 1);

test('5,000 messages over a bad network arrive once, in one order, at everyone', async (context) => {
  const random = new Random(seed);
  await using server = await startServer({ autoJoin: [] });
  await using proxy = await FaultProxy.start({ random, target: () => server.port, every: 40_000 });
  await using crowd = await Crowd.gather(proxy.url, { heartbeat: { interval: 60, timeout: 120 } });
  await crowd.talk(1000, random);
  await crowd.check(1000, true);
  context.diagnostic(`seed ${seed}: ${JSON.stringify(proxy.faults)}`);
  assert.ok(Object.values(proxy.faults).every((count) => count > 0));
});

test('a client keeps to the rates of its server', async () => {
  await using server = await startServer({
    autoJoin: [],
    rate: { perSecond: 500, burst: 50 },
    rateBytes: { perSecond: 200_000, burst: 70_000 },
  });
  await using hub = connect(server.url);
  const errors: unknown[] = [];
  hub.on('error', ({ code }) => errors.push(code));
  const room = await hub.join('general');
  const sends = Array.from({ length: 300 }, (_, number) => room.send({ number, text: 'x'.repeat(100) }));
  const numbers = (await Promise.all(sends)).map(({ seq }) => seq);
  assert.deepEqual(
    numbers,
    Array.from({ length: 300 }, (_, at) => at + 1),
  );
  assert.ok(!errors.includes('rate_limited'));
});
