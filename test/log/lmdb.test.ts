/** The log on a disk has to survive kills, full disks, damage and other processes. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { LogError } from '../../src/log/error.ts';
import { openStoreForReading } from '../../src/log/lmdb.ts';
import { LmdbStore } from '../../src/log/lmdb-store.ts';
import type { Log } from '../../src/log/port.ts';
import { format } from '../../src/log/records.ts';
import { verify } from '../../src/log/verify.ts';
import {
  addressesOf,
  limitAddresses,
  limitFiles,
  mount,
  nobody,
  overwrite,
  unmount,
  withoutMount,
  withoutPrlimit,
} from '../kit/disk.ts';
import { append, appendMany, entry, lmdb, type Overrides, readAll, seqs, singly, temporaryDirectory } from './kit.ts';

const script = new URL('child.ts', import.meta.url).pathname;

type Child = ChildProcessByStdio<null, Readable, null>;

function start(args: readonly string[], as: { uid?: number; gid?: number } = {}): Child {
  return spawn(process.execPath, [...process.execArgv, script, ...args], {
    ...as,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Its output, line by line. */
function linesOf(child: Child): AsyncIterable<string> {
  return createInterface({ input: child.stdout });
}

/** A directory that is removed at the end. */
function scratch(context: TestContext): string {
  const directory = temporaryDirectory();
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A file system of its own, of this size. */
function smallDisk(context: TestContext, size: string): string {
  const directory = mount(size);
  context.after(() => unmount(directory));
  return directory;
}

/** Appends to the lobby until the disk is full, no faster than commits, so that the waiting rest fits later. */
async function fill(log: Log): Promise<void> {
  while (log.status.state === 'ready') {
    if (log.stats.queued < 500) log.append('lobby', entry(log, 'lobby', { body: 'x'.repeat(2000) }));
    await turn();
  }
}

async function failsToOpen(directory: string, code: string, message: RegExp): Promise<void> {
  await assert.rejects(lmdb({}, directory), (error) => {
    assert.ok(error instanceof LogError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

describe('killed', () => {
  test('nothing that was reported is lost, and no number is given out twice', async (context) => {
    const directory = scratch(context);
    const given = new Map<string, number>();
    const committed = new Map<string, number>();
    for (let kill = 0; kill < 3; kill += 1) {
      const child = start(['write', directory]);
      let reports = 0;
      for await (const line of linesOf(child)) {
        const [what, room = '', number] = line.split(' ');
        const seq = Number(number);
        const numbers = what === 'given' ? given : committed;
        assert.ok(seq > (numbers.get(room) ?? 0), `${line}, but before it ${numbers.get(room)}`);
        numbers.set(room, seq);
        if (what === 'committed') reports += 1;
        if (reports === 20 * (kill + 1)) child.kill('SIGKILL');
      }
      await using observed = await lmdb({}, copy(directory));
      assert.equal(observed.log.rooms('', 10).length, 3);
      for (const [room, last] of committed) {
        const head = observed.log.open(room);
        assert.ok(head.seq >= last, `${room} has ${head.seq}, ${last} was reported`);
        assert.ok(head.next > (given.get(room) ?? 0), `${room} goes on with ${head.next}`);
        let prev = 0;
        for (const one of readAll(observed.log, room)) {
          assert.equal(one.prev, prev);
          assert.equal(text(one), `${room}${one.seq}x`);
          prev = one.seq;
        }
      }
    }
  });
});

describe('a disk', () => {
  test('that is full: appends are refused, reads go on, and it recovers', { skip: withoutMount }, async (context) => {
    const disk = smallDisk(context, '8m');
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1 << 22));
    await using observed = await lmdb({}, join(disk, 'log'));
    const { log, statuses, batches } = observed;
    log.open('lobby');
    await fill(log);
    assert.match(log.status.detail, /^no space left/);
    const refused = log.append('lobby', entry(log, 'lobby'));
    assert.deepEqual(refused, { reason: 'full', retry: 10 });
    const { seq, count } = log.head('lobby');
    assert.ok(seq > 100 && log.stats.queued > 0);
    assert.equal(readAll(log, 'lobby').length, count);
    assert.ok((batches.flat().at(-1)?.seq ?? 0) < seq);

    unlinkSync(ballast);
    await log.flush();
    assert.deepEqual(
      statuses.map(({ state }) => state),
      ['full', 'ready'],
    );
    assert.deepEqual(batches.flat().at(-1), { room: 'lobby', seq });
    assert.equal(append(log, 'lobby'), seq + 1);
    await log.flush();
    const again = await observed.reopen();
    again.log.open('lobby');
    assert.deepEqual(
      seqs(readAll(again.log, 'lobby')),
      Array.from({ length: seq + 1 }, (_, n) => n + 1),
    );
    await again.log.close();
  });

  test('that is full: what is trimmed makes room', { skip: withoutMount }, async (context) => {
    const disk = smallDisk(context, '24m');
    await using observed = await lmdb({}, join(disk, 'log'));
    const { log } = observed;
    log.open('lobby');
    await fill(log);
    const { seq } = log.head('lobby');
    while (log.trim('lobby', { count: 100 }, 0, 500).more);
    await log.flush();
    assert.equal(log.status.state, 'ready');
    assert.equal(append(log, 'lobby'), seq + 1);
    await log.flush();
  });

  test('that is full when the log is closed: that is said, and what was reported stays', {
    skip: withoutMount,
  }, async (context) => {
    const disk = smallDisk(context, '8m');
    const ballast = join(disk, 'ballast');
    writeFileSync(ballast, Buffer.alloc(1 << 22));
    const directory = join(disk, 'log');
    const { log, batches } = await lmdb({}, directory);
    log.open('lobby');
    await fill(log);
    const { seq } = log.head('lobby');
    await assert.rejects(log.close(), { code: 'unsaved', message: /no space left/ });
    unlinkSync(ballast);
    await using observed = await lmdb({}, directory);
    const head = observed.log.open('lobby');
    assert.equal(head.seq, batches.flat().at(-1)?.seq);
    assert.ok(head.next > seq);
  });

  test('that is full when the log is opened', { skip: withoutMount }, async (context) => {
    const disk = smallDisk(context, '1m');
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(1 << 20));
    await failsToOpen(join(disk, 'log'), 'space', /^cannot open the log in .*: no space left on the disk$/);
  });

  test('that fails: it is tried until it works', { skip: withoutPrlimit }, async (context) => {
    const child = start(['write', scratch(context), 'x'.repeat(1000)]);
    context.after(() => child.kill('SIGKILL'));
    const limit = (bytes: string) => limitFiles(child.pid ?? 0, bytes);
    const lines = linesOf(child)[Symbol.asyncIterator]();
    const next = async (what: string) => {
      for (;;) {
        const { value, done } = await lines.next();
        assert.ok(!done, `it has ended before ${what}`);
        if (value.startsWith(what)) return value;
      }
    };
    await next('committed');
    limit('2000000');
    assert.match(await next('status'), /^status failing the log cannot be written: /);
    limit('unlimited');
    assert.match(await next('status'), /^status ready /);
    await next('committed');
  });

  test('that has room for all while the address space has none: it does not matter', {
    skip: withoutPrlimit,
  }, async (context) => {
    const child = start(['write', scratch(context), 'x'.repeat(50_000), String(160 << 20)]);
    context.after(() => child.kill('SIGKILL'));
    const pid = child.pid ?? 0;
    let isLimited = false;
    for await (const line of linesOf(child)) {
      if (line.startsWith('status')) {
        assert.match(line, /^status full the log has reached its limit of 167772160 bytes$/);
        return;
      }
      if (line.startsWith('committed') && !isLimited) limitAddresses(pid, addressesOf(pid) + (600 << 20));
      isLimited ||= line.startsWith('committed');
    }
    assert.fail('it has ended');
  });
});

describe('a directory', () => {
  test('that another process has, or this one', async (context) => {
    const directory = scratch(context);
    await using observed = await lmdb({}, directory);
    await failsToOpen(directory, 'in_use', /in use by another process$/);
    assert.match(await openInChild(directory), /^LogError in_use the log in .* is in use by another process$/);
    observed.log.open('lobby');
    append(observed.log, 'lobby');
    await observed.log.flush();
  });

  test('that several want at the same time: one gets it', async (context) => {
    const directory = scratch(context);
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => lmdb({}, directory)));
    const opened = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    assert.equal(opened.length, 1);
    await opened[0]?.log.close();
    await using again = await lmdb({}, directory);
    assert.equal(again.log.status.state, 'ready');
  });

  test('with a path too long for a socket', async (context) => {
    const directory = join(scratch(context), 'd'.repeat(120), 'log');
    await using observed = await lmdb({}, directory);
    await failsToOpen(directory, 'in_use', /in use/);
    const again = await observed.reopen();
    await again.log.close();
  });

  test('that is a file', async (context) => {
    const path = join(scratch(context), 'file');
    writeFileSync(path, '');
    await failsToOpen(path, 'directory', /^cannot use .*file for the log: it is not a directory$/);
    await failsToOpen(join(path, 'log'), 'directory', /it is not a directory$/);
  });

  test('that cannot be made', { skip: existsSync('/proc/self') ? false : 'there is no /proc here' }, async () => {
    await failsToOpen(
      '/proc/nothing/log',
      'directory',
      /^cannot use \/proc\/nothing\/log for the log: it cannot be made$/,
    );
  });

  test('that may not be used', async (context) => {
    const parent = scratch(context);
    const directory = join(parent, 'log');
    mkdirSync(directory, { mode: 0o500 });
    // Root may do everything.
    const user = nobody === undefined ? undefined : { uid: nobody, gid: nobody };
    if (user) {
      chmodSync(parent, 0o755);
      chownSync(directory, user.uid, user.gid);
    }
    assert.match(
      await openInChild(directory, user),
      /^LogError directory cannot use .*log for the log: permission denied$/,
    );
    chmodSync(directory, 0o700);
    assert.equal(await openInChild(directory, user), 'opened');
    chmodSync(join(directory, 'data.mdb'), 0o400);
    assert.match(await openInChild(directory, user), /permission denied$/);
  });

  test('that is read-only', { skip: withoutMount }, async (context) => {
    const disk = smallDisk(context, '4m');
    const { log } = await lmdb({}, join(disk, 'log'));
    await log.close();
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await failsToOpen(join(disk, 'log'), 'directory', /: the file system is read-only$/);
    await failsToOpen(join(disk, 'other'), 'directory', /: the file system is read-only$/);
  });
});

