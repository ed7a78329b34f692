import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Inbox } from '../kit/inbox.ts';

const main = new URL('../../dist/main.js', import.meta.url).pathname;

/** On a free port of this machine. */
export const locally = ['--host', '127.0.0.1', '--port', '0'];

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A record of the log. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** The real program from `npm run build`, in a process and a working directory of its own. */
export class Program implements AsyncDisposable {
  /** The lines of its standard output. */
  readonly lines: string[] = [];
  /** Its standard error. */
  errors = '';
  readonly exit: Promise<Exit>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #unread = new Inbox<string>();
  readonly #directory: string;

  private constructor(
    directory: string,
    [command = '', ...args]: readonly string[],
    env: Record<string, string>,
    user?: number,
  ) {
    this.#directory = directory;
    this.#process = spawn(command, args, {
      cwd: directory,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user !== undefined && { uid: user, gid: user }),
    });
    const { stdout, stderr } = this.#process;
    createInterface(stdout).on('line', (line) => {
      this.lines.push(line);
      this.#unread.push(line);
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
    // Both streams have ended by then.
    this.exit = once(this.#process, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /**
   * @param user its user id, if not that of the tests.
   * @param wrap a command that starts it: `prlimit --nofile=100`.
   */
  static async start(
    args: readonly string[],
    env: Record<string, string> = {},
    user?: number,
    wrap: readonly string[] = [],
  ): Promise<Program> {
    return new Program(await mkdtemp(join(tmpdir(), 'hubbub-')), [...wrap, process.execPath, main, ...args], env, user);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Its URL, `ws://127.0.0.1:<port>`, once it listens; fails if it ends instead. */
  async listening(): Promise<string> {
    const line = await Promise.race([
      this.#unread.take((one) => one.startsWith('Hubbub '), 'its address'),
      this.exit.then(({ code }) => assert.fail(`it ended with ${code}: ${this.errors}`)),
    ]);
    const [url] = /wss?:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    assert.ok(url, line);
    return url;
  }

  /** The next record of the log with this message. */
  async logged(wanted: string | RegExp): Promise<LogRecord> {
    const fits = (message: unknown) => (typeof wanted === 'string' ? message === wanted : wanted.test(String(message)));
    const found = await this.#unread.take((line) => fits(parse(line)?.['message']), `the record ${wanted}`);
    return parse(found) ?? {};
  }

  /** The messages of all records so far, but for those of single connections. */
  get messages(): unknown[] {
    const records = this.lines.map(parse).filter((record) => record !== undefined);
    return records.filter((record) => !('connection' in record)).map(({ message }) => message);
  }

  /** The lines, except for the one for a person. */
  get log(): string[] {
    return this.lines.filter((line) => !line.startsWith('Hubbub '));
  }

  /** Closes the reading end of its output. */
  closeOutput(): void {
    this.#process.stdout.destroy();
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Sends SIGTERM, and waits for the end. */
  stop(): Promise<Exit> {
    this.kill('SIGTERM');
    return this.exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL');
    await this.exit;
    await rm(this.#directory, { recursive: true });
  }
}

/** Expects a failed start: one line with the reason, and the exit code for the operator. */
export async function fails(
  args: readonly string[],
  env: Record<string, string>,
  message: string | RegExp,
  user?: number,
): Promise<void> {
  await using program = await Program.start(args, env, user);
  assert.deepEqual(await program.exit, { code: 2, signal: null }, program.errors);
  const [line = '', ...rest] = program.errors.split('\n');
  assert.deepEqual(rest, [''], program.errors);
  if (typeof message === 'string') assert.equal(line, `hubbub: ${message}`);
  else assert.match(line, message);
  assert.ok(!program.lines.some((one) => one.startsWith('Hubbub ')));
}

/** A directory for the duration of a test. */
export async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'hubbub-data-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function parse(line: string): LogRecord | undefined {
  return line.startsWith('{') ? JSON.parse(line) : undefined;
}
