/** The only place that knows LMDB: one environment with three tables, and all reads and writes. */
import { isUtf8 } from 'node:buffer';
import { statfsSync } from 'node:fs';
import {
  type Database,
  type DatabaseOptions,
  open,
  type RangeOptions,
  type RootDatabase,
  type RootDatabaseOptions,
  type Transaction,
} from 'lmdb';
import { cannotUse } from './data-file.ts';
import { LogError } from './error.ts';
import {
  decodeChunk,
  decodeRecord,
  encodeChunk,
  encodeRecord,
  format,
  keyLength,
  type Placed,
  type RoomRecord,
  readKey,
  type StoreRecord,
  writeKey,
} from './records.ts';

export interface StoreOptions {
  /** Whether a commit is on the disk, its meta page too, when it is reported. */
  readonly flush: boolean;
  readonly readOnly: boolean;
  /** How much address space to map at the start, in bytes. */
  readonly mapSize?: number | undefined;
}

/** The entries of one record, as they were found. */
export interface FoundChunk {
  /** The number of the last one. */
  readonly last: number;
  /** undefined if they are damaged. */
  readonly entries: readonly Placed[] | undefined;
}

/**
 * An entry as it was found. `placed` is undefined if it is damaged; such an entry may stand for damaged ones before it.
 */
export interface Found {
  readonly seq: number;
  readonly placed: Placed | undefined;
}

/** In bytes. */
export interface Size {
  /** Bytes that the records take. */
  readonly used: number;
  /** Bytes for which the file has room without growing. */
  readonly spare: number;
}

/** The writes of a batch. */
export interface Batch {
  /** Replaces a chunk that ends with the same entry, if there is one. */
  chunk(room: number, entries: readonly Placed[]): void;
  /** @param last the number of the chunk's last entry. */
  removeChunk(room: number, last: number): void;
  room(name: string, record: RoomRecord): void;
  removeRoom(name: string): void;
  store(record: StoreRecord): void;
}

type Table = Database<Buffer, Buffer>;

/** The result of lmdb's `getStats`, as far as it is used. */
interface Stats {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
  readonly lastPageNumber: number;
}

/**
 * Copies values out of lmdb's buffer as lmdb would, in a fifth of the time. Only the bytes up to `length` of that
 * buffer are the value.
 */
const ownBuffers = {
  encode: (value: Buffer) => value,
  decode({ buffer, byteOffset, length }: Uint8Array): Buffer {
    const own = Buffer.allocUnsafe(length);
    own.set(new Uint8Array(buffer, byteOffset, length));
    return own;
  },
};

const asBinary = { encoding: 'binary', keyEncoding: 'binary' } as const;
const storeKey = Buffer.from('store');
/** ENOSPC, EDQUOT. */
const noSpace: ReadonlySet<unknown> = new Set([28, 122]);
/**
 * If less than this is free, in bytes, a failed write counts as a full disk: LMDB needs space even to remove records.
 */
export const spaceKept = 1 << 20;
const maxSeq = Number.MAX_SAFE_INTEGER;
/** How many records or entries are read at once when all are read. */
const stride = 100;
/** A damaged page can lead anywhere, also in circles. */
const outOfOrder = new Error('its keys are out of order');

export class LmdbStore {
  readonly #directory: string;
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #store: Table;
  readonly #rooms: Table;
  readonly #entries: Table;
  /** The options of every read; see `freeze`. */
  #frozen: { readonly transaction?: Transaction } = {};
  /** Holds the values of a batch while it is written. */
  #slab = Buffer.allocUnsafeSlow(1 << 18);

