/** Starts with a data directory that cannot be used. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { LmdbStore } from '../../src/log/lmdb-store.ts';
import { format } from '../../src/log/records.ts';
import { JsonClient } from '../kit/client.ts';
import { nobody, overwrite, SmallDisk, withoutMount } from '../kit/disk.ts';
import { startServer } from '../kit/server.ts';
import { fails, locally, Program, temporaryDirectory } from './program.ts';

const otherPlace = 'choose another place with --data';
const memoryOnly = 'keep messages in memory only with --log memory';
const backup = 'put a backup in its place, or move it away to start without messages';

/** Sends `count` messages to the lobby, stops the server again, and returns the number of the last one. */
async function say(data: string, count: number, args: readonly string[] = []): Promise<{ epoch: string; seq: number }> {
  await using program = await Program.start([...locally, '--data', data, ...args]);
  await using ada = await JsonClient.connect(await program.listening());
  const { epoch } = await ada.next('joined');
  for (let n = 1; n <= count; n += 1) ada.send({ type: 'message', id: `m${n}`, body: `${n} ${'.'.repeat(500)}` });
  const { seq = 0 } = await ada.next('ack', ({ id }) => id === `m${count}`);
  assert.deepEqual(await program.stop(), { code: 0, signal: null });
  assert.equal(program.errors, '');
  return { epoch, seq };
}

/** It does not start, and does not touch the data file. */
async function failsOn(data: string, message: string | RegExp): Promise<void> {
  const file = join(data, 'log', 'data.mdb');
  const before = readFileSync(file);
  await fails([...locally, '--data', data], {}, message);
  assert.ok(readFileSync(file).equals(before));
}

test('a log that was written later than now is told: the clock is wrong, or was', async () => {
  await using scratch = await temporaryDirectory();
  await say(scratch.path, 1);
  // Whole seconds: the times of a file keep no exact milliseconds.
  const later = new Date(Math.trunc(Date.now() / 1_000) * 1_000 + 2 * 86_400_000);
  utimesSync(join(scratch.path, 'log', 'data.mdb'), later, later);
  await using program = await Program.start([...locally, '--data', scratch.path]);
  await program.listening();
  const { level, written } = await program.logged(/^the wall clock is 2 days behind the latest message of the log/);
  assert.deepEqual([level, written], ['warn', later.toISOString()]);
});

