import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { openStoreForReading } from '../../src/log/lmdb.ts';
import { LmdbStore } from '../../src/log/lmdb-store.ts';
import { exportLines, importLines } from '../../src/log/transfer.ts';
import { verify } from '../../src/log/verify.ts';
import { append, appendMany, lmdb, memory, readAll, seqs, temporaryDirectory } from './kit.ts';

function scratch(context: TestContext): string {
  const directory = temporaryDirectory();
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A closed store with what is not quite usual. */
async function made(context: TestContext): Promise<string> {
  const directory = scratch(context);
  const { log } = await lmdb({}, directory);
  for (const room of ['lobby', '会議室', 'empty', 'trimmed']) log.open(room);
  append(log, 'lobby', { at: 5, id: 'm1', body: '{"type":"message","body":"Grüße\\n"}' });
  append(log, 'lobby', { at: 6, body: Uint8Array.of(1, 0, 255) });
  append(log, '会議室', { at: 7, user: '用户' });
  appendMany(log, 'trimmed', 5);
  appendMany(log, 'empty', 5);
  await log.flush();
  log.trim('trimmed', { count: 2 }, 0, 100);
  log.trim('empty', { count: 0 }, 0, 100);
  await log.close();
  return directory;
}

async function exported(directory: string): Promise<string[]> {
  const store = await openStoreForReading(directory);
  const lines = [...exportLines(store, (room, seq) => assert.fail(`${room} ${seq} is damaged`))];
  await store.close();
  return lines;
}

test('an export', async (context) => {
  const [first, ...lines] = (await exported(await made(context))).map((line) => JSON.parse(line));
  assert.deepEqual(first, { hubbub: 'log', version: 1 });
  const epochs = lines.flatMap(({ epoch }) => epoch ?? []);
  assert.equal(new Set(epochs).size, 4);
  assert.deepEqual(lines, [
    { room: 'empty', epoch: epochs[0], next: 6 },
    { room: 'lobby', epoch: epochs[1], next: 3 },
    { seq: 1, at: 5, user: 'ada', id: 'm1', text: '{"type":"message","body":"Grüße\\n"}' },
    { seq: 2, at: 6, user: 'ada', base64: 'AQD/' },
    { room: 'trimmed', epoch: epochs[2], next: 6 },
    { seq: 4, at: 1004, user: 'ada', text: 'message 4' },
    { seq: 5, at: 1005, user: 'ada', text: 'message 5' },
    { room: '会議室', epoch: epochs[3], next: 2 },
    { seq: 1, at: 7, user: '用户', text: 'message 1' },
  ]);
});

test('what is imported with its epochs is exported the same', async (context) => {
  const lines = await exported(await made(context));
  const directory = scratch(context);
  const { log } = await lmdb({}, directory);
  assert.deepEqual(await importLines(log, lines, { epochs: 'keep' }), { rooms: 4, entries: 5 });
  assert.equal(log.stats.open, 0);
  assert.equal(log.open('trimmed').trimmed, 3);
  await log.close();
  assert.deepEqual(await exported(directory), lines);
});

test('with new epochs the entries keep their numbers', async (context) => {
  const lines = await exported(await made(context));
  await using observed = await memory({ newEpoch: () => 'new' });
  const { log } = observed;
  await importLines(log, lines, { epochs: 'new' });
  assert.equal(log.open('trimmed').epoch, 'new');
  assert.deepEqual(seqs(readAll(log, 'trimmed')), [4, 5]);
  assert.equal(append(log, 'trimmed'), 6);
});

test('a store can be exported while it is in use; its numbers go on after those that may be given out', async (context) => {
  const directory = scratch(context);
  await using observed = await lmdb({}, directory);
  observed.log.open('lobby');
  appendMany(observed.log, 'lobby', 3);
  await observed.log.flush();
  appendMany(observed.log, 'lobby', 3);
  const lines = await exported(directory);
  assert.equal(lines.length, 5);
  assert.ok(JSON.parse(lines[1] ?? '').next > 10_000);
});

test('more than can wait to be committed is imported', async (context) => {
  const lines = [
    '{"hubbub":"log","version":1}',
    '{"room":"lobby","epoch":"e","next":30001}',
    ...Array.from({ length: 30_000 }, (_, n) => JSON.stringify({ seq: n + 1, at: n, user: 'ada', text: 'x' })),
  ];
  await using observed = await lmdb({ maxQueue: 500_000 }, scratch(context));
  await importLines(observed.log, lines, { epochs: 'keep' });
  const { count, next } = observed.log.open('lobby');
  assert.deepEqual({ count, next }, { count: 30_000, next: 30_001 });
});

test('what cannot be imported is named with its line, and nothing is left open', async (context) => {
  const first = '{"hubbub":"log","version":1}';
  const room = '{"room":"lobby","epoch":"e","next":2}';
  const entry = '{"seq":1,"at":1,"user":"a","text":"x"}';
  const wrong: readonly [string[], RegExp][] = [
    [['{"hubbub":"log","version":2}'], /^line 1: it is not an export of this version$/],
    [['{}'], /^line 1: it is not an export/],
    [[first, 'what'], /^line 2: .*JSON/],
    [[first, '[]', '1'], /^line 2: /],
    [[first, entry], /^line 2: an entry of no room$/],
    [[first, room, '{"seq":1,"at":1,"text":"x"}'], /^line 3: user is not a string$/],
    [[first, room, '{"seq":1.5,"at":1,"user":"a","text":"x"}'], /^line 3: seq is not a whole number$/],
    [[first, room, '{"seq":0,"at":1,"user":"a","text":"x"}'], /^line 3: /],
    [[first, room, entry, room], /^line 4: there is a room "lobby" already$/],
  ];
  for (const [lines, message] of wrong) {
    for (const epochs of ['keep', 'new'] as const) {
      await using observed = await lmdb({}, scratch(context));
      await assert.rejects(importLines(observed.log, lines, { epochs }), { code: 'import', message });
      await observed.log.flush();
      assert.equal(observed.log.stats.open, 0);
    }
  }
});

test('a store that is well', async (context) => {
  const store = await openStoreForReading(await made(context));
  const found = verify(store);
  assert.deepEqual(found.next(), {
    done: true,
    value: { rooms: 4, entries: 5, bytes: 67, problems: 0 },
  });
  await store.close();
});

test('what is wrong in a store is found', async (context) => {
  const directory = scratch(context);
  const { log } = await lmdb({}, directory);
  for (const room of ['a', 'b', 'c', 'd', 'e']) {
    log.open(room);
    appendMany(log, room, 10);
  }
  await log.close();
  const store = await LmdbStore.open(directory, { flush: false, readOnly: false });
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((room) => store.room(room));
  assert.ok(a && b && c && d && e);
  const entry = { prev: 11, seq: 12, at: 0, user: '', bytes: Buffer.of(), isBinary: false };
  await store.write(1000, (batch) => {
    batch.remove(a.id, 5);
    batch.remove(b.id, 10);
    batch.removeRoom('c');
    batch.room('d', { ...d, id: e.id });
    batch.entry(e.id, { entry, ordinal: 3, offset: 90 });
  });
  const problems = [...verify(store)].map(({ room, seq, what }) => `${room} ${seq}: ${what}`);
  assert.deepEqual(problems, [
    'a 6: it follows number 5, but before it there is 4',
    'a 6: its place in the room does not follow from the entry before it',
    'b 10: it was there, and is missing',
    'd 12: its number was not reserved',
    'd 12: it follows number 11, but before it there is 10',
    'd 12: its place in the room does not follow from the entry before it',
    `e 0: another room has its number in the store, ${e.id}`,
    'e 12: its number was not reserved',
    'e 12: it follows number 11, but before it there is 10',
    'e 12: its place in the room does not follow from the entry before it',
    `(number ${c.id}) 0: there are entries, but no readable record`,
    `(number ${d.id}) 0: there are entries, but no readable record`,
  ]);
  await store.close();
});
