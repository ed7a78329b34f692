/**
 * Makes sure that one process at a time uses a directory, by a socket in it that accepts connections. The kernel closes
 * the socket with the process, however that ends; and unlike a process id it means the same in every container that
 * shares the directory.
 *
 * The sockets are numbered, and the highest one counts: `owner.17.sock`. If it does not answer, the next number is
 * free. A socket gets its number, as a second name, only once it accepts connections; a number is given once, and the
 * highest one is never removed. So a process that has got a number, and then sees no higher one, is the only owner.
 */
import { closeSync, linkSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { platform } from 'node:os';
import { join, relative, resolve } from 'node:path';

/** The longest path of a socket that works on every system. Node truncates a longer one silently. */
const maxPath = 103;
const maxName = 60;

export interface DirectoryLock {
  /** Whether the lock is still there and no later one exists; `names` are the files in the directory. */
  isHeld(names: readonly string[]): boolean;
  release(): Promise<void>;
}

/**
 * @param unique a text that no other caller passes, at most 36 characters.
 * @returns undefined if another process, or this one, has it already.
 * @throws NodeJS.ErrnoException if no socket can be made there.
 */
export async function lockDirectory(directory: string, unique: string): Promise<DirectoryLock | undefined> {
  if (platform() === 'win32') return lockOf(await listen(join('\\\\?\\pipe\\', resolve(directory))), () => true);
  const { base, done } = shortPath(directory);
  try {
    const path = join(base, `owner-${Buffer.from(unique).toString('base64url')}.sock`);
    const server = await listen(path);
    if (!server) return undefined;
    const own = await takeNumber(base, path);
    unlinkSync(path);
    const lock = lockOf(server, (names) => Math.max(...numbersIn(names)) === own);
    if (own === undefined) await lock?.release();
    return own === undefined ? undefined : lock;
  } finally {
    done();
  }
}

function lockOf(server: Server | undefined, isHeld: DirectoryLock['isHeld']): DirectoryLock | undefined {
  return server && { isHeld, release: () => new Promise((settle) => server.close(() => settle())) };
}

/** Makes the socket at the path the owner. @returns its number; undefined if another socket is the owner. */
async function takeNumber(base: string, path: string): Promise<number | undefined> {
  for (;;) {
    const numbers = readNumbers(base);
    for (const number of numbers) if (await answers(socketOf(base, number))) return undefined;
    const own = Math.max(0, ...numbers) + 1;
    if (!link(path, socketOf(base, own))) continue;
    if (Math.max(...readNumbers(base)) === own) {
      for (const number of numbers) rmSync(socketOf(base, number), { force: true });
      return own;
    }
    unlinkSync(socketOf(base, own));
  }
}

function socketOf(base: string, number: number): string {
  return join(base, `owner.${number}.sock`);
}

function readNumbers(base: string): number[] {
  return numbersIn(readdirSync(base));
}

function numbersIn(names: readonly string[]): number[] {
  return names.flatMap((name) => /^owner\.(\d+)\.sock$/.exec(name)?.slice(1).map(Number) ?? []);
}

/** @returns false if the name is taken. */
function link(path: string, name: string): boolean {
  try {
    linkSync(path, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** @returns undefined if the path is taken. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((settle, fail) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') settle(undefined);
      else fail(error);
    });
    server.listen(path, () => settle(server.unref()));
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      settle(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => settle(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

/** A name for the directory that is short enough to leave room for the name of a socket. */
function shortPath(directory: string): { base: string; done: () => void } {
  const full = resolve(directory);
  const short = [full, relative('', full)].find((path) => Buffer.byteLength(path) + maxName <= maxPath);
  if (short !== undefined) return { base: short, done: () => undefined };
  const fd = openSync(full, 'r');
  return { base: `/proc/self/fd/${fd}`, done: () => closeSync(fd) };
}