  private constructor(directory: string, root: RootDatabase<Buffer, Buffer>) {
    const table = (name: string): Table => {
      // The types do not have the encoder.
      const options: DatabaseOptions & { encoder: typeof ownBuffers } = { ...asBinary, encoder: ownBuffers };
      const found: Table | undefined = root.openDB(name, options);
      if (!found) throw damaged(directory, `it has no table "${name}"`);
      return found;
    };
    this.#directory = directory;
    this.#root = root;
    this.#store = table('store');
    // Before the other tables are made: another format may have different ones.
    const { format: found = format } = this.record ?? {};
    if (found !== format) {
      const age = found > format ? 'newer' : 'older';
      throw new LogError(
        age,
        `the log in ${directory} was written by ${age === 'newer' ? 'a' : 'an'} ${age} version of Hubbub`,
      );
    }
    this.#rooms = table('rooms');
    this.#entries = table('entries');
  }

  /**
   * `checkFiles` must have passed: LMDB does not survive a file that is not a store.
   *
   * No `overlappingSync`: it reports a commit only when it is flushed anyway, and after a kill it goes back to the last
   * flushed commit if it cannot tell whether the machine was restarted. LMDB's own way is safer: the pages are flushed,
   * then the meta page is written; with `noMetaSync` the meta page is flushed with the next commit.
   * @throws LogError if there is something wrong with the store.
   */
  static async open(directory: string, { flush, readOnly, mapSize }: StoreOptions): Promise<LmdbStore> {
    const options: RootDatabaseOptions & { permissionsMode: number } = {
      ...(mapSize !== undefined && { mapSize }),
      noSubdir: false,
      overlappingSync: false,
      noMetaSync: !flush,
      // With it, lmdb makes a promise of its own in each turn of the loop; nobody would catch it if a commit fails.
      eventTurnBatching: false,
      readOnly,
      permissionsMode: 0o600,
      ...asBinary,
    };
    let root: RootDatabase<Buffer, Buffer> | undefined;
    try {
      root = open<Buffer, Buffer>(directory, options);
      return new LmdbStore(directory, root);
    } catch (error) {
      await root?.close();
      throw whyNot(directory, error);
    }
  }

  // ---- reading. All reads see committed entries only, and throw a LogError if LMDB cannot go on.

  /**
   * From now on all reads see the store as it is now (after an error, as it is then). Until `close`, space of removed
   * records is not reused.
   */
  freeze(): void {
    this.#frozen = { transaction: this.#root.useReadTransaction() };
  }

