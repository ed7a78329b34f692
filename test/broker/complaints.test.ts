import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Complaints } from '../../src/broker/complaints.ts';

test('the same thing is due once a minute', () => {
  let now = 0;
  const complaints = new Complaints(() => now);
  assert.equal(complaints.isDue('a'), true);
  assert.equal(complaints.isDue('a'), false);
  assert.equal(complaints.isDue('b'), true);
  now = 59_999;
  assert.equal(complaints.isDue('a'), false);
  now = 60_000;
  assert.equal(complaints.isDue('a'), true);
});

test('it remembers a thousand things at most', () => {
  const complaints = new Complaints(() => 0);
  for (let n = 0; n <= 1000; n += 1) assert.equal(complaints.isDue(`${n}`), true);
  assert.equal(complaints.isDue('0'), true);
  assert.equal(complaints.isDue('1000'), false);
});
