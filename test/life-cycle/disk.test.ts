/** A running server whose disk fails, from the operator's and the clients' side. */
import assert from 'node:assert/strict';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { ServerFrame } from '../../src/protocol/generated/frames.ts';
import { JsonClient } from '../kit/client.ts';
import { limitFiles, overwrite, replaceAll, SmallDisk, withoutMount, withoutPrlimit } from '../kit/disk.ts';
import { until } from '../kit/server.ts';
import { locally, Program, temporaryDirectory } from './program.ts';

const unlimited = ['--rate', 'off', '--rate-bytes', 'off'];
const taken = 'messages are accepted again';

function start(data: string, ...args: string[]): Promise<Program> {
  return Program.start([...locally, ...unlimited, '--data', data, ...args]);
}

/** Sends messages, and remembers the answer to each. */
class Speaker implements AsyncDisposable {
  readonly client: JsonClient;
  readonly acked = new Map<string, number>();
  readonly refused: Extract<ServerFrame, { type: 'error' }>[] = [];
  epoch = '';
  said = 0;

  private constructor(client: JsonClient) {
    this.client = client;
    client.socket.on('message', (data: Buffer) => {
      const frame: ServerFrame = JSON.parse(data.toString());
      if (frame.type === 'ack' && frame.seq !== undefined) this.acked.set(frame.id, frame.seq);
      if (frame.type === 'error') this.refused.push(frame);
    });
  }

  static async join(url: string, name: string): Promise<Speaker> {
    const speaker = new Speaker(await JsonClient.connect(`${url}/?name=${name}`));
    speaker.epoch = (await speaker.client.next('joined')).epoch;
    return speaker;
  }

  say(count = 1, length = 2000): void {
    for (let n = 0; n < count; n += 1) {
      this.said += 1;
      this.client.send({ type: 'message', id: `m${this.said}`, body: 'x'.repeat(length), echo: false });
    }
  }

  /** Sends messages until one is refused. */
  async sayUntilRefused(length = 2000): Promise<void> {
    while (this.refused.length === 0) {
      this.say(10, length);
      await this.client.settle();
    }
    const [{ code, retry = 0 } = { code: '' }] = this.refused;
    assert.equal(code, 'unavailable');
    assert.ok(retry > 0);
  }

  /** Whether all its messages were kept or refused. */
  get isAnswered(): boolean {
    return this.acked.size + this.refused.length === this.said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
  }
}

async function health(url: string): Promise<number> {
  return (await fetch(`${url.replace('ws', 'http')}/healthz`)).status;
}

/** The ids of all messages in the lobby, by number. */
async function kept(url: string): Promise<Map<string, number>> {
  await using reader = await JsonClient.connect(url);
  const found = new Map<string, number>();
  for (let after = 0, more = true; more; ) {
    reader.send({ type: 'history', room: 'lobby', after, limit: 100 });
    const page = await reader.next('history');
    for (const { id = '', seq } of page.messages) found.set(id, seq);
    after = page.messages.at(-1)?.seq ?? after;
    more = page.more;
  }
  return found;
}

/** All acknowledged messages must be there after a restart, and no refused one. */
async function hasKept({ acked, refused }: Speaker, data: string): Promise<void> {
  await using program = await start(data);
  const found = await kept(await program.listening());
  for (const [id, seq] of acked) assert.equal(found.get(id), seq, `${id} was acknowledged as ${seq}`);
  for (const { id = '' } of refused) assert.ok(!found.has(id), `${id} was refused`);
}