  /** undefined in a new store. */
  get record(): StoreRecord | undefined {
    const value = this.#get(this.#store, storeKey);
    const record = value && decodeRecord<StoreRecord>(value);
    if (value && !record) throw damaged(this.#directory, 'its first record is unreadable');
    return record;
  }

  /** undefined if there is no such room. */
  room(name: string): RoomRecord | undefined {
    const value = this.#get(this.#rooms, Buffer.from(name));
    const record = value && decodeRecord<RoomRecord>(value);
    if (value && !record) throw damaged(this.#directory, `the record of room ${JSON.stringify(name)} is unreadable`);
    return record;
  }

  /** Names of rooms after this one, in the order of their UTF-8 bytes. */
  names(after: string, limit: number): string[] {
    const start = Buffer.concat([Buffer.from(after), Buffer.of(0)]);
    return this.#guard(() => this.#keys(this.#rooms, start, limit).map((name) => name.toString()));
  }

  /**
   * The entries of a room from number `from` to before `to`, or in reverse. Finish or abandon the iteration in the same
   * turn of the loop: while it is open, its pages cannot be reused.
   */
  *entries(room: number, from = 0, to = maxSeq, reverse = false): Generator<Found> {
    for (const { last, entries } of this.chunks(room, from, to, reverse)) {
      if (!entries) {
        if (last < to) yield { seq: last, placed: undefined };
        continue;
      }
      for (const placed of reverse ? entries.toReversed() : entries) {
        const { seq } = placed.entry;
        if (seq >= from && seq < to) yield { seq, placed };
      }
    }
  }

  /** The chunks with such entries, in the same way. */
  *chunks(room: number, from = 0, to = maxSeq, reverse = false): Generator<FoundChunk> {
    if (from >= to) return;
    const range: RangeOptions = reverse
      ? { start: this.#chunkOf(room, Math.min(to, maxSeq) - 1), end: key(room, from - 1), reverse }
      : { start: key(room, from), end: key(room, maxSeq) };
    let before = reverse ? Number.POSITIVE_INFINITY : from - 1;
    try {
      for (const found of closing(this.#entries.getRange({ ...range, ...this.#frozen }))) {
        const { room: at, seq: last } = readKey(found.key);
        if (at !== room || (reverse ? last >= before : last <= before)) throw outOfOrder;
        yield { last, entries: decodeChunk(found.key, found.value) };
        if (!reverse && last >= to - 1) return;
        before = last;
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** All names; the iteration may take any time. */
  *allNames(): Generator<string> {
    let after: Buffer = Buffer.alloc(0);
    for (;;) {
      const start = Buffer.concat([after, Buffer.of(0)]);
      const names = this.#guard(() => this.#keys(this.#rooms, start, stride));
      for (const name of names) {
        if (!isUtf8(name) || name.compare(after) <= 0)
          throw damaged(this.#directory, 'the list of its rooms is unreadable');
        yield name.toString();
        after = name;
      }
      if (names.length === 0) return;
    }
  }

  /** All entries of a room; the iteration may take any time. */
  *allEntries(room: number): Generator<Found> {
    for (let from: number | undefined = 0; from !== undefined; ) {
      const found: Found[] = [];
      for (const one of this.entries(room, from)) if (found.push(one) === stride) break;
      yield* found;
      const last = found.at(-1);
      from = last && last.seq + 1;
    }
  }

  /** The numbers of all rooms that have entries. */
  *allRooms(): Generator<number> {
    for (let from = 0; ; ) {
      const room = this.#guard(() => this.#firstRoom(from));
      if (room === undefined) return;
      yield room;
      from = room + 1;
    }
  }

  get size(): Size {
    const { pageSize, lastPageNumber } = stats(this.#entries);
    const used = [this.#store, this.#rooms, this.#entries].map(pages).reduce((sum, count) => sum + count) * pageSize;
    return { used, spare: (lastPageNumber + 1) * pageSize - used };
  }

  /** Free space on the disk, in bytes; Infinity if unknown. */
  get free(): number {
    return freeSpace(this.#directory);
  }

  /** Whether a write failed because the disk is full. LMDB reports a short write as an I/O error. */
  isForWantOfSpace(error: unknown): boolean {
    return isForWantOfSpace(this.#directory, error);
  }

  /** Throws if reading has become impossible: after a failed write of its meta page LMDB refuses everything. */
  probe(): void {
    this.#root.resetReadTxn();
    this.#store.get(storeKey);
  }

  #get(table: Table, at: Buffer): Buffer | undefined {
    return this.#guard(() => table.get(at, this.#frozen));
  }

  /** The key of the chunk that would have this entry. */
  #chunkOf(room: number, seq: number): Buffer {
    const wanted = key(room, seq);
    const [found] = this.#guard(() => this.#keys(this.#entries, wanted, 1));
    return found && readKey(found).room === room ? found : wanted;
  }

  /** The first room with entries whose number is not below this one. */
  #firstRoom(from: number): number | undefined {
    const [next] = this.#keys(this.#entries, key(from, 0), 1);
    const room = next && readKey(next).room;
    if (room !== undefined && room < from) throw outOfOrder;
    return room;
  }

  #keys(table: Table, start: Buffer, limit: number): Buffer[] {
    return Array.from(closing(table.getKeys({ start, limit, ...this.#frozen })), (found) => Buffer.from(found));
  }

  #guard<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** After an error LMDB refuses every other read in the same transaction. */
  #failure(error: unknown): LogError {
    const { transaction } = this.#frozen;
    transaction?.done();
    this.#root.resetReadTxn();
    if (transaction) this.freeze();
    return damaged(this.#directory, (error as Error).message, error);
  }

  // ---- writing. One batch at a time.

  /**
   * Commits a batch as a whole, off the JavaScript thread.
   * @param bound how many bytes the chunks take at most.
   * @throws Error of LMDB or the operating system; then nothing of the batch is stored.
   */
  async write(bound: number, fill: (batch: Batch) => void): Promise<void> {
    if (bound > this.#slab.length) this.#slab = Buffer.allocUnsafeSlow(bound);
    const slab = this.#slab;
    const at = Buffer.allocUnsafe(keyLength);
    let end = 0;
    // Within a batch these promises settle at once; only the batch itself can fail.
    const batch: Batch = {
      chunk: (room, entries) => {
        const start = end;
        end = encodeChunk(entries, writeKey(at, room, entries.at(-1)?.entry.seq ?? 0), slab, start);
        void this.#entries.put(at, slab.subarray(start, end));
      },
      removeChunk: (room, last) => {
        void this.#entries.remove(writeKey(at, room, last));
      },
      room: (name, record) => {
        void this.#rooms.put(Buffer.from(name), encodeRecord(record));
      },
      removeRoom: (name) => {
        void this.#rooms.remove(Buffer.from(name));
      },
      store: (record) => {
        void this.#store.put(storeKey, encodeRecord(record));
      },
    };
    try {
      await this.#root.batch(() => fill(batch));
    } catch (error) {
      throw await reasonOf(error);
    }
  }

  /**
   * The same on the JavaScript thread, for the start. Twice: the second commit flushes the meta page of the first.
   * @throws LogError if it does not work.
   */
  writeNow(record: StoreRecord): void {
    try {
      for (let time = 0; time < 2; time += 1) this.#store.putSync(storeKey, encodeRecord(record));
    } catch (error) {
      throw whyNot(this.#directory, error);
    }
  }

  close(): Promise<void> {
    this.#frozen.transaction?.done();
    this.#frozen = {};
    return this.#root.close();
  }
}

function freeSpace(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function isForWantOfSpace(directory: string, error: unknown): boolean {
  return noSpace.has((error as { code?: unknown }).code) || freeSpace(directory) < spaceKept;
}

/** Why the store cannot be opened. */
function whyNot(directory: string, error: unknown): LogError {
  if (error instanceof LogError) return error;
  const { code, message } = error as { code?: unknown; message: string };
  // Codes from 0 on come from the operating system; negative ones from LMDB, which has read nonsense.
  if (typeof code !== 'number' || code < 0) return damaged(directory, message, error);
  return cannotUse(directory, isForWantOfSpace(directory, error) ? { code: 'ENOSPC' } : error);
}

function damaged(directory: string, what: string, cause?: unknown): LogError {
  return new LogError('damaged', `the log in ${directory} is damaged: ${what}`, { cause });
}

function key(room: number, seq: number): Buffer {
  return writeKey(Buffer.allocUnsafe(keyLength), room, Math.max(seq, 0));
}

/** If an iteration throws, lmdb leaves its cursor open, and with it the transaction. */
function* closing<T>(found: Iterable<T>): Generator<T> {
  const iterator = found[Symbol.iterator]();
  try {
    for (let next = iterator.next(); !next.done; next = iterator.next()) yield next.value;
  } finally {
    iterator.return?.();
  }
}

function stats(table: Table): Stats {
  return table.getStats() as Stats;
}

function pages(table: Table): number {
  const { treeBranchPageCount, treeLeafPageCount, overflowPages } = stats(table);
  return treeBranchPageCount + treeLeafPageCount + overflowPages;
}

/** lmdb's rejection has the reason in a promise of its own, which may never settle. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  if (!commitError) return error;
  const reason = commitError.catch((cause: unknown) => cause);
  return Promise.race([reason, new Promise((resolve) => setImmediate(resolve, error))]);
}
