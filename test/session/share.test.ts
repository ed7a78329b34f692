import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishCost, sendCost } from '../../src/hub/work.ts';
import { Share } from '../../src/session/share.ts';

/** One that has been there for a while. */
function shareAt(now: number): Share {
  const share = new Share(now - 1000);
  assert.equal(share.used(now), 0);
  return share;
}

test('what is used is forgiven with time, and not below nothing', () => {
  const share = shareAt(1000);
  share.use(600);
  assert.equal(share.used(1000), 600);
  assert.equal(share.used(1004), 200);
  assert.equal(share.used(99_000), 0);
  share.use(100);
  assert.equal(share.used(99_000), 100);
});

test('a newcomer is not light before it has been there for some milliseconds', () => {
  const share = new Share(0);
  assert.equal(share.isLight(0), false);
  assert.equal(share.isLight(20), true);
});

test('what goes to many is worth more where each is written to than where it is published, and with its length', () => {
  assert.ok(Math.abs(publishCost(1000, 200) - 500) < 1);
  assert.ok(Math.abs(sendCost(1000, 200) - 5100) < 1);
  assert.ok(Math.abs(publishCost(2000, 60_000) - 60_800) < 1);
});

test('a connection is light until it has used a millisecond of the server', () => {
  const share = shareAt(0);
  share.use(999);
  assert.equal(share.isLight(0), true);
  share.use(1);
  assert.equal(share.isLight(0), false);
  assert.equal(share.isLight(1), true);
});

test('one that has used half a second has to wait as long as it is told, and no longer', () => {
  const share = shareAt(0);
  share.use(500_000);
  assert.equal(share.wait(0), 0);
  share.use(50_000);
  assert.equal(share.wait(0), 500);
  assert.equal(share.wait(499), 1);
  assert.equal(share.wait(500), 0);
});