describe('a disk that fills up', { skip: withoutMount }, () => {
  test('before the log reaches its limit: that is told at the start, with both', async () => {
    using disk = new SmallDisk('32m');
    const data = join(disk.path, 'data');
    {
      await using program = await start(data);
      const { level, message } = await program.logged(/^the log may take 10240 MiB \(--log-limit\)/);
      assert.equal(level, 'warn');
      assert.match(
        String(message),
        /, and on the disk of \S+ there is room for (31|32) MiB: when that is full, messages are refused; make room, or lower --log-limit$/,
      );
      await program.listening();
    }
    await using program = await start(data, '--log-limit', '16MiB');
    await program.listening();
    assert.deepEqual(program.messages, []);
  });

  test('but has room enough is nothing to warn of, unless a larger log was asked for', async () => {
    using disk = new SmallDisk('2g');
    const data = join(disk.path, 'data');
    {
      await using program = await start(data);
      await program.listening();
      assert.deepEqual(program.messages, []);
    }
    await using program = await start(data, '--log-limit', '3GiB');
    await program.logged(/^the log may take 3072 MiB \(--log-limit\)/);
  });

  test('messages are refused, everything else goes on, and it recovers by itself', async () => {
    using disk = new SmallDisk('20m');
    const data = join(disk.path, 'data');
    await using program = await start(data, '--log-limit', '16MiB');
    const url = await program.listening();
    await using ada = await Speaker.join(url, 'ada');
    await using bob = await Speaker.join(url, 'bob');
    ada.say(10);
    await until(() => ada.acked.size === 10, 'ten messages are kept');
    disk.fill(3 << 20);
    await ada.sayUntilRefused();
    const why = 'messages are refused: no space left on the disk of the log';
    assert.equal((await program.logged(why))['level'], 'error');

    const before = ada.refused.length;
    ada.say(50);
    await ada.client.settle();
    assert.equal(ada.refused.length, before + 50);
    assert.equal(await health(url), 200);
    await using carol = await JsonClient.connect(`${url}/?name=carol&room=`);
    carol.send({ type: 'join', room: 'lobby', since: { epoch: ada.epoch, seq: 5 }, id: 'j' });
    const { after, recovered, count } = await carol.next('joined');
    assert.deepEqual({ after, recovered, count }, { after: 5, recovered: true, count: 3 });
    for (let seq = 6; seq <= 10; seq += 1) assert.equal((await carol.next('message')).seq, seq);
    await bob.client.next('presence', ({ joins = [] }) => joins.some(({ name }) => name === 'carol'));
    carol.send({ type: 'history', room: 'lobby', after: 0, limit: 3 });
    assert.equal((await carol.next('history')).messages.length, 3);
    await carol.settle();
    ada.client.send({ type: 'signal', room: 'lobby', kind: 'typing' });
    assert.equal((await bob.client.next('signal')).kind, 'typing');
    ada.client.send({ type: 'broadcast', body: 'to all' });
    await bob.client.next('broadcast');

    disk.free();
    await program.logged(taken);
    const { size } = ada.acked;
    ada.say(5);
    await until(() => ada.isAnswered, 'what had been taken is kept, and what is said now');
    assert.ok(ada.acked.size >= size + 5);
    assert.deepEqual(program.messages, [why, taken]);
    assert.equal(program.errors, '');
    assert.deepEqual(await program.stop(), { code: 0, signal: null });
    await hasKept(ada, data);
  });

  test('at the end of the server it is said what could not be kept', async () => {
    using disk = new SmallDisk('8m');
    const data = join(disk.path, 'data');
    await using program = await start(data, '--drain-timeout', '1s');
    const url = await program.listening();
    await using ada = await Speaker.join(url, 'ada');
    disk.fill(2 << 20);
    await ada.sayUntilRefused();
    const lost = ada.said - ada.refused.length - ada.acked.size;
    assert.ok(lost > 0);
    const since = performance.now();
    assert.deepEqual(await program.stop(), { code: 2, signal: null });
    assert.ok(performance.now() - since < 3000);
    const what = lost === 1 ? '1 message' : `${lost} messages`;
    assert.equal(program.errors, `hubbub: ${what} could not be kept: no space left on the disk of the log\n`);
    disk.free();
    await hasKept(ada, data);
  });

  test('with nothing left to keep it ends as always', async () => {
    using disk = new SmallDisk('8m');
    const data = join(disk.path, 'data');
    await using program = await start(data);
    await using ada = await Speaker.join(await program.listening(), 'ada');
    ada.say(5);
    await until(() => ada.isAnswered, 'they are kept');
    disk.fill();
    assert.deepEqual(await program.stop(), { code: 0, signal: null });
    assert.equal(program.errors, '');
    disk.free();
    await hasKept(ada, data);
  });
});

