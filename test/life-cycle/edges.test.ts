import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, test } from 'node:test';
import { Crowd } from '../client/crowd.ts';
import { JsonClient } from '../kit/client.ts';
import { Random } from '../kit/random.ts';
import { until } from '../kit/server.ts';
import { fails, locally, Program } from './program.ts';

const started = 'an edge process was started';
const options = [...locally, '--edges', '2', '--rate', 'off', '--rate-bytes', 'off'];

/** A server that listens, and its edge processes. */
async function start(args: readonly string[] = []): Promise<{ program: Program; url: string; pids: number[] }> {
  const program = await Program.start([...options, ...args]);
  const url = await program.listening();
  return { program, url, pids: [await pidOfNext(program), await pidOfNext(program)] };
}

async function pidOfNext(program: Program): Promise<number> {
  return Number((await program.logged(started))['pid']);
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function areGone(pids: readonly number[]): Promise<void> {
  await until(() => !pids.some(isRunning), 'the edge processes are gone');
}

describe('a server with several edge processes', () => {
  test('replaces one that is killed: its clients come back, and everything arrives once', async () => {
    const { program, url, pids } = await start();
    await using _ = program;
    await using crowd = await Crowd.gather(url, {});
    const count = 300;
    const talking = crowd.talk(count, new Random(1));
    for (const [at, pid] of pids.entries()) {
      await until(() => crowd.acknowledged >= (at + 1) * 300, 'messages are acknowledged');
      process.kill(pid, 'SIGKILL');
      const failed = await program.logged('an edge process has failed; its clients have to come back');
      assert.deepEqual([failed['pid'], failed['reason'], failed['pause']], [pid, 'it was ended by SIGKILL', 0]);
      assert.ok(isRunning(await pidOfNext(program)));
    }
    await talking;
    await crowd.check(count, false);
  });

  test('waits the longer the more often one dies', async () => {
    const { program, pids } = await start();
    await using _ = program;
    let [pid = 0] = pids;
    for (const pause of [0, 100, 200]) {
      process.kill(pid, 'SIGKILL');
      const failed = await program.logged(/^an edge process has failed/);
      assert.deepEqual([failed['pid'], failed['pause']], [pid, pause]);
      pid = await pidOfNext(program);
    }
  });

  test('leaves none behind when it is killed', async () => {
    const { program, url, pids } = await start();
    await using _ = program;
    await using ada = await JsonClient.connect(url);
    await ada.next('joined');
    assert.ok(pids.every(isRunning));
    program.kill('SIGKILL');
    await areGone(pids);
    assert.equal((await ada.closed).code, 1006);
  });

  test('stops as one: a signal to all of its processes is nothing to the edges', async () => {
    const { program, url, pids } = await start();
    await using _ = program;
    for (const pid of pids) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(pid, signal);
    await using ada = await JsonClient.connect(url);
    await ada.settle();
    program.kill('SIGINT');
    assert.equal((await ada.next('goodbye')).why, 'shutdown');
    assert.equal((await ada.closed).code, 1001);
    assert.deepEqual(await program.exit, { code: 0, signal: null });
    assert.equal(program.errors, '');
    await areGone(pids);
  });

  test('has a port to itself', async () => {
    const { program, url } = await start();
    await using _ = program;
    const { port } = new URL(url);
    for (const edges of ['1', '2']) {
      const args = ['--host', '127.0.0.1', '--port', port, '--edges', edges];
      await fails(args, {}, `cannot listen on 127.0.0.1:${port}: the port is in use; take another one with --port`);
    }
  });

  test('may have as many of them as there are cores', async () => {
    await using program = await Program.start([...locally, '--edges', 'auto']);
    await program.listening();
    const cores = availableParallelism();
    assert.equal(program.messages.filter((message) => message === started).length, cores === 1 ? 0 : cores);
  });
});
