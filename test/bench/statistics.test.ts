import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram, median, spread } from '../../bench/statistics.ts';

test('the median', () => {
  assert.equal(median([3]), 3);
  assert.equal(median([10, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test('the spread is a share of the median', () => {
  assert.equal(spread([100, 90, 110]), 0.2);
  assert.equal(spread([5]), 0);
});

test('percentiles of few values', () => {
  const histogram = new Histogram();
  for (let value = 1; value <= 100; value += 1) histogram.record(value);
  assert.equal(histogram.percentile(0.5), 50);
  assert.equal(histogram.percentile(0.99), 99);
  assert.equal(histogram.percentile(1), 100);
  assert.equal(histogram.percentile(0), 1);
  assert.ok(Number.isNaN(new Histogram().percentile(0.5)));
});

test('a percentile is at least the true value, and at most 1/64 more', () => {
  const values = fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 100 }), (all, percent) => {
      const histogram = new Histogram();
      for (const value of all) histogram.record(value);
      const sorted = all.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1] ?? Number.NaN;
      const found = histogram.percentile(percent / 100);
      assert.ok(found >= exact && found <= exact * (1 + 1 / 64), `${found} for ${exact}`);
    }),
  );
});

test('merged histograms are the histogram of all values', () => {
  const values = fc.array(fc.integer({ min: 0, max: 100_000 }));
  fc.assert(
    fc.property(values, values, (some, more) => {
      const merged = histogramOf(some);
      merged.merge(new Histogram(histogramOf(more).counts));
      const together = histogramOf([...some, ...more]);
      assert.deepEqual(merged.counts, together.counts);
      assert.equal(merged.size, some.length + more.length);
    }),
  );
});

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}
