import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Share } from '../../src/session/share.ts';

test('what is used is forgiven with time, and not below nothing', () => {
  const share = new Share(1000);
  share.use(600, 0);
  assert.equal(share.used(1000), 600);
  assert.equal(share.used(1004), 200);
  assert.equal(share.used(99_000), 0);
  share.use(100, 0);
  assert.equal(share.used(99_000), 100);
});

test('what goes to others counts too', () => {
  const share = new Share(0);
  share.use(10, 2_000_000);
  assert.equal(share.used(0), 1010);
});

test('a connection is light until it has used a millisecond of the server', () => {
  const share = new Share(0);
  share.use(999, 0);
  assert.equal(share.isLight(0), true);
  share.use(1, 0);
  assert.equal(share.isLight(0), false);
  assert.equal(share.isLight(1), true);
});

test('one that has used half a second has to wait as long as it is told, and no longer', () => {
  const share = new Share(0);
  share.use(500_000, 0);
  assert.equal(share.wait(0), 0);
  share.use(50_000, 0);
  assert.equal(share.wait(0), 500);
  assert.equal(share.wait(499), 1);
  assert.equal(share.wait(500), 0);
});
