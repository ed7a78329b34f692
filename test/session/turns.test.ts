import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Share } from '../../src/session/share.ts';
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
      loop.work.delivered += 8000;
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

  test('leaves those that have used much behind the light ones, however many wait and however long', () => {
    const loop = new Loop();
    const share = new Share(loop.turns.shareTime(0));
    assert.equal(share.used(loop.turns.shareTime(1000)), 0);
    share.use(10_000);
    for (let n = 0; n < 50; n += 1) loop.turns.enter(loop.connection(`${n}`, 1, 1), 1000);
    assert.equal(share.used(loop.turns.shareTime(1100)), 9000, 'a tenth of what it is forgiven else');
    while (loop.turn());
    assert.equal(share.used(loop.turns.shareTime(1190)), 0);
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
      demand: () => 1_000_000,
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

describe('for what comes there is room', () => {
  const hasRoom = ({ turns, now }: Loop) => [turns.hasRoom(now, false), turns.hasRoom(now, true)];

  test('until as much was done as a turn allows, half of it for those that are not light', () => {
    const loop = new Loop();
    assert.deepEqual(hasRoom(loop), [true, true]);
    loop.work.own += 1000;
    assert.deepEqual(hasRoom(loop), [false, true]);
    loop.work.own += 1000;
    assert.deepEqual(hasRoom(loop), [false, false]);
    loop.turn();
    assert.deepEqual(hasRoom(loop), [true, true]);
  });

  test('until it has taken as long as a turn may, however long that is', () => {
    const loop = new Loop();
    assert.deepEqual(hasRoom(loop), [true, true]);
    loop.work.own += 150;
    loop.now += 20;
    assert.deepEqual(hasRoom(loop), [false, false]);
    loop.now += 20;
    assert.deepEqual(hasRoom(loop), [false, false], 'it may still be the same read');
    loop.turn();
    assert.deepEqual(hasRoom(loop), [true, true]);
  });

  test('always while it is little, for which no turn of the loop is asked for', () => {
    const loop = new Loop();
    for (let frame = 0; frame < 9; frame += 1) {
      assert.deepEqual(hasRoom(loop), [true, true]);
      loop.work.own += 10;
      loop.now += 3;
    }
    assert.equal(loop.turn(), false);
  });
});
