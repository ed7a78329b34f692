/**
 * Notices when the open files of a store are no longer the ones on disk: the directory was removed or replaced.
 * Whatever is written then is gone at the next start, and another server may already be using the directory.
 */
import { readSync } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Failed, guarded } from '../observe/guard.ts';
import type { DirectoryLock } from './directory-lock.ts';

export interface DirectoryWatchOptions {
  readonly directory: string;
  readonly lock: DirectoryLock;
  /** How often to check, in milliseconds. */
  readonly interval: number;
  /** Called once, with words for an operator; then the watch is over. */
  readonly lost: (detail: string) => void;
  readonly failed: Failed;
}

/** Codes for a file that is gone; the last one comes from NFS servers. */
const gone: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'ESTALE']);
const lostAtEnd = 'what was kept is lost when the server ends';
/** LMDB's meta pages: they change with every commit. */
const metaBytes = 8192;

export class DirectoryWatch {
  readonly #options: DirectoryWatchOptions;
  readonly #path: string;
  readonly #data: FileHandle;
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;
  #isOver = false;

  private constructor(options: DirectoryWatchOptions, path: string, data: FileHandle) {
    this.#options = options;
    this.#path = path;
    this.#data = data;
    const { failed, interval } = options;
    const look = guarded('the files of the log cannot be watched', failed, () => this.#start());
    this.#timer = setInterval(look, interval).unref();
  }

  /** The store is open already. @throws NodeJS.ErrnoException if its data file cannot be read. */
  static async start(options: DirectoryWatchOptions): Promise<DirectoryWatch> {
    const path = join(options.directory, 'data.mdb');
    return new DirectoryWatch(options, path, await open(path));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    await this.#data.close();
  }

  /** A file system that does not answer is asked once, and holds up nobody. */
  #start(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { failed } = this.#options;
    this.#look()
      .catch((error: unknown) => {
        // It may have been stopped in the middle of a check.
        if (!this.#isOver) failed('the files of the log cannot be watched', error);
      })
      .finally(() => {
        this.#isLooking = false;
      });
  }

  async #look(): Promise<void> {
    const lost = await this.#whatIsLost();
    if (lost === undefined || this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#options.lost(lost);
  }

  /** @returns undefined if everything is there, or if that is unknown for now. */
  async #whatIsLost(): Promise<string | undefined> {
    const { directory, lock } = this.#options;
    try {
      const names = await readdir(directory);
      if (!names.includes('data.mdb') || !names.includes('lock.mdb'))
        return `files in ${directory} were removed: ${lostAtEnd}`;
      if (!lock.isHeld(names)) return `the lock in ${directory} was removed, or another server has it`;
      return (await this.#isSame()) ? undefined : `there is another data file in ${directory}: ${lostAtEnd}`;
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (!gone.has(code)) throw error;
      return `${path === directory ? `${directory} was` : `files in ${directory} were`} removed: ${lostAtEnd}`;
    }
  }

  /** On some network file systems the inode of a file changes by itself: then its content decides. */
  async #isSame(): Promise<boolean> {
    const [own, found] = await Promise.all([this.#data.stat({ bigint: true }), stat(this.#path, { bigint: true })]);
    if (own.ino === found.ino && own.dev === found.dev) return true;
    if (own.nlink === 0n) return false;
    const other = await open(this.#path);
    try {
      return readMeta(this.#data).equals(readMeta(other));
    } finally {
      await other.close();
    }
  }
}

/** Reads synchronously, so that this process reports no commit in between. */
function readMeta({ fd }: FileHandle): Buffer {
  const meta = Buffer.alloc(metaBytes);
  readSync(fd, meta, 0, metaBytes, 0);
  return meta;
}
