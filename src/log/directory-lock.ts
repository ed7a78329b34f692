/**
 * Sees to it that one process at a time has a directory: a socket in it that accepts connections. The kernel closes it
 * with the process, however that ends, so a lock that nobody answers at is nobody's. Unlike a process id it means the
 * same in every container that shares the directory.
 */
import { closeSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { platform } from 'node:os';
import { join, relative, resolve } from 'node:path';

const name = 'owner.sock';
/** How long the path of a socket may be on every system; Node would cut it off. */
const maxPath = 103;
const maxRandom = 8;

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * @param random 8 characters or fewer, others in each process.
 * @returns undefined if another process, or this one, has it already.
 * @throws NodeJS.ErrnoException if no socket can be made there.
 */
export async function lockDirectory(directory: string, random: string): Promise<DirectoryLock | undefined> {
  const { path, done } = socketPath(directory);
  for (;;) {
    const server = await listen(path).catch((error) => {
      done();
      throw error;
    });
    if (server) return { release: () => new Promise<void>((settle) => server.close(() => settle())).finally(done) };
    if ((await answers(path)) || !(await clear(path, random))) {
      done();
      return undefined;
    }
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

/**
 * Takes away a lock nobody answers at. Another process may have done the same and made its own meanwhile: so it is moved
 * aside, asked once more, and moved back if it was the other one's. Whether the path is free now.
 */
async function clear(path: string, random: string): Promise<boolean> {
  const aside = `${path}.${random}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  if (await answers(aside)) {
    renameSync(aside, path);
    return false;
  }
  unlinkSync(aside);
  return true;
}

function socketPath(directory: string): { path: string; done: () => void } {
  const nothing = () => undefined;
  const aside = maxRandom + 1;
  const full = resolve(directory);
  if (platform() === 'win32') return { path: join('\\\\?\\pipe\\', full, name), done: nothing };
  const paths = [join(full, name), relative('', join(full, name))];
  const short = paths.find((path) => Buffer.byteLength(path) + aside <= maxPath);
  if (short !== undefined) return { path: short, done: nothing };
  const fd = openSync(full, 'r');
  return { path: `/proc/self/fd/${fd}/${name}`, done: () => closeSync(fd) };
}
