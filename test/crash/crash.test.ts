import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crash } from './crash.ts';

const seed = Number(process.env['SEED'] ?? 1);

test('killed ten times under load, a server loses nothing it has acknowledged, and nobody misses anything', async (context) => {
  const { violations, ...figures } = await crash({ seed, kills: 10 });
  context.diagnostic(`seed ${seed}: ${JSON.stringify(figures)}`);
  assert.deepEqual(violations, []);
  assert.ok(figures.acknowledged > 1000 && figures.kept >= figures.acknowledged);
});

test('the same, when messages go out only with the commit: then nothing is lost that anybody saw', async () => {
  const { violations, lost } = await crash({ seed, kills: 3, args: ['--fanout', 'after-commit'] });
  assert.deepEqual(violations, []);
  assert.equal(lost, 0);
});

test('the test finds it when a message is acknowledged before it is kept', async () => {
  const { violations } = await crash({ seed, kills: 5, args: ['--durability', 'none'] });
  assert.match(violations.join('\n'), /was acknowledged and is not in the log/);
});