describe('it does not start, and says in one line what to do,', () => {
  test('if there is a file in the place of the data directory', async () => {
    await using scratch = await temporaryDirectory();
    const data = join(scratch.path, 'file');
    writeFileSync(data, 'not empty');
    const reason = `cannot use ${data}/log for the log: it is not a directory; ${otherPlace}, or ${memoryOnly}`;
    await fails([...locally, '--data', data], {}, reason);
    assert.equal(readFileSync(data, 'utf8'), 'not empty');
  });

  test('if it may not write there', { skip: process.getuid?.() !== 0 && 'for root only' }, async () => {
    await using scratch = await temporaryDirectory();
    chmodSync(scratch.path, 0o755);
    const reason = `cannot use ${scratch.path}/log for the log: permission denied`;
    const permission = `let user ${nobody} write to ${scratch.path}`;
    const message = `${reason}; ${permission}, ${otherPlace}, or ${memoryOnly}`;
    const args = [...locally, '--data', scratch.path];
    await fails(args, {}, message, nobody);
    assert.deepEqual(readdirSync(scratch.path), []);
    // Data of another user.
    await say(scratch.path, 1);
    await fails(args, {}, message, nobody);
  });

  test('if the directory is read-only', { skip: process.getuid?.() === 0 && 'root may write there' }, async () => {
    await using scratch = await temporaryDirectory();
    mkdirSync(join(scratch.path, 'data'), { mode: 0o500 });
    await fails([...locally, '--data', join(scratch.path, 'data')], {}, /permission denied; let user \d+ write to /);
  });

  test('if the file system is read-only', { skip: withoutMount }, async () => {
    using disk = new SmallDisk('8m');
    const data = join(disk.path, 'data');
    const { seq } = await say(data, 1);
    disk.remount('ro');
    await failsOn(
      data,
      `cannot use ${data}/log for the log: the file system is read-only; ${otherPlace}, or ${memoryOnly}`,
    );
    const other = join(disk.path, 'other');
    await fails(
      [...locally, '--data', other],
      {},
      /^hubbub: cannot use \S+ for the log: the file system is read-only; /,
    );
    disk.remount('rw');
    assert.equal((await say(data, 1)).seq, seq + 1);
  });

  test('if the disk is full', { skip: withoutMount }, async () => {
    using disk = new SmallDisk('8m');
    const data = join(disk.path, 'data');
    const message = `cannot open the log in ${data}/log: no space left on the disk; make room, ${otherPlace}, or ${memoryOnly}`;
    disk.fill();
    await fails([...locally, '--data', data], {}, message);
    disk.free();
    const { epoch, seq } = await say(data, 10);
    disk.fill();
    await failsOn(data, message);
    disk.free();
    assert.deepEqual(await say(data, 1), { epoch, seq: seq + 1 });
  });

  test('if another server has the directory, which goes on', async () => {
    await using scratch = await temporaryDirectory();
    const data = scratch.path;
    await using first = await Program.start([...locally, '--data', data]);
    await using ada = await JsonClient.connect(await first.listening());
    ada.send({ type: 'message', id: 'm1', body: 'before' });
    await ada.next('ack');
    const message = `the log in ${data}/log is in use by another process; stop that one, or ${otherPlace}`;
    await fails([...locally, '--data', data], {}, message);
    ada.send({ type: 'message', id: 'm2', body: 'after' });
    assert.equal((await ada.next('ack')).seq, 2);
    assert.equal((await first.stop()).code, 0);
    assert.equal((await say(data, 1)).seq, 3);
  });

  test('if the port is in use; then the log is closed as if nothing had been', async () => {
    await using scratch = await temporaryDirectory();
    const data = scratch.path;
    const { epoch, seq } = await say(data, 10);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    assert.ok(typeof address === 'object' && address !== null);
    const args = ['--host', '127.0.0.1', '--port', String(address.port), '--data', data];
    await fails(
      args,
      {},
      `cannot listen on 127.0.0.1:${address.port}: the port is in use; take another one with --port`,
    );
    other.close();
    assert.deepEqual(await say(data, 1), { epoch, seq: seq + 1 });
  });

  test('if the edge cannot be made; then the log is closed as well', async () => {
    await using scratch = await temporaryDirectory();
    const data = scratch.path;
    const { epoch, seq } = await say(data, 1);
    const missing = join(data, 'missing.pem');
    await assert.rejects(startServer({ data, tlsFiles: { certFile: missing, keyFile: missing } }));
    assert.deepEqual(await say(data, 1), { epoch, seq: seq + 1 });
  });
});

describe('it does not start on a damaged log, leaves it as it is, and says so in one line,', () => {
  const damaged = async (damage: (file: string) => void, reason: string | RegExp) => {
    await using scratch = await temporaryDirectory();
    const data = scratch.path;
    await say(data, 200);
    damage(join(data, 'log', 'data.mdb'));
    const start = `the log in ${data}/log is damaged: `;
    const isText = typeof reason === 'string';
    await failsOn(
      data,
      isText ? `${start}${reason}; ${backup}` : new RegExp(`^hubbub: ${start}${reason.source}; ${backup}$`),
    );
  };

  test('if the start of the data file is overwritten', () =>
    damaged((file) => overwrite(file, 0, Buffer.alloc(8192, 'rubbish ')), 'its data file is none'));

  test('if it is something else', () =>
    damaged((file) => writeFileSync(file, 'Dear diary\n'.repeat(1000)), 'its data file is none'));

  test('if it is cut off', () =>
    damaged((file) => truncateSync(file, 12_288), /page \d+ of its data file is unreadable/));

  for (const [what, byte] of [
    ['zeros', 0],
    ['ones', 255],
    ['rubbish', 0x5a],
  ] as const) {
    test(`if everything but its start is ${what}`, () =>
      damaged((file) => {
        overwrite(file, 8192, Buffer.alloc(readFileSync(file).length - 8192, byte));
      }, /page \d+ of its data file is unreadable/));
  }

  test('if its first record is overwritten', () =>
    damaged((file) => {
      const bytes = readFileSync(file);
      for (let at = bytes.indexOf('"format"'); at >= 0; at = bytes.indexOf('"format"', at + 1)) {
        overwrite(file, at, Buffer.from('"FORMAT"'));
      }
    }, 'its first record is unreadable'));
});

