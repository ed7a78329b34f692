import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildStore, epoch, roomName } from '../../bench/store/build.ts';
import { storeRows } from '../../bench/store/table.ts';
import { openStoreForReading } from '../../src/log/lmdb.ts';
import { fromStored } from '../../src/protocol/stored.ts';

test('a figure is the median of all starts, and grows from the smallest store that has it to the largest', () => {
  const figures = (own: Record<string, number[]>) => new Map(Object.entries(own));
  const rows = storeRows([
    { messages: 10, bytes: 5000, runs: [figures({ start: [100] }), figures({ start: [300] })] },
    { messages: 100, bytes: 10_000, runs: [figures({ start: [250], page: [2, 4, 3] })] },
    { messages: 1000, bytes: 100_000, runs: [figures({ start: [400], page: [6], 'memory at start': [3 * 2 ** 20] })] },
  ]);
  assert.deepEqual(rows, [
    ['', '10 messages', '100 messages', '1,000 messages', 'growth'],
    ['bytes on disk per message', '500', '100', '100', '0.20'],
    ['start', '200 ms', '250 ms', '400 ms', '2.00'],
    ['page', '–', '3.00 ms', '6.00 ms', '2.00'],
    ['memory at start', '–', '–', '3.0 MiB', '–'],
  ]);
});

test('a store that is built has the messages a server would have kept', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hubbub-test-'));
  try {
    await buildStore(directory, { rooms: 3, messages: 5, messageSize: 40 });
    const store = await openStoreForReading(directory);
    const record = store.room(roomName(1));
    assert.equal(record?.epoch, epoch);
    const messages = [...store.allEntries(record.id)].map(({ placed }) => placed && fromStored(placed.entry));
    assert.deepEqual(
      messages.map((message) => [message?.room, message?.seq, message?.id, message?.body]),
      [1, 2, 3, 4, 5].map((seq) => [roomName(1), seq, `m${seq}`, 'x'.repeat(40)]),
    );
    assert.ok(messages.every((message) => message && Math.abs(message.at - Date.now()) < 60_000));
    await store.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
});