describe('a store', () => {
  /** The path of the data file of a closed store with some messages. */
  const made = async (
    context: TestContext,
    overrides: Overrides = {},
  ): Promise<{ directory: string; path: string }> => {
    const directory = scratch(context);
    const { log } = await lmdb(overrides, directory);
    log.open('lobby');
    for (let n = 0; n < 2000; n += 1) append(log, 'lobby', { body: `the message ${n} ${'.'.repeat(200)}` });
    await log.close();
    return { directory, path: join(directory, 'data.mdb') };
  };

  for (const [age, other] of [
    ['newer', format + 1],
    ['older', format - 1],
  ] as const) {
    test(`from another version, a ${age} one`, async (context) => {
      const { directory } = await made(context);
      const store = await LmdbStore.open(directory, { flush: true, readOnly: false });
      store.writeNow({ format: other, crashes: 0, closed: true, lastRoom: 1 });
      await store.close();
      await failsToOpen(directory, age, new RegExp(`was written by an? ${age} version`));
      await assert.rejects(openStoreForReading(directory), { code: age });
    });
  }

  test('whose data file is something else', async (context) => {
    const { directory, path } = await made(context);
    writeFileSync(path, 'this is no database\n'.repeat(1000));
    await failsToOpen(directory, 'damaged', /is damaged: its data file is none$/);
    await assert.rejects(openStoreForReading(directory), { code: 'damaged' });
    writeFileSync(path, 'short');
    await failsToOpen(directory, 'damaged', /is damaged: its data file is none$/);
  });

  test('whose data file has another format', async (context) => {
    const { directory, path } = await made(context);
    overwrite(path, 28, Buffer.of(9));
    await failsToOpen(directory, 'newer', /has data format 9/);
  });

  test('whose data file is cut off', async (context) => {
    const { directory, path } = await made(context);
    truncateSync(path, 20_480);
    await failsToOpen(directory, 'damaged', /its data file has 20480 bytes and should have \d+$/);
    truncateSync(path, 4096);
    await failsToOpen(directory, 'damaged', /its second page is unreadable$/);
  });

  test('with a damaged entry: it is left out, reported, and found', async (context) => {
    const { directory, path } = await made(context, { commit: singly });
    const at = readFileSync(path).indexOf('the message 1000');
    overwrite(path, at, Buffer.from('THE'));
    await using observed = await lmdb({}, directory);
    const { log, damaged } = observed;
    log.open('lobby');
    const found = log.read('lobby', { after: 999 }, { entries: 2, bytes: 1000 });
    assert.deepEqual(
      found.map(({ seq, prev }) => [seq, prev]),
      [
        [1000, 999],
        [1002, 1001],
      ],
    );
    await turn();
    assert.deepEqual(damaged, [{ room: 'lobby', seq: 1001 }]);
    assert.equal(log.head('lobby').count, 2000);
    const store = await openStoreForReading(directory);
    assert.deepEqual(
      [...verify(store)],
      [{ room: 'lobby', seq: 1001, what: 'it is damaged, with those it was kept with' }],
    );
    await store.close();
  });

  test('with a damaged chunk: its entries are left out, and no others', async (context) => {
    const { directory, path } = await made(context, { commit: { ...singly, chunk: { entries: 3, bytes: 10_000 } } });
    overwrite(path, readFileSync(path).indexOf('the message 4 '), Buffer.from('THE'));
    await using observed = await lmdb({}, directory);
    const { log, damaged } = observed;
    log.open('lobby');
    assert.deepEqual(seqs(log.read('lobby', { after: 1 }, { entries: 4, bytes: 10_000 })), [2, 3, 7, 8]);
    assert.deepEqual(seqs(log.read('lobby', { before: 9 }, { entries: 4, bytes: 10_000 })), [2, 3, 7, 8]);
    assert.deepEqual(seqs(log.read('lobby', { before: 6 }, { entries: 4, bytes: 10_000 })), [1, 2, 3]);
    await turn();
    assert.deepEqual(damaged[0], { room: 'lobby', seq: 6 });
    assert.deepEqual(log.trim('lobby', { count: 1993 }, 0, 100), { removed: 5, more: false });
    assert.equal(log.head('lobby').first, 8);
  });

  test('whose latest entry is damaged: its number is not given out again', async (context) => {
    const { directory, path } = await made(context);
    overwrite(path, readFileSync(path).lastIndexOf('the message 1999'), Buffer.from('THE'));
    await using observed = await lmdb({}, directory);
    const { seq, next, count } = observed.log.open('lobby');
    assert.deepEqual({ seq, next, count }, { seq: 2000, next: 2001, count: 2000 });
    append(observed.log, 'lobby');
    assert.equal(readAll(observed.log, 'lobby').at(-1)?.prev, 2000);
  });

  test('with a damaged record of a room', async (context) => {
    const { directory, path } = await made(context);
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf('"epoch"'); at >= 0; at = bytes.indexOf('"epoch"', at + 1)) {
      overwrite(path, at, Buffer.from('"EPOCH"'));
    }
    await using observed = await lmdb({}, directory);
    assert.throws(() => observed.log.open('lobby'), {
      code: 'damaged',
      message: /: the record of room "lobby" is unreadable$/,
    });
    observed.log.open('other');
    append(observed.log, 'other');
  });

  test('can be used with another durability', async (context) => {
    const directory = scratch(context);
    const { epoch } = await appendWith(directory, 'disk');
    for (const durability of ['process', 'none', 'disk'] as const) {
      assert.equal((await appendWith(directory, durability)).epoch, epoch);
    }
    await using observed = await lmdb({}, directory);
    assert.equal(observed.log.open('lobby').count, 40);
  });

  test('keeps nothing in memory of rooms that are released', async () => {
    await using observed = await lmdb();
    const { log } = observed;
    for (let n = 0; n < 100; n += 1) {
      log.open(`room ${n}`);
      append(log, `room ${n}`);
      log.release(`room ${n}`);
      log.open(`unused ${n}`);
      log.release(`unused ${n}`);
    }
    await log.flush();
    assert.equal(log.stats.open, 0);
  });
});

async function appendWith(directory: string, durability: 'process' | 'disk' | 'none') {
  const { log, batches } = await lmdb({ durability }, directory);
  const head = log.open('lobby');
  appendMany(log, 'lobby', 10);
  await log.flush();
  assert.equal(batches.flat().at(-1)?.seq, log.head('lobby').seq);
  await log.close();
  return head;
}

/** The result of opening the log in another process. */
async function openInChild(directory: string, as?: { uid: number; gid: number }): Promise<string> {
  const said: string[] = [];
  for await (const line of linesOf(start(['open', directory], as))) said.push(line);
  return said.join('\n');
}

/** A copy, as a killed process would leave it. */
function copy(directory: string): string {
  const to = temporaryDirectory();
  cpSync(join(directory, 'data.mdb'), join(to, 'data.mdb'));
  return to;
}

function text({ bytes }: { bytes: Uint8Array }): string {
  return Buffer.from(bytes).toString();
}
