import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareTexts, Sorted } from '../../src/hub/sorted.ts';

/** Few enough that entries repeat, and enough to fill many chunks. */
const entry = fc.nat(3000);
const step = fc.oneof(
  fc.record({ add: fc.array(entry, { maxLength: 400 }) }),
  fc.record({ delete: fc.array(entry, { maxLength: 400 }) }),
  fc.record({ run: entry }),
  fc.record({ clear: entry }),
);

/** All from `low` on, a thousand of them. */
function run(low: number): number[] {
  return Array.from({ length: 1000 }, (_, n) => low + n);
}

test('has what was added and not deleted, in order, from every place on', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.array(entry, { maxLength: 5 }), (steps, places) => {
      const sorted = new Sorted<number>((one, other) => one - other);
      const model = new Set<number>();
      for (const one of steps) {
        const added = 'add' in one ? one.add : 'run' in one ? run(one.run) : [];
        for (const value of added) {
          if (!model.has(value)) sorted.add(value);
          model.add(value);
        }
        const deleted = 'delete' in one ? one.delete : 'clear' in one ? run(one.clear) : [];
        for (const value of deleted) {
          sorted.delete(value);
          model.delete(value);
        }
      }
      const all = [...model].sort((one, other) => one - other);
      assert.deepEqual([...sorted.from(() => false)], all);
      for (const place of places) {
        assert.deepEqual(
          [...sorted.from((value) => value <= place)],
          all.filter((value) => value > place),
        );
      }
    }),
    { numRuns: 200 },
  );
});

test('compares little, however much there is', () => {
  let compared = 0;
  const sorted = new Sorted<number>((one, other) => {
    compared += 1;
    return one - other;
  });
  const most = (act: () => void) => {
    compared = 0;
    act();
    return compared;
  };
  for (let n = 0; n < 100_000; n += 1) sorted.add((n * 7919) % 100_003);
  assert.ok(most(() => sorted.add(100_004)) <= 32);
  assert.ok(most(() => sorted.delete(50_000)) <= 32);
  let looked = 0;
  const [first] = sorted.from((value) => {
    looked += 1;
    return value < 50_000;
  });
  assert.equal(first, 50_001);
  assert.ok(looked <= 32);
});

test('texts are ordered by their UTF-16 code units', () => {
  const texts = ['', 'a', 'B', '\ud83d\udc4b', '\uff5e', '\u00e9', 'aa', 'a\u0000'];
  assert.deepEqual([...texts].sort(compareTexts), [...texts].sort());
});
