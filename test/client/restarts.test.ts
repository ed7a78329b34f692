import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { extent } from '../kit/extent.ts';
import { FaultProxy } from '../kit/fault-proxy.ts';
import { Random } from '../kit/random.ts';
import { until } from '../kit/server.ts';
import { locally, Program, temporaryDirectory } from '../life-cycle/program.ts';
import { Crowd } from './crowd.ts';

const seed = Number(process.env['SEED'] ?? 1);
const configuration = {
  rooms: [{ match: '*', log: { count: 1_000_000 } }],
  autoJoin: [],
  ticketSecret: 'a secret that stays the same',
};

async function restart(kills: number, args: string[], isOneOrder: boolean): Promise<void> {
  const random = new Random(seed);
  await using data = await temporaryDirectory();
  const config = join(data.path, 'hubbub.json');
  await writeFile(config, JSON.stringify(configuration));
  const options = ['--config', config, '--data', data.path, '--rate', 'off', '--rate-bytes', 'off'];
  let port = 1;
  const start = async () => {
    const server = await Program.start([...locally, ...options, ...args]);
    port = Number(new URL(await server.listening()).port);
    return server;
  };
  // It follows the server to its present port.
  await using proxy = await FaultProxy.start({ random, target: () => port });
  let server = await start();
  try {
    await using crowd = await Crowd.gather(proxy.url, {});
    const count = 400 * (kills + 1);
    const talking = crowd.talk(count, random);
    for (let kill = 1; kill <= kills; kill += 1) {
      const due = crowd.acknowledged + 100 + random.below(1000);
      await until(() => crowd.acknowledged >= due, 'messages are acknowledged');
      await server[Symbol.asyncDispose]();
      server = await start();
    }
    await talking;
    await crowd.check(count, isOneOrder);
    assert.equal(crowd.acknowledged, 5 * count);
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

test('servers are killed under load: everything arrives once, at everyone', () => restart(extent(3), [], false));

test('the same, and in one order, where nothing goes out before it is kept', () =>
  restart(extent(2), ['--fanout', 'after-commit'], true));
