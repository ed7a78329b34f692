import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Waiting } from '../../src/session/turns.ts';
import { Loop } from './loop.ts';

describe('what waits for its turn', () => {
  test('is done in many turns of the loop, a bounded amount in each', () => {
    const loop = new Loop();
    const busy = loop.connection('busy', 10, 1000);
    loop.turns.enter(busy, loop.now);
    assert.equal(busy.done, 0, 'not at once');
    const perTurn: number[] = [];
    while (busy.done < 10) {
      const before = busy.done;
      assert.ok(loop.turn());
      perTurn.push(busy.done - before);
    }
    assert.deepEqual(perTurn, [2, 2, 2, 2, 2]);
    assert.equal(loop.turn(), false, 'nothing is left');
  });

  test('ends a turn that has taken long, or has sent much to others', () => {
    const loop = new Loop();
    const slow = loop.connection('slow', 3, 1);
    const { proceed } = slow;
    slow.proceed = (now) => {
      loop.now += 2;
      return proceed(now);
    };
    const loud = loop.connection('loud', 3, 1);
    loud.proceed = ((then) => (now: number) => {
      loop.work.delivered += 8 << 20;
      return then(now);
    })(loud.proceed);
    loop.turns.enter(slow, 0);
    loop.turns.enter(loud, 0);
    for (let turn = 1; turn <= 6; turn += 1) {
      loop.turn();
      assert.equal(loop.done.length, turn);
    }
    assert.equal(loop.turn(), false);
  });

  test('of those that have used least comes first, and those that have used as much take turns', () => {
    const loop = new Loop();
    loop.turns.enter(loop.connection('heavy', 1, 10, 100_000), 0);
    loop.turns.enter(loop.connection('a', 2, 10, 1000), 0);
    loop.turns.enter(loop.connection('b', 2, 10, 1000), 0);
    loop.turns.enter(loop.connection('light', 1, 10), 0);
    loop.turn();
    assert.deepEqual(loop.done, ['light', 'a', 'b', 'a', 'b', 'heavy']);
  });

  test('is done for the others, if one fails on it', () => {
    const loop = new Loop();
    const broken = loop.connection('broken', 1, 10);
    broken.proceed = () => assert.fail('a defect');
    loop.turns.enter(broken, 0);
    loop.turns.enter(loop.connection('sound', 2, 10), 0);
    loop.turn();
    assert.deepEqual(loop.done, ['sound', 'sound']);
    assert.equal(loop.failures.length, 1);
    assert.equal(loop.turn(), false);
  });

  test('and has used its share is gone on with when that is over', () => {
    const loop = new Loop();
    let isOver = false;
    const greedy: Waiting = {
      used: () => 1_000_000,
      proceed: () => {
        loop.done.push('greedy');
        return isOver ? undefined : 50;
      },
    };
    loop.turns.enter(greedy, 0);
    loop.turn();
    assert.deepEqual(loop.done, ['greedy']);
    for (loop.now = 1; loop.now < 50; loop.now += 1) loop.turn();
    assert.equal(loop.done.length, 1);
    isOver = true;
    for (; loop.now <= 60; loop.now += 1) loop.turn();
    loop.turn();
    assert.equal(loop.done.length, 2);
    loop.now += 1000;
    assert.equal(loop.turn(), false, 'no timer is left');
  });
});

test('there is room for what comes until as much was done as a stretch of time allows, half of it for those that are not light', () => {
  const loop = new Loop();
  const hasRoom = (now: number) => [loop.turns.hasRoom(now, false), loop.turns.hasRoom(now, true)];
  assert.deepEqual(hasRoom(0), [true, true]);
  loop.work.own += 1000;
  assert.deepEqual(hasRoom(1), [false, true]);
  loop.work.own += 1000;
  assert.deepEqual(hasRoom(1), [false, false]);
  assert.deepEqual(hasRoom(2), [true, true], 'another stretch');
});
