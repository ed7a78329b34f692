import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extent } from '../kit/extent.ts';
import { crash } from './crash.ts';

const seed = Number(process.env['SEED'] ?? 1);

const kills = extent(10);

test(`killed ${kills} times under load, a server loses nothing it has acknowledged, and nobody misses anything`, async (context) => {
  const { violations, ...figures } = await crash({ seed, kills });
  context.diagnostic(`seed ${seed}: ${JSON.stringify(figures)}`);
  assert.deepEqual(violations, []);
  assert.ok(figures.acknowledged > 100 * kills && figures.kept >= figures.acknowledged);
});

test('the same, when messages go out only with the commit: then nothing is lost that anybody saw', async () => {
  const { violations, lost } = await crash({ seed, kills: extent(3), args: ['--fanout', 'after-commit'] });
  assert.deepEqual(violations, []);
  assert.equal(lost, 0);
});

test('the test finds it when a message is acknowledged before it is kept', async () => {
  const found: string[] = [];
  for (let attempt = 0; attempt < 10 && found.length === 0; attempt += 1) {
    const { violations } = await crash({ seed: seed + attempt, kills: 1, args: ['--durability', 'none'] });
    found.push(...violations);
  }
  assert.match(found.join('\n'), /was acknowledged and is not in the log/);
});
