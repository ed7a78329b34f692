/** A log whose files are removed while they are open. */
import assert from 'node:assert/strict';
import { cpSync, linkSync, mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { LogError } from '../../src/log/error.ts';
import { OpenRoom } from '../../src/log/lmdb-room.ts';
import { until } from '../kit/server.ts';
import { append, entry, lmdb, type Observed, readAll, temporaryDirectory } from './kit.ts';

/** A log with a message, which checks its files all the time. */
async function scene(watch = 5): Promise<Observed & { directory: string }> {
  const directory = temporaryDirectory();
  const observed = await lmdb({ watch }, directory);
  observed.log.open('lobby');
  append(observed.log, 'lobby');
  await observed.log.flush();
  return { ...observed, directory };
}

/** Expects that closing fails, and that nothing is left. */
async function end({ log, directory }: { log: Observed['log']; directory: string }, message: RegExp): Promise<void> {
  await assert.rejects(log.close(), (error) => {
    assert.ok(error instanceof LogError && error.code === 'unsaved', String(error));
    assert.match(error.message, message);
    return true;
  });
  rmSync(directory, { recursive: true, force: true });
}

const takings: Record<string, { take: (directory: string) => void; detail: RegExp }> = {
  'the directory is removed': {
    take: (directory) => rmSync(directory, { recursive: true }),
    // The files are removed one by one.
    detail: /^(\S+ was|files in \S+ were) removed: what was kept is lost when the server ends$/,
  },
  'there is a file in its place': {
    take(directory) {
      renameSync(directory, `${directory}-away`);
      writeFileSync(directory, '');
      rmSync(`${directory}-away`, { recursive: true });
    },
    detail: /^\S+ was removed: /,
  },
  'an empty directory is in its place': {
    take(directory) {
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
    },
    detail: /^files in \S+ were removed: /,
  },
  'the data file is removed': {
    take: (directory) => unlinkSync(join(directory, 'data.mdb')),
    detail: /^files in \S+ were removed: /,
  },
  'the file of the readers is removed': {
    take: (directory) => unlinkSync(join(directory, 'lock.mdb')),
    detail: /^files in \S+ were removed: /,
  },
  'there is another data file': {
    take(directory) {
      const file = join(directory, 'data.mdb');
      cpSync(file, `${file}.copy`);
      renameSync(`${file}.copy`, file);
    },
    detail: /^there is another data file in \S+: /,
  },
  'its lock is removed': {
    take: (directory) => unlinkSync(join(directory, 'owner.1.sock')),
    detail: /^the lock in \S+ was removed, or another server has it$/,
  },
  'another server has its lock': {
    take: (directory) => writeFileSync(join(directory, 'owner.2.sock'), ''),
    detail: /^the lock in \S+ was removed, or another server has it$/,
  },
};

describe('nothing more is taken, and that is told once, when', () => {
  for (const [name, { take, detail }] of Object.entries(takings)) {
    test(name, async () => {
      const all = await scene();
      const { log, statuses, failures, directory } = all;
      take(directory);
      await until(() => statuses.length > 0, 'it is told');
      const [status] = statuses;
      assert.equal(status?.state, 'broken');
      assert.match(status.detail, detail);
      assert.deepEqual(log.status, status);
      assert.equal(log.unavailable('lobby')?.reason, 'broken');
      assert.equal(log.append('lobby', entry(log, 'lobby'))?.reason, 'broken');
      assert.equal(readAll(log, 'lobby').length, 1, 'it can be read all the same');
      await end(all, detail);
      assert.deepEqual([statuses.length, failures], [1, []]);
    });
  }
});

test('what waits then is not reported as committed, and counted', async () => {
  const all = await scene();
  const { log, batches, statuses, directory } = all;
  const before = batches.length;
  rmSync(directory, { recursive: true });
  const isOver = () => statuses.length > 0;
  for (let said = 0; !isOver(); said += 1) {
    if (log.stats.queued < 100) append(log, 'lobby');
    // Commits and checks interleave.
    if (said % 10 === 0) await wait(1);
  }
  const reported = batches.length;
  const waiting = log.stats.queued;
  await wait(20);
  assert.ok(reported >= before);
  assert.equal(batches.length, reported);
  assert.equal(log.stats.queued, waiting);
  await end(all, waiting === 0 ? / removed: / : /^\d+ messages? could not be kept: .* removed: /);
});

test('a copy in the place of the directory is noticed with the first message that it does not have', async () => {
  const all = await scene();
  const { log, statuses, directory } = all;
  renameSync(directory, `${directory}-away`);
  cpSync(`${directory}-away`, directory, { recursive: true, filter: (path) => !path.endsWith('.sock') });
  linkSync(join(`${directory}-away`, 'owner.1.sock'), join(directory, 'owner.1.sock'));
  await wait(50);
  assert.equal(statuses.length, 0, 'on some file systems it could be the same one under another number');
  append(log, 'lobby');
  await until(() => statuses.length > 0, 'it is told');
  assert.match(statuses.at(0)?.detail ?? '', /^there is another data file in /);
  rmSync(`${directory}-away`, { recursive: true });
  await end(all, /there is another data file/);
});

test('a log whose files stay is left in peace', async () => {
  await using all = await scene(1);
  for (let n = 0; n < 20; n += 1) {
    append(all.log, 'lobby');
    await wait(2);
  }
  await all.log.flush();
  assert.deepEqual([all.statuses, all.failures, all.log.status.state], [[], [], 'ready']);
});

test('a defect in the log breaks it, and is told; it ends nothing else', async (t) => {
  const all = await scene(1000);
  const { log, statuses, failures } = all;
  t.mock.method(OpenRoom.prototype, 'settle', () => assert.fail('a defect'));
  append(log, 'lobby');
  await assert.rejects(log.flush());
  await until(() => statuses.length > 0, 'it is told');
  assert.deepEqual(statuses, [{ state: 'broken', detail: 'the log met a defect' }]);
  assert.deepEqual(failures, ['the log met a defect and stores nothing more: a defect']);
  await end(all, /the log met a defect$/);
});