describe('the limit of the log', () => {
  test('messages are refused there, after a restart too, until the rules of the rooms make space', async () => {
    await using scratch = await temporaryDirectory();
    const data = scratch.path;
    const limit = ['--log-limit', '16MiB'];
    const why = 'messages are refused: the log has reached its limit of 16777216 bytes';
    await using program = await start(data, ...limit);
    const url = await program.listening();
    await using ada = await Speaker.join(url, 'ada');
    await ada.sayUntilRefused(60_000);
    await program.logged(why);
    await until(() => ada.isAnswered, 'everything is answered');
    ada.say(20);
    await ada.client.settle();
    assert.equal(await health(url), 200);
    assert.deepEqual(program.messages, [why]);
    assert.deepEqual(await program.stop(), { code: 0, signal: null });

    await using second = await start(data, ...limit);
    await using bob = await Speaker.join(await second.listening(), 'bob');
    await second.logged(why);
    await bob.sayUntilRefused();
    assert.equal((await second.stop()).code, 0);
    await hasKept(ada, data);

    const config = { HUBBUB_ROOMS: '[{"match": "*", "log": {"count": 20}}]' };
    await using third = await Program.start([...locally, '--data', data, ...limit], config);
    await using carol = await Speaker.join(await third.listening(), 'carol');
    await third.logged(taken);
    carol.say();
    await until(() => carol.acked.size === 1, 'a message is kept again');
    assert.deepEqual(third.messages, [why, taken]);
    assert.equal((await third.stop()).code, 0);
  });
});

describe('a disk that fails', () => {
  test('messages are refused as long as it does', { skip: withoutPrlimit }, async () => {
    await using scratch = await temporaryDirectory();
    const data = scratch.path;
    await using program = await start(data);
    const url = await program.listening();
    await using ada = await Speaker.join(url, 'ada');
    ada.say(10);
    await until(() => ada.isAnswered, 'ten messages are kept');
    limitFiles(program.pid, '500000');
    await ada.sayUntilRefused();
    await program.logged(/^messages are refused: the log cannot be written: \w/);
    assert.equal(await health(url), 200);
    limitFiles(program.pid, 'unlimited');
    await program.logged(taken);
    await until(() => ada.isAnswered, 'what had been taken is kept');
    assert.equal(program.messages.length, 2);
    assert.equal((await program.stop()).code, 0);
    await hasKept(ada, data);
  });

  test('for good: that is said, at /healthz too, and at the end what was not kept', async () => {
    await using scratch = await temporaryDirectory();
    const data = scratch.path;
    await using program = await start(data);
    const url = await program.listening();
    await using ada = await Speaker.join(url, 'ada');
    await using bob = await Speaker.join(url, 'bob');
    ada.say(10);
    await until(() => ada.isAnswered, 'ten messages are kept');
    const file = join(data, 'log', 'data.mdb');
    overwrite(file, 8192, Buffer.alloc(readFileSync(file).length - 8192));
    ada.say();
    await program.logged(/^messages are refused: the store of the log has failed for good: \w/);
    assert.equal(await health(url), 503);
    await ada.sayUntilRefused();
    bob.client.send({ type: 'signal', room: 'lobby', kind: 'typing' });
    await ada.client.next('signal');
    assert.deepEqual(await program.stop(), { code: 2, signal: null });
    assert.match(
      program.errors,
      /(^|\n)hubbub: 1 message could not be kept: the store of the log has failed for good: .*\n$/,
    );
  });
});

