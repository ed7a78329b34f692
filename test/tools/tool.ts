import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { append, appendMany, lmdb, type Overrides } from '../log/kit.ts';

export const main = new URL('../../dist/main.js', import.meta.url).pathname;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Start {
  /** The arguments after `hubbub log`. */
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Its standard input; without it there is none. */
  readonly input?: string;
}

/** Starts the real program from `npm run build`. */
export function start({ args, cwd = tmpdir(), env, input }: Start) {
  const child = spawn(process.execPath, [main, 'log', ...args], { cwd, env: { PATH: process.env['PATH'], ...env } });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return child;
}

/** Runs it to its end. */
export async function run(options: Start): Promise<Ended> {
  const child = start(options);
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, out, err };
}

/** A directory that is removed at the end. */
export function scratch(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'hubbub-tools-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A data directory with a few messages. */
export async function made(context: TestContext): Promise<string> {
  const data = scratch(context);
  const { log } = await lmdb({}, join(data, 'log'));
  for (const room of ['lobby', '会議室']) log.open(room);
  append(log, 'lobby', { at: 5, id: 'm1', body: '{"body":"two lines:\u2028this is the second"}' });
  append(log, 'lobby', { at: 6, body: Uint8Array.of(1, 0, 255) });
  append(log, '会議室', { at: 7, user: '用户' });
  await log.close();
  return data;
}

/** A data directory with many messages: ten rooms of 1,000. */
export async function madeLarge(context: TestContext, overrides: Overrides = {}): Promise<string> {
  const data = scratch(context);
  const { log } = await lmdb(overrides, join(data, 'log'));
  for (let room = 0; room < 10; room += 1) {
    log.open(`room${room}`);
    appendMany(log, `room${room}`, 1000, { body: 'x'.repeat(200) });
    await log.flush();
  }
  await log.close();
  return data;
}

/** A data directory with this data file. */
export function withFile(context: TestContext, file: Buffer): string {
  const data = scratch(context);
  mkdirSync(join(data, 'log'));
  writeFileSync(join(data, 'log', 'data.mdb'), file);
  return data;
}