test('it does not start on a log of a newer version', async () => {
  await using scratch = await temporaryDirectory();
  const data = scratch.path;
  await say(data, 1);
  const store = await LmdbStore.open(join(data, 'log'), { flush: true, readOnly: false });
  store.writeNow({ format: format + 1, crashes: 0, closed: true, lastRoom: 1 });
  await store.close();
  const reason = `the log in ${data}/log was written by a newer version of Hubbub`;
  await failsOn(data, `${reason}; start that version, or ${otherPlace}`);
});

describe('it keeps messages', () => {
  for (const durability of ['disk', 'none'] as const) {
    test(`with the durability ${durability}`, async () => {
      await using scratch = await temporaryDirectory();
      const args = ['--durability', durability];
      const { epoch, seq } = await say(scratch.path, 50, args);
      assert.equal(seq, 50);
      assert.deepEqual(await say(scratch.path, 1, args), { epoch, seq: 51 });
    });
  }

  test('in memory, without a file, until it stops', async () => {
    await using scratch = await temporaryDirectory();
    const args = [...locally, '--data', join(scratch.path, 'data'), '--log', 'memory'];
    await using program = await Program.start(args);
    const url = await program.listening();
    await using ada = await JsonClient.connect(url);
    const { epoch } = await ada.next('joined');
    for (const id of ['m1', 'm2']) {
      ada.send({ type: 'message', id, body: id });
      await ada.next('ack', (ack) => ack.id === id);
    }
    await using bob = await JsonClient.connect(`${url}/?room=`);
    bob.send({ type: 'join', room: 'lobby', since: { epoch, seq: 1 } });
    assert.equal((await bob.next('joined')).recovered, true);
    assert.equal((await bob.next('message')).body, 'm2');
    assert.deepEqual(await program.stop(), { code: 0, signal: null });
    assert.deepEqual(readdirSync(scratch.path), []);
    await using again = await Program.start(args);
    await using carol = await JsonClient.connect(await again.listening());
    const { epoch: other, seq } = await carol.next('joined');
    assert.notEqual(other, epoch);
    assert.equal(seq, 0);
  });
});

test('with the log switched off it keeps nothing, and says so', async () => {
  await using scratch = await temporaryDirectory();
  await using program = await Program.start([...locally, '--data', join(scratch.path, 'data'), '--log', 'off']);
  const url = await program.listening();
  const ada = await JsonClient.connect(url);
  const { epoch } = await ada.next('joined');
  await using bob = await JsonClient.connect(url);
  await bob.next('joined');
  for (const id of ['m1', 'm2']) {
    ada.send({ type: 'message', id, body: id });
    assert.equal((await ada.next('ack')).id, id);
  }
  bob.send({ type: 'history', room: 'lobby', id: 'h1' });
  const { messages, more } = await bob.next('history');
  assert.deepEqual({ messages, more }, { messages: [], more: false });
  bob.send({ type: 'join', room: 'lobby', since: { epoch, seq: 1 }, id: 'j1' });
  assert.equal((await bob.next('joined', ({ id }) => id === 'j1')).recovered, false);
  assert.deepEqual(await bob.next('gap'), { type: 'gap', room: 'lobby', from: 2, to: 2, why: 'not_kept' });
  await ada.close();
  bob.send({ type: 'leave', room: 'lobby' });
  await bob.next('left');
  bob.send({ type: 'join', room: 'lobby', id: 'j2' });
  const again = await bob.next('joined', ({ id }) => id === 'j2');
  assert.notEqual(again.epoch, epoch);
  assert.equal(again.seq, 0);
  assert.deepEqual(await program.stop(), { code: 0, signal: null });
  assert.deepEqual(readdirSync(scratch.path), []);
});