describe('a data directory that is taken away while the server runs', () => {
  const why = /^messages are refused: \S+\/log was removed: what was kept is lost when the server ends$/;

  test('is noticed: no message is acknowledged any more, /healthz says so, and the end', async () => {
    await using scratch = await temporaryDirectory();
    const data = join(scratch.path, 'data');
    await using program = await start(data);
    const url = await program.listening();
    await using ada = await Speaker.join(url, 'ada');
    ada.say();
    await until(() => ada.isAnswered, 'it is kept');
    renameSync(data, `${data}-away`);
    const { state } = await program.logged(why);
    assert.equal(state, 'broken');
    assert.equal(await health(url), 503);
    await ada.sayUntilRefused();
    ada.client.send({ type: 'history', room: 'lobby', limit: 1 });
    assert.equal((await ada.client.next('history')).messages.length, 1, 'all else goes on');
    assert.deepEqual(await program.stop(), { code: 2, signal: null });
    assert.match(program.errors, /^hubbub: .*\/log was removed: what was kept is lost when the server ends\n$/);
    assert.deepEqual(program.messages.filter((message) => why.test(String(message))).length, 1);
  });

  test('and had by another server: the first one takes nothing more', async () => {
    await using scratch = await temporaryDirectory();
    const data = join(scratch.path, 'data');
    await using first = await start(data);
    await using ada = await Speaker.join(await first.listening(), 'ada');
    rmSync(data, { recursive: true });
    await using second = await start(data);
    await using bob = await Speaker.join(await second.listening(), 'bob');
    await first.logged(/^messages are refused: /);
    await ada.sayUntilRefused();
    bob.say();
    await until(() => bob.isAnswered, 'the other one keeps messages');
    assert.equal((await first.stop()).code, 2);
    assert.equal((await second.stop()).code, 0);
    await hasKept(bob, data);
  });
});

test('where the address space is too small for the log, the server does not start', {
  skip: withoutPrlimit,
}, async () => {
  await using scratch = await temporaryDirectory();
  const limited = ['prlimit', `--as=${8 * 2 ** 30}`];
  {
    await using program = await Program.start([...locally, '--data', scratch.path], {}, undefined, limited);
    assert.deepEqual(await program.exit, { code: 2, signal: null }, program.errors);
    const needed = 'a log of 10737418240 bytes (--log-limit) needs 18320719872 bytes of the address space';
    const remedy = 'raise that (ulimit -v), or lower --log-limit';
    assert.equal(program.errors, `hubbub: ${needed}, and the limit is 8589934592; ${remedy}\n`);
  }
  const args = [...locally, '--data', scratch.path, '--log-limit', '1GiB'];
  await using program = await Program.start(args, {}, undefined, limited);
  await using ada = await Speaker.join(await program.listening(), 'ada');
  ada.say();
  await until(() => ada.isAnswered, 'it is kept');
});

