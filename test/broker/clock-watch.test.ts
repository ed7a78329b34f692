import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockWatch } from '../../src/broker/clock-watch.ts';
import { FakeClocks } from '../kit/clocks.ts';

const second = 1000;
const hour = 3_600_000;
const day = 24 * hour;

function start() {
  const clocks = new FakeClocks();
  const records: string[] = [];
  const keep = (level: string) => (message: string) => records.push(`${level} ${message.split(':')[0]}`);
  const watch = new ClockWatch(clocks, { info: keep('info'), warn: keep('warn') });
  /** Checks whether the clock is trusted, and by how much the trusted time differs from the wall clock. */
  const look = () => [watch.check(), watch.clock.trusted() - clocks.wall];
  return { clocks, records, watch, look };
}

test('a clock that runs, and is corrected a little again and again, is believed', () => {
  const { clocks, records, look } = start();
  for (let n = 0; n < 1000; n += 1) {
    clocks.pass(second);
    clocks.wall += n < 500 ? 300 : -300;
    assert.deepEqual(look(), [true, 0]);
  }
  clocks.wall += 9 * second;
  assert.deepEqual(look(), [true, 0]);
  assert.deepEqual(records, []);
});

for (const [jump, words] of [
  [40 * day, '40 days ahead'],
  [-hour, '1 hour back'],
  [-50 * 365 * day, '18250 days back'],
  [11 * second, '11 seconds ahead'],
] as const) {
  test(`a jump ${words} is told once, and time goes on as if it had not been, until the clock is right again`, () => {
    const { clocks, records, look } = start();
    clocks.pass(second);
    assert.deepEqual(look(), [true, 0]);
    clocks.wall += jump;
    for (let n = 0; n < 5; n += 1) {
      assert.deepEqual(look(), [false, -jump]);
      clocks.pass(hour);
    }
    clocks.wall -= jump;
    clocks.wall += 2 * second;
    assert.deepEqual(look(), [true, 0]);
    assert.deepEqual(records, [`warn the wall clock jumped ${words}`, 'info the wall clock is right again']);
  });
}

test('what asks for the time first after a jump is not told the wrong one', () => {
  const { clocks, records, watch } = start();
  clocks.wall += day;
  assert.equal(watch.clock.trusted(clocks.wall), clocks.wall - day);
  assert.equal(records.length, 1);
});

test('a clock that is wrong in another way meanwhile is still wrong', () => {
  const { clocks, records, look } = start();
  clocks.wall += day;
  assert.deepEqual(look(), [false, -day]);
  clocks.wall -= 2 * day;
  assert.deepEqual(look(), [false, day]);
  assert.equal(records.length, 1);
});

test('the operator may believe it', () => {
  const { clocks, records, watch, look } = start();
  clocks.wall += day;
  assert.deepEqual(look(), [false, -day]);
  watch.trust();
  assert.deepEqual(look(), [true, 0]);
  clocks.pass(hour);
  assert.deepEqual(look(), [true, 0]);
  assert.deepEqual(records.slice(1), ['info the wall clock is accepted as it is']);
});

test('a machine that slept has the right time', () => {
  const { clocks, records, watch, look } = start();
  for (const asleep of [20 * second, 8 * hour, 60 * day]) {
    clocks.pass(hour);
    clocks.sleep(asleep);
    assert.equal(watch.clock.trusted(), clocks.wall);
    assert.deepEqual(look(), [true, 0]);
  }
  assert.deepEqual(records, []);
});

test('a machine that sleeps while the clock is wrong has slept as well when it is right again', () => {
  const { clocks, records, look } = start();
  clocks.wall += day;
  assert.deepEqual(look(), [false, -day]);
  clocks.sleep(8 * hour);
  assert.deepEqual(look(), [false, -day]);
  clocks.wall -= day;
  assert.deepEqual(look(), [true, 0]);
  assert.equal(records.length, 2);
});
