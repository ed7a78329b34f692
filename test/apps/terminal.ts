/** The real program in a real terminal: tmux, which needs no display. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const main = new URL('../../dist/main.js', import.meta.url).pathname;
const run = promisify(execFile);

/** How long to wait for expected output, in milliseconds. */
const patience = 40_000;

/** A reason to leave out the tests that need tmux. */
export const skip = spawnSync('tmux', ['-V']).status === 0 ? false : 'there is no tmux: install the package "tmux"';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A tmux server of our own, with a home directory for the programs in it. */
export class Terminals implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'hubbub-terminal-'));
  readonly #socket = join(this.home, 'tmux');
  #count = 0;

  /** Starts `hubbub` with these arguments. */
  open(args: readonly string[], env: Readonly<Record<string, string>> = {}, { columns, rows }: Size = usual): Terminal {
    this.#count += 1;
    const name = `t${this.#count}`;
    const variables = Object.entries({ XDG_STATE_HOME: join(this.home, 'state'), ...env }).map((pair) =>
      pair.join('='),
    );
    const command = ['/bin/sh', '-c', tellExit, '-', 'env', ...variables, process.execPath, main, ...args];
    const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    this.tmux('-f', '/dev/null', 'new-session', '-d', '-s', name, ...size, '-c', this.home, 'cat');
    this.tmux('set-option', '-t', name, 'default-terminal', 'tmux-256color');
    this.tmux('respawn-pane', '-k', '-c', this.home, '-t', name, quoted);
    return new Terminal(this, name);
  }

  /** @returns its output. */
  tmux(...args: readonly string[]): string {
    const env = { PATH: process.env['PATH'], HOME: this.home };
    return execFileSync('tmux', ['-u', '-S', this.#socket, ...args], { env, encoding: 'utf8', stdio: 'pipe' });
  }

  async ask(...args: readonly string[]): Promise<string> {
    const env = { PATH: process.env['PATH'], HOME: this.home };
    return (await run('tmux', ['-u', '-S', this.#socket, ...args], { env })).stdout;
  }

  [Symbol.dispose](): void {
    if (this.#count > 0) this.tmux('kill-server');
    rmSync(this.home, { recursive: true });
  }
}

/** Runs its arguments; their output stays on the screen afterwards. */
const tellExit = '"$@"; echo "exit code $?"; exec cat';

const usual: Size = { columns: 80, rows: 24 };

export class Terminal {
  readonly #terminals: Terminals;
  readonly #name: string;

  constructor(terminals: Terminals, name: string) {
    this.#terminals = terminals;
    this.#name = name;
  }

  /** Keys by their names, such as `C-a` and `Up`. */
  press(...keys: readonly string[]): void {
    this.#terminals.tmux('send-keys', '-t', this.#name, ...keys);
  }

  type(text: string): void {
    this.#terminals.tmux('send-keys', '-l', '-t', this.#name, text);
  }

  /** Types a line, and ends it. */
  say(line: string): void {
    this.type(line);
    this.press('Enter');
  }

  paste(text: string): void {
    this.#terminals.tmux('set-buffer', text);
    this.#terminals.tmux('paste-buffer', '-p', '-r', '-t', this.#name);
  }

  resize({ columns, rows }: Size): void {
    this.#terminals.tmux('resize-window', '-t', this.#name, '-x', `${columns}`, '-y', `${rows}`);
  }

  /** Takes the terminal away from its program. */
  close(): void {
    // The server of the terminals is to outlast the last one.
    this.#terminals.tmux('set-option', '-s', 'exit-empty', 'off');
    this.#terminals.tmux('kill-pane', '-t', this.#name);
  }

  /** The lines on the screen and in the scrollback. */
  async lines(): Promise<string[]> {
    const text = await this.#terminals.ask('capture-pane', '-p', '-S', '-', '-t', this.#name);
    return text.trimEnd().split('\n');
  }

  /** The same with the escape sequences of its colours. */
  async painted(): Promise<string> {
    return this.#terminals.ask('capture-pane', '-p', '-e', '-S', '-', '-t', this.#name);
  }

  async format(format: string): Promise<string> {
    return (await this.#terminals.ask('display-message', '-p', '-t', this.#name, format)).trim();
  }

  /** Waits until the condition holds for the screen. */
  async until(holds: (lines: readonly string[]) => boolean, what: string): Promise<string[]> {
    const end = performance.now() + patience;
    for (;;) {
      const lines = await this.lines();
      if (holds(lines)) return lines;
      if (performance.now() > end) assert.fail(`it was not seen that ${what}; there is:\n${lines.join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits for a line. */
  async sees(wanted: RegExp): Promise<string> {
    const lines = await this.until((all) => all.some((line) => wanted.test(line)), `a line is ${wanted}`);
    return lines.findLast((line) => wanted.test(line)) ?? '';
  }

  /** Waits until the last lines, status and input, match. */
  async bottom(...wanted: readonly RegExp[]): Promise<void> {
    const fits = (lines: readonly string[]) =>
      wanted.every((one, index) => one.test(lines.at(index - wanted.length) ?? ''));
    await this.until(fits, `the last lines are ${wanted.join(', ')}`);
  }

  /** The exit code, once it has ended. */
  async ended(): Promise<number> {
    const line = await this.sees(/^exit code \d+$/);
    return Number(line.replace(/\D/g, ''));
  }
}
