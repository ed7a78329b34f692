import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecentIds } from '../../src/log/recent-ids.ts';

test('it finds just what a list would', () => {
  const step = fc.record({ isNew: fc.boolean(), id: fc.nat(30), user: fc.constantFrom('a', 'b'), pause: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.constantFrom(0, 1, 3, 17, 64), (steps, count) => {
      const ids = new RecentIds({ time: 500, count }, 1);
      const list: { user: string; id: string; seq: number; at: number; ordinal: number }[] = [];
      let now = 1000;
      let ordinal = 0;
      for (const { isNew, id: number, user, pause } of steps) {
        const id = `${number}`;
        now += pause;
        const expected = list.findLast((one) => one.user === user && one.id === id);
        const isInWindow = expected && now - expected.at <= 500 && expected.ordinal > ordinal - count;
        assert.equal(ids.find(user, id, now, ordinal)?.seq, isInWindow ? expected.seq : undefined);
        // An entry without an id counts, too.
        ordinal += 1;
        if (!isNew) continue;
        const entry = { user, id, seq: ordinal * 2, at: now, ordinal };
        list.push(entry);
        ids.add(user, id, entry);
      }
    }),
  );
});

test('a user and an id are not mixed up', () => {
  const ids = new RecentIds({ time: 1, count: 100 }, 1);
  ids.add('ab', 'c', { seq: 1, at: 0, ordinal: 1 });
  assert.equal(ids.find('a', 'bc', 0, 1), undefined);
  assert.equal(ids.find('abc', '', 0, 1), undefined);
  assert.equal(ids.find('ab', 'c', 0, 1)?.seq, 1);
});
