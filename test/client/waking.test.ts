import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onWaking } from '../../src/client/waking.ts';

test('a machine that has slept is noticed by the clock, and a page by its events', (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const page = new EventTarget();
  const scope = globalThis as { addEventListener?: unknown; removeEventListener?: unknown };
  scope.addEventListener = page.addEventListener.bind(page);
  scope.removeEventListener = page.removeEventListener.bind(page);
  context.after(() => {
    delete scope.addEventListener;
    delete scope.removeEventListener;
  });
  let now = 0;
  let checks = 0;
  const pass = (time: number) => {
    now += time;
    context.mock.timers.tick(5000);
  };
  const stop = onWaking(
    () => {
      checks += 1;
    },
    () => now,
  );
  for (let count = 0; count < 10; count += 1) pass(5000 + 100 * count);
  assert.equal(checks, 0);
  pass(60_000);
  assert.equal(checks, 1);
  pass(5000);
  assert.equal(checks, 1);
  // The clock is set: ahead it looks like a sleep, once; back it looks like nothing. Then sleeps are noticed as before.
  pass(3_600_000);
  assert.equal(checks, 2);
  pass(5000);
  pass(-3_600_000);
  pass(5000);
  assert.equal(checks, 2);
  pass(60_000);
  assert.equal(checks, 3);
  checks = 1;
  for (const type of ['online', 'offline', 'pageshow', 'visibilitychange']) page.dispatchEvent(new Event(type));
  assert.equal(checks, 5);
  stop();
  page.dispatchEvent(new Event('online'));
  pass(60_000);
  assert.equal(checks, 5);
});