describe('a damaged room', () => {
  test('cannot be joined, or is missing what is damaged; the others are not concerned', async () => {
    await using scratch = await temporaryDirectory();
    const data = scratch.path;
    const epochs = new Map<string, string>();
    {
      await using program = await start(data);
      await using ada = await JsonClient.connect(await program.listening());
      for (const room of ['record', 'entry', 'good']) {
        ada.send({ type: 'join', room });
        epochs.set(room, (await ada.next('joined', (frame) => frame.room === room)).epoch);
        // One after the other: messages that are committed together can only be damaged together.
        for (let n = 1; n <= 5; n += 1) {
          ada.send({ type: 'message', room, id: `${room}${n}`, body: `<${n} in ${room}>` });
          await ada.next('ack', ({ id }) => id === `${room}${n}`);
        }
      }
      assert.equal((await program.stop()).code, 0);
    }
    const file = join(data, 'log', 'data.mdb');
    replaceAll(file, `"${epochs.get('record')}"`, `"${'x'.repeat(8)}"`);
    replaceAll(file, '<3 in entry>', '<? in entry>');

    await using program = await start(data);
    await using bob = await JsonClient.connect(`${await program.listening()}/?room=record`);
    const { code, retry } = await bob.next('error');
    assert.deepEqual({ code, retry }, { code: 'unavailable', retry: 60_000 });
    for (const id of ['j1', 'j2', 'j3']) {
      bob.send({ type: 'join', room: 'record', id });
      assert.equal((await bob.next('error')).id, id);
    }
    for (const id of ['j4', 'j5']) {
      bob.send({ type: 'join', room: 'entry', since: { epoch: epochs.get('entry') ?? '', seq: 0 }, id });
      assert.equal((await bob.next('joined')).recovered, true);
      assert.equal((await bob.next('message')).body, '<1 in entry>');
      assert.equal((await bob.next('message')).body, '<2 in entry>');
      assert.deepEqual(await bob.next('gap'), { type: 'gap', room: 'entry', from: 3, to: 3, why: 'damaged' });
      assert.equal((await bob.next('message')).seq, 4);
      assert.equal((await bob.next('message')).seq, 5);
    }
    bob.send({ type: 'message', room: 'entry', id: 'm', body: 'goes on' });
    assert.equal((await bob.next('ack')).seq, 6);
    bob.send({ type: 'join', room: 'good', last: 5 });
    for (let seq = 1; seq <= 5; seq += 1) {
      assert.equal((await bob.next('message', ({ room }) => room === 'good')).seq, seq);
    }
    bob.send({ type: 'message', room: 'good', id: 'm2', body: 'goes on' });
    assert.equal((await bob.next('ack', ({ id }) => id === 'm2')).seq, 6);
    bob.send({ type: 'rooms', id: 'r' });
    assert.deepEqual(
      (await bob.next('rooms')).rooms.map(({ room }) => room),
      ['entry', 'good'],
    );
    const unreadable = await program.logged('the log of a room cannot be read');
    assert.equal(unreadable['room'], 'record');
    const damaged = await program.logged('a damaged message in the log is left out');
    assert.deepEqual([damaged['room'], damaged['seq']], ['entry', 3]);
    assert.deepEqual(await program.stop(), { code: 0, signal: null });
    assert.equal(new Set(program.messages).size, program.messages.length, program.lines.join('\n'));
  });
});

test('at SIGTERM everything that was taken is kept, and the numbers go on', async () => {
  await using scratch = await temporaryDirectory();
  const data = scratch.path;
  await using program = await start(data);
  const url = await program.listening();
  await using ada = await JsonClient.connect(url);
  const { epoch } = await ada.next('joined');
  await using bob = await JsonClient.connect(url);
  await bob.next('joined');
  const seen: string[] = [];
  bob.socket.on('message', (frame: Buffer) => {
    const { type, id } = JSON.parse(frame.toString());
    if (type === 'message') seen.push(id);
  });
  for (let n = 1; n <= 2000; n += 1) ada.send({ type: 'message', id: `m${n}`, body: 'x'.repeat(500), echo: false });
  await ada.next('ack');
  const since = performance.now();
  assert.deepEqual(await program.stop(), { code: 0, signal: null });
  assert.ok(performance.now() - since < 5000);
  assert.equal(program.errors, '');
  await bob.closed;

  await using again = await start(data);
  const second = await again.listening();
  const found = await kept(second);
  assert.deepEqual(
    seen.filter((id) => !found.has(id)),
    [],
  );
  await using carol = await JsonClient.connect(second);
  const joined = await carol.next('joined');
  assert.deepEqual([joined.epoch, joined.seq], [epoch, found.size]);
  carol.send({ type: 'message', id: 'next', body: 'next' });
  const { seq, prev } = await carol.next('message');
  assert.deepEqual({ seq, prev }, { seq: found.size + 1, prev: undefined });
});
