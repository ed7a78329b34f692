/** More clients than a process may open files. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { JsonClient } from '../kit/client.ts';
import { descriptorsOf, limitDescriptors } from '../kit/descriptors.ts';
import { withoutPrlimit } from '../kit/disk.ts';
import { RawClient, upgradeRequest } from '../kit/raw.ts';
import { until } from '../kit/server.ts';
import { Program } from './program.ts';

const alone = ['--host', '127.0.0.1', '--port', '0', '--max-connections-per-address', '0'];
const locally = [...alone, '--max-connections', '20000'];

function start(files: number, ...args: string[]): Promise<Program> {
  return Program.start([...locally, ...args], {}, undefined, ['prlimit', `--nofile=${files}`]);
}

/** Silent sockets. */
class Idlers implements Disposable {
  readonly #sockets: Socket[] = [];

  /** Opens `count` sockets; settles when all were opened and only `left` of them remain. */
  async open(port: number, count: number, left: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      this.#sockets.push(socket);
    }
    await until(() => this.#sockets.every(({ connecting }) => !connecting), 'they are open, or refused');
    await until(() => this.left <= left, `no more than ${left} are left`);
  }

  get left(): number {
    return this.#sockets.filter(({ destroyed }) => !destroyed).length;
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** The CPU time that a process has used, in milliseconds. */
function cpuTime(pid: number): number {
  const [, user = 0, system = 0] = /\) (?:\S+ ){11}(\d+) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
  return (Number(user) + Number(system)) * 10;
}

async function talks(client: JsonClient, id: string): Promise<void> {
  client.send({ type: 'message', body: 'still here', id });
  await client.next('ack', (frame) => frame.id === id);
}

describe('where more clients come than files can be opened', { skip: withoutPrlimit, concurrency: true }, () => {
  for (const files of [100, 300, 1024]) {
    test(`those who are there can talk, and the server rests: ${files}`, async () => {
      await using program = await start(files);
      const { port, origin } = new URL((await program.listening()).replace('ws', 'http'));
      const sockets = files - 40;
      const { message } = await program.logged(/^there can be \d+ connections, not 20000/);
      assert.match(String(message), new RegExp(`the limit of open files is ${files}; raise it to 21064 `));
      await using ada = await JsonClient.connect(`ws://127.0.0.1:${port}/?name=ada`);
      using idlers = new Idlers();
      await idlers.open(Number(port), 2 * files, sockets - 1);
      assert.ok(idlers.left >= sockets - 3, `${idlers.left} of ${sockets} are left`);
      assert.ok(descriptorsOf(program.pid) < files);
      await talks(ada, 'm1');
      const before = cpuTime(program.pid);
      const since = performance.now();
      await wait(1000);
      const share = (cpuTime(program.pid) - before) / (performance.now() - since);
      assert.ok(share < 0.3, `it uses ${share} of a core`);
      await talks(ada, 'm2');
      const { level } = await program.logged(/^an edge has no more sockets/);
      assert.equal(level, 'warn');
      idlers[Symbol.dispose]();
      await until(() => idlers.left === 0, 'they are gone');
      for (;;) {
        const isWell = await fetch(`${origin}/healthz`).then(
          ({ ok }) => ok,
          () => false,
        );
        if (isWell) break;
      }
      await using bob = await JsonClient.connect(`ws://127.0.0.1:${port}/?name=bob`);
      await talks(bob, 'm3');
      assert.deepEqual(await program.stop(), { code: 0, signal: null });
      assert.equal(program.errors, '');
    });
  }

  test('those who come are told so before the kernel refuses them', async () => {
    await using program = await start(100);
    const url = await program.listening();
    const { message } = await program.logged(/^there can be/);
    const places = Number(/\d+/.exec(String(message))?.[0]);
    const clients: JsonClient[] = [];
    for (let n = 0; n < places; n += 1) clients.push(await JsonClient.connect(`${url}/?name=u${n}`));
    await using late = new RawClient(Number(new URL(url).port));
    late.write(upgradeRequest());
    const { status, headers } = await late.head;
    assert.deepEqual([status, headers.get('retry-after')], [503, '5']);
    await late.gone;
    await Promise.all(clients.map((client) => client.close()));
    await using again = await JsonClient.connect(url);
    await talks(again, 'm1');
  });

  test('edge processes have a limit each', async () => {
    await using program = await start(100, '--edges', '2');
    const url = await program.listening();
    await program.logged(/^there can be 104 connections, not 20000/);
    const edges = [
      await program.logged('an edge process was started'),
      await program.logged('an edge process was started'),
    ];
    await using ada = await JsonClient.connect(`${url}/?name=ada`);
    using idlers = new Idlers();
    await idlers.open(Number(new URL(url).port), 400, 120);
    for (const { pid } of edges) assert.ok(descriptorsOf(Number(pid)) < 100);
    await talks(ada, 'm1');
    assert.deepEqual(await program.stop(), { code: 0, signal: null });
    assert.equal(program.errors, '');
  });

  test('too few for so many edge processes end the start with one line', async () => {
    await using program = await start(100, '--edges', '8');
    assert.deepEqual(await program.exit, { code: 2, signal: null });
    assert.match(
      program.errors,
      /^hubbub: the limit of open files is 100, and the server needs at least 120; raise it .*\n$/,
    );
  });
});

test('where no number of connections is asked for, a low limit is nothing to warn of', {
  skip: withoutPrlimit,
}, async () => {
  await using program = await Program.start(alone, {}, undefined, ['prlimit', '--nofile=300']);
  await program.listening();
  assert.equal(program.lines.length, 1, program.lines.join('\n'));
});

test('where the limit is lowered later, the server goes on', { skip: withoutPrlimit }, async () => {
  await using program = await start(1024);
  const url = await program.listening();
  await using ada = await JsonClient.connect(`${url}/?name=ada`);
  limitDescriptors(program.pid, '3:1024');
  const { error } = await program.logged('the process cannot be measured');
  const { stack } = error as { stack: string };
  assert.match(stack, /\/src\/observe\/figures\.ts:\d+:\d+\)/, 'the lines are those of the sources');
  await talks(ada, 'm1');
  using idlers = new Idlers();
  await idlers.open(Number(new URL(url).port), 1, 1);
  await talks(ada, 'm2');
});
