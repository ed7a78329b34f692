/**
 * Sees to it that one process at a time has a directory, by a socket in it that accepts connections. The kernel closes it
 * with the process, however that ends; unlike a process id it means the same in every container that shares the
 * directory.
 *
 * The sockets are numbered, and the highest one counts: `owner.17.sock`. When it does not answer, the next number may be
 * had. A socket gets its number, as a second name, when it answers already; a number is given once, and the highest one
 * is never taken away. So whoever has got a number, and sees no higher one then, is the only one.
 */
import { closeSync, linkSync, openSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { platform } from 'node:os';
import { join, relative, resolve } from 'node:path';

/** How long the path of a socket may be on every system. Node would cut it off. */
const maxPath = 103;
const maxName = 60;

export interface DirectoryLock {
  /** Whether nobody has taken it away since, or another one after it; `names` are those of the files in the directory. */
  isHeld(names: readonly string[]): boolean;
  release(): Promise<void>;
}

/**
 * @param unique what nobody else gives, at most 36 characters.
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

/** Makes the socket at the path the one that counts. @returns its number; undefined if another one does. */
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

/** Whether there was nothing of that name. */
function link(path: string, name: string): boolean {
  try {
    linkSync(path, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** undefined if there is something at the path. */
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

/** The directory by a name that leaves room for that of a socket. */
function shortPath(directory: string): { base: string; done: () => void } {
  const full = resolve(directory);
  const short = [full, relative('', full)].find((path) => Buffer.byteLength(path) + maxName <= maxPath);
  if (short !== undefined) return { base: short, done: () => undefined };
  const fd = openSync(full, 'r');
  return { base: `/proc/self/fd/${fd}`, done: () => closeSync(fd) };
}
