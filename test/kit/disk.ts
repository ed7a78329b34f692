/** Disks to fill and files to damage. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An unprivileged user, for tests that run as root. */
export const nobody = process.getuid?.() === 0 ? 65_534 : undefined;

/** Why nothing can be mounted here; false if it can. */
export const withoutMount = whyNot(() => unmount(mount('1m')), 'nothing can be mounted here');
export const withoutPrlimit = whyNot(() => execFileSync('prlimit', ['--version']), 'there is no prlimit here');

/** A file system of its own. */
export class SmallDisk implements Disposable {
  readonly path: string;
  readonly #ballast: string;

  /** @param size as mount takes it: `8m` */
  constructor(size: string) {
    this.path = mount(size);
    this.#ballast = join(this.path, 'ballast');
  }

  /** Fills the disk, except for `left` bytes. */
  fill(left = 0): void {
    const { bavail, bsize } = statfsSync(this.path);
    writeFileSync(this.#ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)));
  }

  /** Frees that space. */
  free(): void {
    rmSync(this.#ballast);
  }

  remount(options: string): void {
    execFileSync('mount', ['-o', `remount,${options}`, this.path]);
  }

  [Symbol.dispose](): void {
    unmount(this.path);
  }
}

/** Limits how long the files of a process may become: `2000000`, or `unlimited`. */
export function limitFiles(pid: number, bytes: string): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:unlimited`]);
}

/** Limits how much of the address space a process may have, in bytes. */
export function limitAddresses(pid: number, bytes?: number): void {
  execFileSync('prlimit', ['--pid', `${pid}`, `--as=${bytes ?? 'unlimited'}:unlimited`]);
}

/** How much address space it uses. */
export function addressesOf(pid: number): number {
  return 1024 * Number(/^VmSize:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Writes into a file at this offset. */
export function overwrite(path: string, at: number, bytes: Uint8Array): void {
  assert.ok(at >= 0);
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

/** Replaces words in a file by others of the same length, wherever they are. */
export function replaceAll(path: string, words: string, others: string): void {
  assert.equal(words.length, others.length);
  const bytes = readFileSync(path);
  let at = bytes.indexOf(words);
  assert.ok(at >= 0, `${words} is not in ${path}`);
  for (; at >= 0; at = bytes.indexOf(words, at + 1)) overwrite(path, at, Buffer.from(others));
}

/** Mounts a file system of this size at a new directory. */
export function mount(size: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'hubbub-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory], { stdio: 'ignore' });
    return directory;
  } catch (error) {
    rmSync(directory, { recursive: true });
    throw error;
  }
}

export function unmount(directory: string): void {
  execFileSync('umount', ['--lazy', directory]);
  rmSync(directory, { recursive: true });
}

function whyNot(attempt: () => unknown, reason: string): string | false {
  try {
    attempt();
    return false;
  } catch {
    return reason;
  }
}
