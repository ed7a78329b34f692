import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Throttle } from '../../src/broker/throttle.ts';

test('the same thing is due once a minute', () => {
  let now = 0;
  const throttle = new Throttle(() => now);
  assert.equal(throttle.isDue('a'), true);
  assert.equal(throttle.isDue('a'), false);
  assert.equal(throttle.isDue('b'), true);
  now = 59_999;
  assert.equal(throttle.isDue('a'), false);
  now = 60_000;
  assert.equal(throttle.isDue('a'), true);
});

test('it remembers a thousand things at most', () => {
  const throttle = new Throttle(() => 0);
  for (let n = 0; n <= 1000; n += 1) assert.equal(throttle.isDue(`${n}`), true);
  assert.equal(throttle.isDue('0'), true);
  assert.equal(throttle.isDue('1000'), false);
});
