/** The contract of every log. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { all, append, appendMany, entry, type Observed, type Overrides, plain, readAll, seqs } from './kit.ts';

export interface Subject {
  readonly name: string;
  readonly open: (overrides?: Overrides) => Promise<Observed>;
  /** Whether it remembers anything after the process has ended. */
  readonly isDurable: boolean;
}

export function logContract({ name, open, isDurable }: Subject): void {
  describe(`${name}: rooms`, () => {
    test('a new room has an epoch and no entries', async () => {
      await using observed = await open();
      const { log } = observed;
      const head = log.open('lobby');
      assert.match(head.epoch, /./);
      assert.deepEqual(head, { epoch: head.epoch, seq: 0, first: 0, trimmed: 0, next: 1, count: 0, bytes: 0 });
      assert.notEqual(log.open('other').epoch, head.epoch);
      assert.deepEqual(readAll(log, 'lobby'), []);
      assert.deepEqual(log.read('lobby', { before: 100 }, all), []);
      assert.equal(log.find('lobby', 'ada', 'a', 0), undefined);
      assert.deepEqual(log.trim('lobby', { count: 0 }, 0, 10), { removed: 0, more: false });
    });

    test('the head follows at once', async () => {
      await using observed = await open();
      const { log } = observed;
      const { epoch } = log.open('lobby');
      append(log, 'lobby', { body: 'four' });
      append(log, 'lobby', { body: 'to' });
      const head = { epoch, seq: 2, first: 1, trimmed: 0, next: 3, count: 2, bytes: 6 };
      assert.deepEqual(log.head('lobby'), head);
      await log.flush();
      assert.deepEqual(log.head('lobby'), head);
    });

    test('a room is shared by those who have it open', async () => {
      await using observed = await open();
      const { log } = observed;
      const head = log.open('lobby');
      assert.deepEqual(log.open('lobby'), head);
      log.release('lobby');
      append(log, 'lobby');
      log.release('lobby');
      assert.throws(() => log.head('lobby'), /not open/);
      assert.throws(() => log.release('lobby'), /not open/);
      assert.equal(log.open('lobby').seq, 1);
    });

    test('a released room comes back as it was, whether it was committed or not', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      appendMany(log, 'lobby', 3);
      const head = log.head('lobby');
      log.release('lobby');
      assert.deepEqual(log.open('lobby'), head);
      log.release('lobby');
      await log.flush();
      assert.deepEqual(log.open('lobby'), head);
      assert.deepEqual(seqs(readAll(log, 'lobby')), [1, 2, 3]);
      assert.equal(append(log, 'lobby'), 4);
    });

    test('a new room can be given an epoch, and numbers can be passed over', async () => {
      await using observed = await open();
      const { log } = observed;
      assert.equal(log.open('lobby', 'mine').epoch, 'mine');
      append(log, 'lobby', { seq: 100, prev: 99 });
      log.skip('lobby', 5_000_000_000_000);
      log.skip('lobby', 3);
      assert.equal(append(log, 'lobby'), 5_000_000_000_000);
      assert.equal(append(log, 'lobby', { seq: 5_000_000_000_003, prev: 5_000_000_000_002 }), 5_000_000_000_003);
      await log.flush();
      assert.deepEqual(
        readAll(log, 'lobby').map(({ seq, prev }) => [seq, prev]),
        [
          [100, 99],
          [5_000_000_000_000, 100],
          [5_000_000_000_003, 5_000_000_000_002],
        ],
      );
      const { trimmed, count, next } = log.head('lobby');
      assert.deepEqual({ trimmed, count, next }, { trimmed: 99, count: 3, next: 5_000_000_000_004 });
      assert.throws(() => log.open('lobby', 'another'), /already/);
    });

    test('rooms are listed by pages, in the order of their UTF-8 bytes', async () => {
      await using observed = await open();
      const { log } = observed;
      const names = ['a', 'b', 'ü', '会議室', '\uFF5E', '😀'];
      for (const room of names.toReversed()) {
        log.open(room);
        append(log, room);
      }
      log.open('empty');
      await log.flush();
      assert.deepEqual(log.rooms('', 100), names);
      assert.deepEqual(log.rooms('b', 2), ['ü', '会議室']);
      assert.deepEqual(log.rooms('😀', 2), []);
    });

    test('only an empty room that nobody else has open is dropped, and then begins a new epoch', async () => {
      await using observed = await open();
      const { log } = observed;
      const { epoch } = log.open('lobby');
      append(log, 'lobby');
      await log.flush();
      assert.equal(log.drop('lobby'), false);
      log.trim('lobby', { count: 0 }, 0, 10);
      log.open('lobby');
      assert.equal(log.drop('lobby'), false);
      log.release('lobby');
      assert.equal(log.drop('lobby'), true);
      assert.throws(() => log.head('lobby'), /not open/);
      assert.deepEqual(log.rooms('', 10), []);
      const head = log.open('lobby');
      assert.notEqual(head.epoch, epoch);
      assert.equal(append(log, 'lobby'), 1);
      await log.flush();
      assert.deepEqual(log.rooms('', 10), ['lobby']);
      log.release('lobby');
      assert.equal(log.open('lobby').epoch, head.epoch);
    });
  });

  describe(`${name}: appending`, () => {
    test('what is committed is reported in order, once for a batch, and never from within a call', async () => {
      await using observed = await open();
      const { log, batches } = observed;
      log.open('a');
      log.open('b');
      for (let n = 0; n < 100; n += 1) {
        append(log, 'a');
        if (n % 2 === 0) append(log, 'b');
      }
      assert.equal(batches.length, 0);
      await log.flush();
      assert.ok(batches.length >= 1 && batches.length < 50, `${batches.length} batches`);
      for (const room of ['a', 'b']) {
        const reported = seqs(batches.flat().filter((commit) => commit.room === room));
        assert.deepEqual(
          reported,
          reported.toSorted((one, other) => one - other),
        );
        assert.equal(reported.at(-1), log.head(room).seq);
      }
      for (const batch of batches) assert.equal(new Set(batch.map(({ room }) => room)).size, batch.length);
    });

    test('with durability none, it is reported in the same turn', async () => {
      await using observed = await open({ durability: 'none' });
      const { log, batches } = observed;
      log.open('a');
      appendMany(log, 'a', 3);
      assert.equal(batches.length, 0);
      await Promise.resolve();
      if (isDurable) assert.deepEqual(batches, [[{ room: 'a', seq: 3 }]]);
      await log.flush();
      assert.deepEqual(batches, [[{ room: 'a', seq: 3 }]]);
      assert.deepEqual(seqs(readAll(log, 'a')), [1, 2, 3]);
    });

    test('a number is not taken twice, and not without its predecessor', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      append(log, 'lobby');
      for (const fields of [{ seq: 1 }, { seq: 0 }, { seq: 1.5 }, { prev: 0 }, { prev: 2 }]) {
        assert.throws(() => log.append('lobby', entry(log, 'lobby', fields)), RangeError);
      }
      assert.equal(log.head('lobby').seq, 1);
      assert.throws(() => log.append('closed', entry(log, 'lobby')), /not open/);
    });

    test('what does not fit into the limit of the store is refused until there is room again', async () => {
      await using observed = await open({ maxBytes: 200_000 });
      const { log, statuses } = observed;
      log.open('lobby');
      const body = 'x'.repeat(1000);
      while (log.status.state === 'ready') {
        append(log, 'lobby', { body });
        await log.flush();
      }
      assert.equal(log.status.state, 'full');
      assert.deepEqual(
        statuses.map(({ state }) => state),
        ['full'],
      );
      const refused = log.append('lobby', entry(log, 'lobby'));
      assert.equal(refused?.reason, 'full');
      assert.deepEqual(log.unavailable('lobby'), refused);
      assert.ok(refused.retry > 0);
      assert.ok(log.stats.used >= 200_000);
      const before = log.head('lobby');
      assert.ok(before.count > 50);
      assert.equal(readAll(log, 'lobby').length, before.count);
      while (log.trim('lobby', { count: 10 }, 0, 20).more);
      await log.flush();
      assert.equal(log.status.state, 'ready');
      append(log, 'lobby');
      await log.flush();
      assert.deepEqual(
        statuses.map(({ state }) => state),
        ['full', 'ready'],
      );
    });

    test('a closed log takes nothing', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      append(log, 'lobby');
      const next = entry(log, 'lobby');
      const closed = log.close();
      assert.equal(log.append('lobby', next)?.reason, 'closed');
      await closed;
      assert.deepEqual(observed.batches.flat(), [{ room: 'lobby', seq: 1 }]);
    });
  });

  describe(`${name}: reading`, () => {
    test('entries come back as they went in, committed or not', async () => {
      await using observed = await open();
      const { log } = observed;
      const room = 'Rückenwind-会議室-😀';
      log.open(room);
      const large = Buffer.alloc(60_000, 'ß');
      const wanted = [
        entry(log, room, { at: 0, user: 'ada', body: '' }),
        entry(log, room, { seq: 2, prev: 1, at: 2 ** 48 - 1, user: '用户😀', id: 'ключ 😀', body: 'Grüße, 世界 😀' }),
        entry(log, room, {
          seq: 3,
          prev: 2,
          user: 'u'.repeat(64),
          id: 'i'.repeat(64),
          body: Uint8Array.of(0, 255, 128),
        }),
        entry(log, room, { seq: 4, prev: 3, user: '', id: '', body: large }),
        entry(log, room, { seq: 5, prev: 4, body: large.toString() }),
      ];
      for (const one of wanted) assert.equal(log.append(room, one), undefined);
      assert.deepEqual(plain(readAll(log, room)), plain(wanted));
      await log.flush();
      assert.deepEqual(plain(readAll(log, room)), plain(wanted));
    });

    test('what was read does not change', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      append(log, 'lobby', { body: 'first' });
      await log.flush();
      const [found] = readAll(log, 'lobby');
      log.trim('lobby', { count: 0 }, 0, 10);
      appendMany(log, 'lobby', 100, { body: 'later' });
      await log.flush();
      readAll(log, 'lobby');
      assert.equal(Buffer.from(found?.bytes ?? []).toString(), 'first');
    });

    test('forward and backward, over the border between committed and not', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      log.open('next door');
      appendMany(log, 'lobby', 6);
      appendMany(log, 'next door', 3);
      await log.flush();
      appendMany(log, 'lobby', 4);
      const read = (range: Parameters<typeof log.read>[1], entries: number) =>
        seqs(log.read('lobby', range, { entries, bytes: all.bytes }));
      for (let after = 0; after <= 11; after += 1) {
        const rest = Array.from({ length: Math.max(0, 10 - after) }, (_, n) => after + 1 + n);
        for (const limit of [0, 1, 3, 100]) assert.deepEqual(read({ after }, limit), rest.slice(0, limit));
      }
      for (let before = 0; before <= 12; before += 1) {
        const rest = Array.from({ length: Math.max(0, Math.min(10, before - 1)) }, (_, n) => n + 1);
        for (const limit of [1, 3, 100]) assert.deepEqual(read({ before }, limit), rest.slice(-limit));
      }
      assert.deepEqual(seqs(readAll(log, 'next door')), [1, 2, 3]);
    });

    test('a page ends at the byte limit, but never empty', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      appendMany(log, 'lobby', 5, { body: 'x'.repeat(100) });
      await log.flush();
      appendMany(log, 'lobby', 5, { body: 'x'.repeat(100) });
      const read = (range: Parameters<typeof log.read>[1], bytes: number) =>
        seqs(log.read('lobby', range, { entries: 100, bytes }));
      assert.deepEqual(read({ after: 2 }, 300), [3, 4, 5]);
      assert.deepEqual(read({ after: 2 }, 399), [3, 4, 5]);
      assert.deepEqual(read({ after: 3 }, 400), [4, 5, 6, 7]);
      assert.deepEqual(read({ after: 2 }, 1), [3]);
      assert.deepEqual(read({ before: 8 }, 300), [5, 6, 7]);
      assert.deepEqual(read({ before: 8 }, 0), [7]);
    });

    test('where the latest entries begin, without reading them', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      assert.equal(log.latest('lobby', 100, all), undefined);
      for (let n = 0; n < 60; n += 1) {
        append(log, 'lobby', { body: 'x'.repeat((n * 37) % 200) });
        if (n % 4 === 0) await log.flush();
        // Skipped numbers, as after a kill.
        if (n % 13 === 5) log.skip('lobby', log.head('lobby').next + n * n);
      }
      await log.flush();
      appendMany(log, 'lobby', 5);
      for (const trimmed of [0, 20, 25]) {
        log.trim('lobby', { count: 65 - trimmed }, 0, 100);
        const found = readAll(log, 'lobby');
        const places = [0, 1, ...found.flatMap(({ seq }) => [seq, seq + 1])];
        for (const entries of [1, 2, 7, 30, 100]) {
          for (const bytes of [0, 500, 3000, all.bytes]) {
            for (const before of places.filter((_, n) => n % 5 === 0)) {
              const [first] = log.read('lobby', { before }, { entries, bytes });
              assert.equal(log.latest('lobby', before, { entries, bytes }), first?.prev);
            }
          }
        }
      }
    });

    test('pages follow each other while others are appended', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      appendMany(log, 'lobby', 1000);
      const found: number[] = [];
      for (let after = 0; after < log.head('lobby').seq; after = found.at(-1) ?? 0) {
        found.push(...seqs(log.read('lobby', { after }, { entries: 37, bytes: all.bytes })));
        if (found.length < 2000) appendMany(log, 'lobby', 20);
        await new Promise(setImmediate);
      }
      assert.deepEqual(
        found,
        Array.from({ length: log.head('lobby').seq }, (_, n) => n + 1),
      );
    });
  });

  describe(`${name}: ids`, () => {
    test('an id is found again, of this user in this room, committed or not', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      log.open('other');
      append(log, 'lobby', { id: 'a', at: 5000 });
      append(log, 'lobby', { id: 'b', user: 'bob', at: 5001 });
      for (let time = 0; time < 2; time += 1) {
        assert.deepEqual(pick(log.find('lobby', 'ada', 'a', 5001)), { seq: 1, at: 5000 });
        assert.deepEqual(pick(log.find('lobby', 'bob', 'b', 5001)), { seq: 2, at: 5001 });
        assert.equal(log.find('lobby', 'ada', 'b', 5001), undefined);
        assert.equal(log.find('lobby', 'bob', 'a', 5001), undefined);
        assert.equal(log.find('other', 'ada', 'a', 5001), undefined);
        assert.equal(log.find('lobby', 'adaa', '', 5001), undefined);
        await log.flush();
      }
    });

    test('the window is a time and a number of entries', async () => {
      await using observed = await open({ idWindow: { time: 1000, count: 50 } });
      const { log } = observed;
      log.open('lobby');
      for (let n = 1; n <= 200; n += 1) {
        append(log, 'lobby', { id: `id${n}`, at: 5000 });
        assert.equal(log.find('lobby', 'ada', `id${n}`, 5000)?.seq, n);
      }
      const found = Array.from({ length: 200 }, (_, n) => n + 1).filter((n) =>
        log.find('lobby', 'ada', `id${n}`, 6000),
      );
      assert.deepEqual(
        found,
        Array.from({ length: 50 }, (_, n) => n + 151),
      );
      assert.equal(log.find('lobby', 'ada', 'id200', 6001), undefined);
      appendMany(log, 'lobby', 49, { at: 5000 });
      assert.equal(log.find('lobby', 'ada', 'id200', 6000)?.seq, 200);
      append(log, 'lobby', { at: 5000 });
      assert.equal(log.find('lobby', 'ada', 'id200', 6000), undefined);
    });

    test('no window, no memory', async () => {
      await using observed = await open({ idWindow: { time: 1000, count: 0 } });
      const { log } = observed;
      log.open('lobby');
      append(log, 'lobby', { id: 'a', at: 5000 });
      assert.equal(log.find('lobby', 'ada', 'a', 5000), undefined);
    });

    test('an id is remembered when its entry is gone', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      assert.equal(log.find('lobby', 'ada', 'a', 5000), undefined);
      append(log, 'lobby', { id: 'a', at: 5000 });
      await log.flush();
      log.trim('lobby', { count: 0 }, 5000, 10);
      assert.equal(log.find('lobby', 'ada', 'a', 5000)?.seq, 1);
    });
  });

  describe(`${name}: retention`, () => {
    const full = async (observed: Observed) => {
      const { log } = observed;
      log.open('lobby');
      for (let n = 1; n <= 10; n += 1) append(log, 'lobby', { at: n * 100, body: 'x'.repeat(10) });
      await log.flush();
      return log;
    };

    for (const [what, retention, left] of [
      ['count', { count: 3 }, [8, 9, 10]],
      ['age', { age: 250 }, [8, 9, 10]],
      ['bytes', { bytes: 39 }, [8, 9, 10]],
      ['whichever says so', { count: 8, age: 10_000, bytes: 50 }, [6, 7, 8, 9, 10]],
      ['nothing', {}, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
      ['everything', { count: 0 }, []],
    ] as const) {
      test(`by ${what}`, async () => {
        await using observed = await open();
        const log = await full(observed);
        const removed = 10 - left.length;
        assert.deepEqual(log.trim('lobby', retention, 1000, 100), { removed, more: false });
        const check = () => {
          assert.deepEqual(seqs(readAll(log, 'lobby')), left);
          assert.deepEqual(seqs(log.read('lobby', { before: 1000 }, all)), left);
          const { seq, first, trimmed, next, count, bytes } = log.head('lobby');
          assert.deepEqual(
            { seq, first, trimmed, next, count, bytes },
            { seq: 10, first: left[0] ?? 0, trimmed: removed, next: 11, count: left.length, bytes: left.length * 10 },
          );
        };
        check();
        await log.flush();
        check();
        assert.deepEqual(log.trim('lobby', retention, 1000, 100), { removed: 0, more: false });
        assert.equal(append(log, 'lobby'), 11);
        assert.deepEqual(seqs(readAll(log, 'lobby')), [...left, 11]);
      });
    }

    test('in steps', async () => {
      await using observed = await open();
      const log = await full(observed);
      assert.deepEqual(log.trim('lobby', { count: 3 }, 0, 4), { removed: 4, more: true });
      assert.equal(log.head('lobby').first, 5);
      assert.deepEqual(log.trim('lobby', { count: 3 }, 0, 3), { removed: 3, more: false });
      assert.equal(log.head('lobby').first, 8);
    });

    test('the numbering goes on when all is gone', async () => {
      await using observed = await open();
      const log = await full(observed);
      log.trim('lobby', { count: 0 }, 0, 100);
      log.release('lobby');
      await log.flush();
      const { seq, next, trimmed, first } = log.open('lobby');
      assert.deepEqual({ seq, next, trimmed, first }, { seq: 10, next: 11, trimmed: 10, first: 0 });
    });
  });

  describe(`${name}: the next process`, { skip: isDurable ? false : 'it forgets' }, () => {
    test('after a close all is there, and the numbering goes on without a jump', async () => {
      const before = await open();
      const { epoch } = before.log.open('lobby');
      before.log.open('other');
      appendMany(before.log, 'lobby', 1234);
      appendMany(before.log, 'other', 2);
      const heads = ['lobby', 'other'].map((room) => before.log.head(room));
      const entries = plain(readAll(before.log, 'lobby'));
      await using observed = await before.reopen();
      const { log } = observed;
      assert.deepEqual(
        ['lobby', 'other'].map((room) => log.open(room)),
        heads,
      );
      assert.equal(log.head('lobby').epoch, epoch);
      assert.deepEqual(plain(readAll(log, 'lobby')), entries);
      assert.equal(append(log, 'lobby'), 1235);
    });

    test('after a kill what was committed is there, and no number that was given out is given out again', async () => {
      const before = await open();
      const { epoch } = before.log.open('lobby');
      appendMany(before.log, 'lobby', 10);
      await before.log.flush();
      appendMany(before.log, 'lobby', 5);
      await using observed = await before.afterKill();
      const head = observed.log.open('lobby');
      assert.equal(head.epoch, epoch);
      assert.equal(head.seq, 10);
      assert.ok(head.next > 15);
      append(observed.log, 'lobby');
      const positions = readAll(observed.log, 'lobby').map(({ seq, prev }) => [seq, prev]);
      assert.deepEqual(positions.slice(-2), [
        [10, 9],
        [head.next, 10],
      ]);
    });

    test('nor after several kills, with and without messages in between', async () => {
      let observed = await open();
      let last = 0;
      for (let kill = 0; kill < 5; kill += 1) {
        const { next } = observed.log.open('lobby');
        assert.ok(next > last);
        if (kill % 2 === 0) {
          appendMany(observed.log, 'lobby', 3);
          await observed.log.flush();
          appendMany(observed.log, 'lobby', 3);
          last = observed.log.head('lobby').seq;
        }
        observed = await observed.afterKill();
      }
      await using final = observed;
      assert.ok(final.log.open('lobby').next > last);
      const entries = readAll(final.log, 'lobby');
      assert.equal(entries.length, 9);
      for (const [n, { prev }] of entries.entries()) assert.equal(prev, entries[n - 1]?.seq ?? 0);
    });

    test('numbers run out if nothing is committed, and are there again when it is', async () => {
      await using observed = await open();
      const { log } = observed;
      log.open('lobby');
      let taken = 0;
      for (; !log.unavailable('lobby'); taken += 1) append(log, 'lobby', { body: '' });
      assert.equal(log.append('lobby', entry(log, 'lobby'))?.reason, 'behind');
      assert.ok(taken >= 100_000 && taken <= 200_000, `${taken}`);
      await log.flush();
      append(log, 'lobby');
      const again = await observed.afterKill();
      assert.ok(again.log.open('lobby').next > taken + 1);
      await again[Symbol.asyncDispose]();
    });

    test('a room that was never committed begins anew', async () => {
      const before = await open();
      const { epoch } = before.log.open('lobby');
      appendMany(before.log, 'lobby', 5);
      await using observed = await before.afterKill();
      const head = observed.log.open('lobby');
      assert.notEqual(head.epoch, epoch);
      assert.equal(head.seq, 0);
    });

    for (const [how, next] of [
      ['a close', 'reopen'],
      ['a kill', 'afterKill'],
    ] as const) {
      test(`after ${how} ids are remembered`, async () => {
        const before = await open();
        before.log.open('lobby');
        for (let n = 1; n <= 20; n += 1) append(before.log, 'lobby', { id: `id${n}`, at: n * 1000 });
        await before.log.flush();
        await using observed = await before[next]();
        const { log } = observed;
        log.open('lobby');
        append(log, 'lobby', { id: 'new', at: 65_000 });
        assert.equal(log.find('lobby', 'ada', 'new', 65_000)?.seq, log.head('lobby').seq);
        assert.equal(log.find('lobby', 'ada', 'id20', 65_000)?.seq, 20);
        assert.equal(log.find('lobby', 'ada', 'id5', 65_000)?.seq, 5);
        assert.equal(log.find('lobby', 'ada', 'id4', 65_000), undefined);
      });
    }

    test('a trimmed room stays trimmed, and knows its last number when all is gone', async () => {
      const before = await open();
      before.log.open('lobby');
      before.log.open('empty');
      appendMany(before.log, 'lobby', 10);
      appendMany(before.log, 'empty', 10);
      await before.log.flush();
      before.log.trim('lobby', { count: 4 }, 0, 100);
      before.log.trim('empty', { count: 0 }, 0, 100);
      await before.log.flush();
      const heads = ['lobby', 'empty'].map((room) => before.log.head(room));
      await using observed = await before.afterKill();
      const found = ['lobby', 'empty'].map((room) => observed.log.open(room));
      for (const [n, head] of found.entries()) assert.deepEqual({ ...head, next: 11 }, heads[n]);
      append(observed.log, 'empty');
      assert.equal(readAll(observed.log, 'empty')[0]?.prev, 10);
    });

    test('what is waiting to be committed is committed by a close, however much it is', async () => {
      const before = await open();
      const rooms = Array.from({ length: 300 }, (_, n) => `room ${n}`);
      for (const room of rooms) {
        before.log.open(room);
        appendMany(before.log, room, 10);
      }
      await using observed = await before.reopen();
      assert.deepEqual(before.batches.flat().length >= 300, true);
      for (const room of rooms) assert.equal(observed.log.open(room).next, 11);
    });
  });
}

function pick(found: { seq: number; at: number } | undefined) {
  return found && { seq: found.seq, at: found.at };
}
