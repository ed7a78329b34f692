import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Floods } from '../../src/edge/floods.ts';

test('an address whose clients flood again and again is not let in for a time, and no other one suffers', () => {
  let now = 0;
  const floods = new Floods(() => now);
  for (let count = 0; count < 9; count += 1) floods.add('192.0.2.1');
  assert.equal(floods.wait('192.0.2.1'), 0);
  floods.add('192.0.2.1');
  assert.equal(floods.wait('192.0.2.1'), 1000);
  assert.equal(floods.wait('192.0.2.2'), 0);
  now += 1000;
  assert.equal(floods.wait('192.0.2.1'), 0);
});

test('addresses of one IPv6 network are one', () => {
  const floods = new Floods(() => 0);
  for (let count = 0; count < 10; count += 1) floods.add(`2001:db8::${count}`);
  assert.equal(floods.wait('2001:db8::ffff'), 1000);
});

test('what is remembered is bounded', () => {
  const floods = new Floods(() => 0);
  for (let count = 0; count < 10; count += 1) floods.add('192.0.2.1');
  for (let count = 0; count < 10_000; count += 1) floods.add(`10.0.${count >> 8}.${count & 255}`);
  assert.equal(floods.wait('192.0.2.1'), 0);
});
