import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openStoreForReading } from '../../src/log/lmdb.ts';
import { LmdbStore } from '../../src/log/lmdb-store.ts';
import { exportLines, importLines } from '../../src/log/transfer.ts';
import { type Problem, verify } from '../../src/log/verify.ts';
import { append, appendMany, lmdb, memory, readAll, seqs, singly, temporaryDirectory } from './kit.ts';

function scratch(context: TestContext): string {
  const directory = temporaryDirectory();
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A closed store with unusual content. */
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
  const lines = [...exportLines(store, { damaged: ({ room, seq }) => assert.fail(`${room} ${seq} is damaged`) })];
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
    { end: true },
  ]);
});

test('an export of some rooms', async (context) => {
  const store = await openStoreForReading(await made(context));
  const problems: Problem[] = [];
  const lines = exportLines(store, {
    rooms: ['trimmed', 'nowhere', 'empty'],
    damaged: (problem) => problems.push(problem),
  });
  const names = [...lines].flatMap((line) => JSON.parse(line).room ?? []);
  assert.deepEqual(names, ['trimmed', 'empty']);
  assert.deepEqual(problems, [{ room: 'nowhere', seq: 0, what: 'there is no such room' }]);
  await store.close();
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
  assert.equal(lines.length, 6);
  assert.ok(JSON.parse(lines[1] ?? '').next > 10_000);
});

