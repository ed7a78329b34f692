import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LogError } from '../../src/log/error.ts';
import type { Retention } from '../../src/log/port.ts';
import { Sweeper, type SweepOptions } from '../../src/log/retention.ts';
import { append, appendMany, lmdb, memory, type Observed, readAll, seqs } from './kit.ts';

const rules = (room: string): Retention | undefined => {
  if (room.startsWith('off')) return undefined;
  return room.startsWith('old') ? { age: 1000 } : { count: 10 };
};

/** Everything a sweeper does by itself. */
function sweep(sweeper: Sweeper, now: number): number {
  for (let steps = 1; ; steps += 1) if (!sweeper.step(now, now).more) return steps;
}

for (const [name, open] of Object.entries({ memory, lmdb })) {
  describe(`the retention of a log (${name})`, () => {
    const start = async (options: Partial<SweepOptions> = {}): Promise<{ observed: Observed; sweeper: Sweeper }> => {
      const observed = await open();
      return { observed, sweeper: new Sweeper(observed.log, rules, options) };
    };

    test('a room that has got new entries is trimmed in small steps', async () => {
      const { observed, sweeper } = await start({ steps: 7, round: Number.POSITIVE_INFINITY });
      await using _ = observed;
      const { log } = observed;
      sweep(sweeper, 0);
      log.open('lobby');
      appendMany(log, 'lobby', 45);
      await log.flush();
      sweeper.touch('lobby');
      assert.equal(sweep(sweeper, 1), 5);
      assert.deepEqual(seqs(readAll(log, 'lobby')), [36, 37, 38, 39, 40, 41, 42, 43, 44, 45]);
      assert.equal(sweep(sweeper, 2), 1);
      assert.equal(append(log, 'lobby'), 46);
    });

    test('many rooms at once are trimmed a few at a time', async () => {
      const { observed, sweeper } = await start({ rooms: 3, round: Number.POSITIVE_INFINITY });
      await using _ = observed;
      const { log } = observed;
      sweep(sweeper, 0);
      const rooms = Array.from({ length: 10 }, (_, n) => `room${n}`);
      for (const room of rooms) {
        log.open(room);
        appendMany(log, room, 12);
        sweeper.touch(room);
      }
      await log.flush();
      assert.equal(sweep(sweeper, 1), 4);
      for (const room of rooms) assert.equal(log.head(room).count, 10);
    });

    test('a room that cannot be read does not keep the others from it, and stays closed', async () => {
      const { observed, sweeper } = await start({ rooms: 4 });
      await using _ = observed;
      const { log } = observed;
      const rooms = Array.from({ length: 6 }, (_, n) => `room${n}`);
      for (const room of rooms) {
        log.open(room);
        appendMany(log, room, 12);
      }
      await log.flush();
      for (const room of rooms) log.release(room);
      const trim = log.trim.bind(log);
      const damaged = new LogError('damaged', 'it is damaged');
      log.trim = (room, ...rest) => {
        if (room === 'room1') throw damaged;
        return trim(room, ...rest);
      };
      const failures: unknown[] = [];
      for (let step = 0; step < 10; step += 1) {
        try {
          sweeper.step(1, 1);
        } catch (error) {
          failures.push(error);
        }
      }
      assert.deepEqual(failures, [damaged]);
      await log.flush();
      assert.equal(log.stats.open, 0);
      for (const room of rooms) assert.equal(log.open(room).count, room === 'room1' ? 12 : 10, room);
    });

    test('rooms that nobody has open are come to in rounds', async () => {
      const { observed, sweeper } = await start({ rooms: 4, round: 5000 });
      await using _ = observed;
      const { log } = observed;
      const rooms = Array.from({ length: 10 }, (_, n) => `old${n}`);
      for (const room of rooms) {
        log.open(room);
        append(log, room, { at: 1000 });
        append(log, room, { at: 3000 });
        log.release(room);
      }
      await log.flush();
      for (let step = 0; step < 3; step += 1) sweeper.step(2500, 2500);
      for (const room of rooms) {
        assert.equal(log.open(room).first, 2);
        log.release(room);
      }
      sweeper.step(7400, 7400);
      assert.equal(log.rooms('', 100).length, 10);
      await log.flush();
      for (let step = 0; step < 3; step += 1) sweeper.step(7500, 7500);
      await log.flush();
      assert.deepEqual(log.rooms('', 100), []);
    });

    test('a room that somebody has open goes on with its numbers when nothing is left', async () => {
      const { observed, sweeper } = await start();
      await using _ = observed;
      const { log } = observed;
      const { epoch } = log.open('old');
      append(log, 'old', { at: 1 });
      await log.flush();
      sweeper.step(5000, 5000);
      assert.deepEqual({ ...log.head('old') }, { epoch, seq: 1, first: 0, trimmed: 1, next: 2, count: 0, bytes: 0 });
      assert.equal(append(log, 'old', { at: 5000 }), 2);
    });

    test('while the time is in doubt nothing goes for its age, and then it does; the other limits hold', async () => {
      const { observed, sweeper } = await start({ round: 5000 });
      await using _ = observed;
      const { log } = observed;
      for (const room of ['lobby', 'old']) {
        log.open(room);
        appendMany(log, room, 12);
        sweeper.touch(room);
      }
      await log.flush();
      sweeper.step(1, undefined);
      assert.deepEqual([log.head('lobby').count, log.head('old').count], [10, 12]);
      sweeper.step(5001, 100_000);
      assert.equal(log.head('old').count, 0);
    });

    test('what a room kept that is to keep nothing any more is removed', async () => {
      const { observed, sweeper } = await start();
      await using _ = observed;
      const { log } = observed;
      log.open('off');
      appendMany(log, 'off', 20);
      await log.flush();
      log.release('off');
      sweeper.step(1, 1);
      await log.flush();
      assert.deepEqual(log.rooms('', 10), []);
    });
  });
}
