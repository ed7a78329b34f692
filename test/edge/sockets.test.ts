import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sockets } from '../../src/edge/sockets.ts';

function sockets(open: number, webSockets: number) {
  const told: number[] = [];
  return { told, counted: new Sockets({ open, webSockets }, (count) => told.push(count)) };
}

test('a socket past the limit has to go, and there is room again when it or another one has', () => {
  const { counted } = sockets(2, 1);
  assert.deepEqual([counted.opened(), counted.opened(), counted.opened()], [true, true, false]);
  counted.closed();
  assert.equal(counted.opened(), false);
  counted.closed();
  counted.closed();
  assert.equal(counted.opened(), true);
});

test('the last ones cannot become WebSockets, however many of the others are plain', () => {
  const { counted } = sockets(4, 2);
  for (let n = 0; n < 4; n += 1) assert.equal(counted.opened(), true);
  for (const may of [true, true, false]) {
    assert.equal(counted.mayUpgrade(), may);
    if (may) counted.upgraded();
  }
  counted.webSocketClosed();
  assert.equal(counted.mayUpgrade(), true);
  assert.equal(counted.opened(), true);
});

test('it is told once that somebody is turned away, and again after there was room', () => {
  const { counted, told } = sockets(3, 1);
  counted.opened();
  counted.upgraded();
  for (let n = 0; n < 3; n += 1) {
    counted.opened();
    assert.equal(counted.mayUpgrade(), false);
    counted.closed();
  }
  assert.deepEqual(told, [2]);
  counted.webSocketClosed();
  for (let n = 0; n < 5; n += 1) if (!counted.opened()) counted.closed();
  assert.deepEqual(told, [2, 4]);
});