test('more than can wait to be committed is imported', async (context) => {
  const lines = [
    '{"hubbub":"log","version":1}',
    '{"room":"lobby","epoch":"e","next":30001}',
    ...Array.from({ length: 30_000 }, (_, n) => JSON.stringify({ seq: n + 1, at: n, user: 'ada', text: 'x' })),
    '{"end":true}',
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
  const end = '{"end":true}';
  const until = / \(imported until then: rooms 1, messages \d\)$/.source;
  const wrong: readonly [string[], RegExp][] = [
    [[], /^line 1: the end of the export is missing$/],
    [['{"hubbub":"log","version":2}'], /^line 1: it is not an export of this version$/],
    [['{}'], /^line 1: it is not an export/],
    [[end], /^line 1: it is not an export/],
    [[first, 'what'], /^line 2: it is not a JSON object$/],
    [[first, '[]', '1'], /^line 2: /],
    [[first, entry], /^line 2: an entry outside a room$/],
    [[first, '{"room":"","epoch":"e","next":2}'], /^line 2: room is not a valid room name$/],
    [[first, JSON.stringify({ room: 'x'.repeat(513), epoch: 'e', next: 2 })], /^line 2: room is not a valid/],
    [[first, room, '{"seq":1,"at":1,"text":"x"}'], new RegExp(`^line 3: user is not a string${until}`)],
    [[first, room, '{"seq":1.5,"at":1,"user":"a","text":"x"}'], /^line 3: seq is not a whole number /],
    [[first, room, '{"seq":0,"at":1,"user":"a","text":"x"}'], /^line 3: /],
    [[first, room, '{"seq":1,"at":1,"user":"a","base64":"AQD/ "}'], /^line 3: base64 is not in that encoding /],
    [[first, room, entry, room], new RegExp(`^line 4: there is a room "lobby" already${until}`)],
    [[first, room, entry, entry.slice(0, -1)], new RegExp(`^line 4: it is not a JSON object${until}`)],
    [[first, room, entry], new RegExp(`^line 4: the end of the export is missing${until}`)],
    [[first, room, entry, end, entry], new RegExp(`^line 5: the export has ended before it${until}`)],
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

test('what was missing in an export is not taken for damage where it was imported', async (context) => {
  const directory = scratch(context);
  const { log } = await lmdb({}, directory);
  const entries = [1, 3, 4].map((seq) => JSON.stringify({ seq, at: 1, user: 'ada', text: 'x' }));
  const lines = ['{"hubbub":"log","version":1}', '{"room":"a","epoch":"e","next":5}', ...entries, '{"end":true}'];
  await importLines(log, lines, { epochs: 'keep' });
  await log.close();
  const store = await openStoreForReading(directory);
  assert.deepEqual(problemsOf(store), []);
  assert.deepEqual(exportOf(store), { lines, problems: [] });
  await store.close();
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
  const { log } = await lmdb({ commit: singly }, directory);
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
    batch.removeChunk(a.id, 5);
    batch.removeChunk(b.id, 10);
    batch.removeRoom('c');
    batch.room('d', { ...d, id: e.id });
    batch.chunk(e.id, [{ entry, ordinal: 3, offset: 90 }]);
  });
  const lost = [c, d].map(({ id }) => `there are entries of number ${id}, which no room has`);
  assert.deepEqual(problemsOf(store), [
    'a 6: it does not follow from number 4, which is before it',
    'b 10: it was there, and is missing',
    'd 12: its number was not reserved',
    'd 12: it does not follow from number 10, which is before it',
    `e 0: another room has its number in the store, ${e.id}`,
    'e 12: its number was not reserved',
    'e 12: it does not follow from number 10, which is before it',
    ...lost,
  ]);
  assert.deepEqual(exportOf(store).problems, [
    'a 6: it does not follow from number 4, which is before it',
    'b 10: it was there, and is missing',
    'd 12: it does not follow from number 10, which is before it',
    'e 12: it does not follow from number 10, which is before it',
    ...lost,
  ]);
  await store.close();
});

test('what is frozen stays, whatever is written', async (context) => {
  const directory = scratch(context);
  await using observed = await lmdb({}, directory);
  const { log } = observed;
  for (const room of ['a', 'b']) {
    log.open(room);
    appendMany(log, room, 1000);
  }
  await log.flush();
  const store = await openStoreForReading(directory);
  store.freeze();
  const found = verify(store);
  appendMany(log, 'a', 10);
  log.trim('a', { count: 10 }, 0, 10_000);
  log.trim('b', { count: 0 }, 0, 10_000);
  log.open('c');
  append(log, 'c');
  await log.flush();
  assert.deepEqual(found.next().value, { rooms: 2, entries: 2000, bytes: 21_786, problems: 0 });
  await store.close();
});

test('what cannot be read does not keep the rest from being read', async (context) => {
  const directory = scratch(context);
  const { log } = await lmdb({ commit: singly }, directory);
  for (const room of ['a', 'b', 'c']) {
    log.open(room);
    appendMany(log, room, 1000, { body: 'x'.repeat(100) });
    await log.flush();
  }
  await log.close();
  misdirect(join(directory, 'data.mdb'), 2);
  for (const isFrozen of [false, true]) {
    const store = await openStoreForReading(directory);
    if (isFrozen) store.freeze();
    const { lines, problems } = exportOf(store);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /^b 400: nothing after it can be read: the log in .* is damaged: /);
    assert.equal(lines.length, 5 + 2400);
    assert.equal(problemsOf(store).length, 1);
    await store.close();
  }
});

test('what is trimmed or made during an export is not taken for damage', async (context) => {
  const directory = scratch(context);
  await using observed = await lmdb({}, directory);
  const { log } = observed;
  for (const room of ['a', 'b', 'c']) {
    log.open(room);
    appendMany(log, room, 1000);
  }
  await log.flush();
  const store = await openStoreForReading(directory);
  const problems: Problem[] = [];
  const lines = exportLines(store, { damaged: (problem) => problems.push(problem) });
  for (let line = 0; line < 5; line += 1) lines.next();
  log.trim('a', { count: 500 }, 0, 10_000);
  log.trim('b', { count: 0 }, 0, 10_000);
  log.trim('c', { count: 0 }, 0, 10_000);
  log.drop('c');
  log.open('d');
  append(log, 'd');
  await log.flush();
  const rest = [...lines].map((line) => JSON.parse(line));
  assert.deepEqual(problems, []);
  assert.deepEqual(
    rest.flatMap(({ room }) => room ?? []),
    ['b', 'd'],
  );
  const numbers = seqs(rest.slice(0, 97 + 500));
  assert.deepEqual([numbers[0], numbers[96], numbers[97], numbers.at(-1)], [4, 100, 501, 1000]);
  await store.close();
});

/** In LMDB's branch pages, which have 24 bytes of header, a room's entries 400 to 600 get a page that is not there. */
function misdirect(path: string, room: number): void {
  const file = readFileSync(path);
  const start = Buffer.alloc(8);
  start.writeUInt32BE(room);
  for (let page = 0; page < file.length; page += 4096) {
    const isBranch = file.readUInt16LE(page + 18) === 1;
    for (let at = page + 24; isBranch && at < page + 4096 - 12; at += 1) {
      const seq = file.compare(start, 0, 8, at, at + 8) === 0 ? file.readUInt32BE(at + 8) : 0;
      if (seq >= 400 && seq <= 600) file.writeUInt16LE(0x7fff, at - 6);
    }
  }
  writeFileSync(path, file);
}

function problemsOf(store: LmdbStore): string[] {
  return [...verify(store)].map(inWords);
}

function exportOf(store: LmdbStore): { lines: string[]; problems: string[] } {
  const problems: string[] = [];
  const lines = [...exportLines(store, { damaged: (problem) => problems.push(inWords(problem)) })];
  return { lines, problems };
}

function inWords({ room, seq, what }: Problem): string {
  return room === undefined ? what : `${room} ${seq}: ${what}`;
}
