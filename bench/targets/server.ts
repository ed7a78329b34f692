/** A target that runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import type { Address } from '../load/address.ts';
import { dataDirectory, type Target } from './targets.ts';
import { cpuTime, processTree, residentMemory, type SchedulerTimes, schedulerTimes } from './usage.ts';

const probe = new URL('probe.mjs', import.meta.url).href;

/** The delay of a server's event loop, in microseconds. */
export interface LoopDelay {
  readonly p99: number;
  readonly longest: number;
}

/** How long a server may take to start, in milliseconds. */
const patience = 15_000;

export class Server implements AsyncDisposable {
  readonly address: Address;
  readonly #pid: number | undefined;
  /** undefined of a server that was not started here. */
  readonly #started: { readonly child: ChildProcess; readonly data: string } | undefined;
  /** Whatever ends the suite ends the server. */
  readonly #end = () => {
    if (!this.#started) return;
    this.#started.child.kill('SIGKILL');
    rmSync(this.#started.data, { recursive: true, force: true, maxRetries: 5 });
  };

  private constructor(address: Address, pid: number | undefined, started?: { child: ChildProcess; data: string }) {
    this.address = address;
    this.#pid = pid;
    this.#started = started;
    process.once('exit', this.#end);
  }

  /**
   * @param isProbed whether `memory` or the delay of its event loop will be measured.
   * @throws {Error} if it does not report in time that it is ready.
   */
  static async start(target: Target, isProbed = false): Promise<Server> {
    const { name, running, command } = target;
    if (running) return new Server(addressOfRunning(running), running.pid);
    const data = mkdtempSync(join(tmpdir(), 'hubbub-bench-'));
    const nodeOptions = isProbed ? ['--expose-gc', '--import', probe] : [];
    const own = command.map((argument) => (argument === dataDirectory ? data : argument));
    const child = spawn(process.execPath, [...nodeOptions, ...own], {
      stdio: ['ignore', 'pipe', 'pipe', ...(isProbed ? (['ipc'] as const) : [])],
      env: withoutSettings(process.env),
    });
    const complaints = listen(child);
    try {
      const url = await readUrl(child);
      child.stderr?.pipe(process.stderr, { end: false });
      return new Server(addressOf(url), child.pid, { child, data });
    } catch (error) {
      child.kill('SIGKILL');
      if (child.stderr) await finished(child.stderr);
      rmSync(data, { recursive: true, force: true });
      throw new Error(`${name} did not start: ${complaints.at(-1) ?? 'it printed no URL in time'}`, { cause: error });
    }
  }

  /** Whether it has not ended, as far as can be known. */
  get isRunning(): boolean {
    const child = this.#started?.child;
    return !child || (child.exitCode === null && child.signalCode === null);
  }

  /** Its processes; none if it runs elsewhere. */
  processes(): number[] {
    return this.#pid === undefined ? [] : processTree(this.#pid);
  }

  /** CPU time so far of all its processes, in microseconds; undefined if it runs elsewhere. */
  cpu(): number | undefined {
    if (this.#pid === undefined) return undefined;
    return this.processes().reduce((sum, pid) => sum + cpuTime(pid), 0);
  }

  /** The scheduler's figures of its main thread, which runs the rooms. */
  mainThreadTimes(): SchedulerTimes {
    return schedulerTimes(this.#pid ?? Number.NaN);
  }

  /**
   * The memory that it holds now, in bytes, including garbage and spare capacity; undefined if it runs elsewhere.
   */
  heldMemory(): number | undefined {
    return this.#pid === undefined ? undefined : residentMemory(this.#pid, 'RssAnon');
  }

  /** The same, after garbage was collected. */
  async memory(): Promise<number> {
    await this.#ask('collect');
    return this.heldMemory() ?? Number.NaN;
  }

  /** Bytes of files that are in memory and mapped: of its own program, and of the store of the log. */
  mappedMemory(): number {
    return residentMemory(this.#pid ?? Number.NaN, 'RssFile');
  }

  /** Starts to measure the delay of the event loop. */
  async watchLoop(): Promise<void> {
    await this.#ask('watchLoop');
  }

  /** Ends the measurement since `watchLoop`. An idle loop has a delay of about a millisecond. */
  async loopDelay(): Promise<LoopDelay> {
    return (await this.#ask('loopDelay')) as LoopDelay;
  }

  /** @throws {Error} if the server was not started with `isProbed`. */
  async #ask(question: 'collect' | 'watchLoop' | 'loopDelay'): Promise<unknown> {
    const child = this.#started?.child;
    if (!child?.connected) throw new Error('this server cannot be asked anything');
    child.send(question);
    const [{ answer }] = (await once(child, 'message')) as [{ answer: unknown }];
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#end);
    const child = this.#started?.child;
    const exited = child && this.isRunning ? once(child, 'exit') : undefined;
    this.#end();
    await exited;
  }
}

/** The lines that a process writes to its standard error. */
function listen({ stderr }: ChildProcess): readonly string[] {
  const lines: string[] = [];
  if (stderr) createInterface(stderr).on('line', (line) => lines.push(line));
  return lines;
}

async function readUrl(child: ChildProcess): Promise<URL> {
  if (!child.stdout) throw new Error('it has no output');
  const lines = createInterface(child.stdout);
  const timer = setTimeout(() => lines.close(), patience);
  try {
    for await (const line of lines) {
      const url = /\bws:\/\/[^\s,]+/.exec(line)?.[0];
      if (url !== undefined) return new URL(url);
    }
  } finally {
    clearTimeout(timer);
    child.stdout.resume();
  }
  throw new Error('it ended, or printed no URL in time');
}

function addressOfRunning({ url, credentials }: NonNullable<Target['running']>): Address {
  const { pathname, search } = url;
  return {
    ...addressOf(url),
    ...(pathname + search !== '/' && { target: pathname + search }),
    ...(credentials && { credentials }),
  };
}

function addressOf({ hostname, port }: URL): Address {
  return { host: hostname, port: Number(port || 80) };
}

/** The environment without variables that Hubbub would read as its configuration. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('HUBBUB_')));
}
