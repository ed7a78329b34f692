import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addEntries, EntryBook } from '../../bench/load/entries.ts';
import { Histogram } from '../../bench/statistics.ts';

test('entries at the same time are all counted, with what they missed', async () => {
  const book = new EntryBook();
  await Promise.all([1, 2, 3].map((missed) => book.time(() => Promise.resolve(missed))));
  const { times, recovered } = addEntries([book.entries, book.entries]);
  assert.equal(recovered, 12);
  assert.equal(new Histogram(times).size, 6);
});
