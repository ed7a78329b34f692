/**
 * Checks a store's files before LMDB opens them. LMDB trusts them: with a file that is not a data file, that is shorter
 * than it says or that may not be opened LMDB does not fail, it kills the process (SIGSEGV, SIGBUS; seen with lmdb
 * 3.5.6).
 *
 * A data file starts with two meta pages; the one with the higher transaction id holds. Little endian, 64 bit.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { findDamagedPage, readRoot, treeLength } from './data-tree.ts';
import { LogError } from './error.ts';

/** The least space that LMDB and the first commit need, in bytes. */
const minSpace = 1 << 18;
/** The last pages may never have been written, if they were freed in the commit that took them. */
const maxMissingPages = 64;

const magic = 0xbeefc0de;
const dataVersion = 2;
const metaFlag = 0x08;
const at = {
  flags: 18,
  magic: 24,
  version: 28,
  pageSize: 48,
  free: 48,
  tables: 96,
  lastPage: 144,
  transaction: 152,
} as const;
const metaLength = 168;

/** Where the log is in a server's data directory. */
export function logDirectory(data: string): string {
  return join(data, 'log');
}

/**
 * Makes the directory if it is missing, and checks whether the store in it can be used.
 * @throws LogError if not.
 */
export function prepareDirectory(directory: string): void {
  try {
    makeDirectory(resolve(directory));
    if (!statSync(directory).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' });
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw cannotUse(directory, error);
  }
}

/**
 * Makes the parent directories first. Node's `recursive` is no help: below `/proc` it never ends, and on a read-only
 * file system it hides the reason (seen with Node 20.20).
 */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it in the meantime.
    if (!existsSync(directory)) throw error;
  }
}

/**
 * @throws LogError if the files in the directory are not a store that can be opened. A missing or empty directory is
 * fine.
 */
export function checkFiles(directory: string, readOnly: boolean): void {
  let fd: number;
  try {
    if (!readOnly) accessIfThere(join(directory, 'lock.mdb'));
    if (!readOnly && space(directory) < minSpace) throw Object.assign(new Error(), { code: 'ENOSPC' });
    fd = openSync(join(directory, 'data.mdb'), readOnly ? 'r' : 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw cannotUse(directory, error);
    if (readOnly) throw new LogError('directory', `there is no log in ${directory}`);
    return;
  }
  try {
    checkData(directory, fd, readOnly);
  } finally {
    closeSync(fd);
  }
}

/** When the store was last written, by the wall clock of that time; undefined if there is no store. */
export function lastWritten(directory: string): number | undefined {
  try {
    return statSync(join(directory, 'data.mdb')).mtimeMs;
  } catch {
    // If something is wrong with it, opening it will say so.
    return undefined;
  }
}

/** Why the operating system refuses the directory, in one line. */
export function cannotUse(directory: string, error: unknown): LogError {
  const { code, message } = error as NodeJS.ErrnoException;
  const options = { cause: error };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new LogError('space', `cannot open the log in ${directory}: no space left on the disk`, options);
  }
  return new LogError('directory', `cannot use ${directory} for the log: ${reasons[code ?? ''] ?? message}`, options);
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'it is not a directory',
  EEXIST: 'it is not a directory',
  ENOENT: 'it cannot be made',
};

function accessIfThere(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** How large the data file can grow before the disk is full, in bytes; undefined if unknown. */
export function roomOnDisk(directory: string): number | undefined {
  try {
    return space(directory) + statSync(join(directory, 'data.mdb')).size;
  } catch {
    return undefined;
  }
}

function space(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function checkData(directory: string, fd: number, readOnly: boolean): void {
  const { size } = fstatSync(fd);
  if (size === 0 && !readOnly) return;
  const damaged = (what: string) => new LogError('damaged', `the log in ${directory} is damaged: ${what}`);
  const first = readMeta(fd, 0);
  if (!first) throw damaged('its data file is none');
  if (first.version !== dataVersion) {
    throw new LogError('newer', `the log in ${directory} has data format ${first.version}; this version reads 2`);
  }
  const second = readMeta(fd, first.pageSize);
  if (second?.pageSize !== first.pageSize || second.version !== dataVersion)
    throw damaged('its second page is unreadable');
  const { pageSize, lastPage, free, tables } = first.transaction > second.transaction ? first : second;
  const expected = (lastPage + 1) * pageSize;
  if (expected - size > maxMissingPages * pageSize) {
    throw damaged(`its data file has ${size} bytes and should have ${expected}`);
  }
  // Another process may be writing to a store that this one only reads, and reuse pages.
  if (readOnly) return;
  const page = findDamagedPage({ fd, pageSize, lastPage }, free, tables);
  if (page !== undefined) throw damaged(`page ${page} of its data file is unreadable`);
  if (size < expected) ftruncateSync(fd, expected);
}

interface Meta {
  readonly version: number;
  readonly pageSize: number;
  /** The root of the list of free pages, and of that of the tables. */
  readonly free: number | undefined;
  readonly tables: number | undefined;
  readonly lastPage: number;
  readonly transaction: number;
}

/** undefined if there is no meta page. */
function readMeta(fd: number, position: number): Meta | undefined {
  const page = Buffer.alloc(metaLength);
  readSync(fd, page, 0, metaLength, position);
  const pageSize = page.readUInt32LE(at.pageSize);
  const isMeta = (page.readUInt16LE(at.flags) & metaFlag) !== 0 && page.readUInt32LE(at.magic) === magic;
  const lastPage = Number(page.readBigUInt64LE(at.lastPage));
  if (!isMeta || pageSize < 512 || pageSize > 65_536 || !Number.isSafeInteger(lastPage * pageSize)) return undefined;
  return {
    version: page.readUInt32LE(at.version),
    pageSize,
    free: readRoot(page.subarray(at.free, at.free + treeLength)),
    tables: readRoot(page.subarray(at.tables, at.tables + treeLength)),
    lastPage,
    transaction: Number(page.readBigUInt64LE(at.transaction)),
  };
}
