/** The log in an LMDB environment: the default. It survives a killed process, and commits off the JavaScript thread. */
import { cannotUse, checkFiles, prepareDirectory } from './data-file.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { DirectoryWatch } from './directory-watch.ts';
import { LogError } from './error.ts';
import { Committer, type CommitterOptions, type Operation } from './lmdb-committer.ts';
import { mapFor } from './lmdb-map.ts';
import { OpenRoom, type RoomContext } from './lmdb-room.ts';
import { type Batch, LmdbStore } from './lmdb-store.ts';
import { Numbering } from './numbering.ts';
import type {
  Entry,
  Log,
  LogOptions,
  LogStats,
  LogStatus,
  Range,
  ReadLimits,
  Retention,
  RoomHead,
  Unavailable,
} from './port.ts';
import { format, type StoreRecord } from './records.ts';

export interface LmdbLogOptions extends LogOptions {
  /** Where the store is; made if it is missing. */
  readonly directory: string;
  /** Overrides of the measured values. */
  readonly commit?: Partial<Omit<CommitterOptions, 'maxBytes'>>;
  /** How often to check that the files are in their place, in milliseconds. */
  readonly watch?: number;
  /** How much address space the process may use, in bytes; undefined for any amount. */
  readonly addresses?: number | undefined;
}

const defaultCommit = {
  interval: 5,
  retry: 1000,
  batch: { steps: 2000, bytes: 2 << 20 },
  chunk: { entries: 128, bytes: 12_000 },
} as const;
const defaultWatch = 1000;
/** When to try again if too much waits to be committed, in milliseconds: a few commits later. */
const retryBehind = 250;

/** @throws LogError if the store cannot be opened. */
export async function openLmdbLog(options: LmdbLogOptions): Promise<Log> {
  const { directory, durability, newEpoch } = options;
  prepareDirectory(directory);
  const lock = await lockDirectory(directory, newEpoch()).catch((error: unknown) => {
    throw cannotUse(directory, error);
  });
  if (!lock) throw new LogError('in_use', `the log in ${directory} is in use by another process`);
  try {
    checkFiles(directory, false);
    const { maxBytes, addresses } = options;
    const store = await LmdbStore.open(directory, {
      flush: durability === 'disk',
      readOnly: false,
      mapSize: mapFor(maxBytes, addresses),
    });
    return await startLog(store, lock, options);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startLog(store: LmdbStore, lock: DirectoryLock, options: LmdbLogOptions): Promise<Log> {
  try {
    const log = new LmdbLog(store, lock, options);
    await log.watch();
    return log;
  } catch (error) {
    await store.close();
    throw error instanceof LogError ? error : cannotUse(options.directory, error);
  }
}

/**
 * The store alone, for reading. Another process may be writing to it.
 * @throws LogError if there is none, or it cannot be read.
 */
export async function openStoreForReading(directory: string): Promise<LmdbStore> {
  checkFiles(directory, true);
  return await LmdbStore.open(directory, { flush: false, readOnly: true });
}

class LmdbLog implements Log {
  readonly #store: LmdbStore;
  readonly #lock: DirectoryLock;
  readonly #options: LmdbLogOptions;
  readonly #context: RoomContext;
  readonly #retry: number;
  readonly #committer: Committer;
  readonly #rooms = new Map<string, OpenRoom>();
  /** Rooms the store still has a record of. */
  readonly #dropped = new Map<string, OpenRoom>();
  /** The store's own record, as it will be after this batch. */
  #record: StoreRecord;
  #written: StoreRecord;
  /** The highest room id that was given. */
  #lastRoom: number;
  /** With the durability `none`: the commits to report. */
  readonly #unreported = new Map<string, number>();
  #watch: DirectoryWatch | undefined;
  #closed: Promise<void> | undefined;

  constructor(store: LmdbStore, lock: DirectoryLock, options: LmdbLogOptions) {
    this.#store = store;
    this.#lock = lock;
    this.#options = options;
    const damaged = (room: string, seq: number) => queueMicrotask(() => options.events.damaged(room, seq));
    this.#context = { store, options, damaged };
    const found = store.record ?? { format, crashes: 0, closed: true, lastRoom: 0 };
    this.#record = { ...found, crashes: found.crashes + (found.closed ? 0 : 1), closed: false };
    this.#written = this.#record;
    this.#lastRoom = found.lastRoom;
    store.writeNow(this.#record);
    const commit = { ...defaultCommit, ...options.commit, maxBytes: options.maxBytes };
    this.#retry = commit.retry;
    this.#committer = new Committer(store, commit, {
      complete: (batch) => this.#complete(batch),
      committed: (operations) => this.#committed(operations),
      status: (status) => options.events.status(status),
      failed: (what, error) => options.events.failed(what, error),
    });
  }

  /**
   * The log breaks when its files are no longer in their place. @throws NodeJS.ErrnoException if they cannot be
   * watched.
   */
  async watch(): Promise<void> {
    const { directory, watch = defaultWatch, events } = this.#options;
    this.#watch = await DirectoryWatch.start({
      directory,
      lock: this.#lock,
      interval: watch,
      lost: (detail) => this.#committer.fail(detail),
      failed: (what, error) => events.failed(what, error),
    });
  }

  get status(): LogStatus {
    return this.#committer.status;
  }

  get stats(): LogStats {
    const { entries, bytes, used } = this.#committer;
    return { open: this.#rooms.size, queued: entries, queuedBytes: bytes, used };
  }

  // ---- rooms

  open(name: string, epoch?: string): RoomHead {
    const stored = () =>
      this.#dropped.has(name) ? undefined : OpenRoom.load(this.#context, name, this.#record.crashes);
    const found = this.#rooms.get(name) ?? stored();
    if (found && epoch !== undefined) throw new Error(`there is a room ${JSON.stringify(name)} already`);
    const room = found ?? this.#create(name, epoch ?? this.#options.newEpoch());
    this.#rooms.set(name, room);
    room.users += 1;
    return room.head;
  }

  release(name: string): void {
    const room = this.#room(name);
    room.users -= 1;
    if (room.users > 0) return;
    if (room.recorded && room.numbering.next !== room.numbering.checkpoint) this.#checkpoint(room);
    this.#forget(room);
  }

  head(name: string): RoomHead {
    return this.#room(name).head;
  }

  drop(name: string): boolean {
    const room = this.#room(name);
    if (room.users > 1 || !room.isEmpty) return false;
    this.#rooms.delete(name);
    if (!room.recorded) return true;
    this.#dropped.set(name, room);
    this.#committer.add({ type: 'drop', room });
    return true;
  }

  rooms(after: string, limit: number): string[] {
    const names = this.#store.names(after, limit + this.#dropped.size);
    return names.filter((name) => !this.#dropped.has(name)).slice(0, limit);
  }

  #room(name: string): OpenRoom {
    const room = this.#rooms.get(name);
    if (!room || room.users === 0) throw new Error(`room ${JSON.stringify(name)} is not open`);
    return room;
  }

  #create(name: string, epoch: string): OpenRoom {
    this.#lastRoom += 1;
    return new OpenRoom(this.#context, { name, id: this.#lastRoom, epoch, numbering: new Numbering(1) });
  }

  /** Writes down how the room stands now. */
  #checkpoint(room: OpenRoom): void {
    room.recorded = true;
    room.numbering.checkpoint = room.numbering.next;
    this.#committer.add({ type: 'record', room, record: room.record(this.#record.crashes) });
  }

  #forget(room: OpenRoom): void {
    if (room.users === 0 && room.queued === 0 && this.#rooms.get(room.name) === room) this.#rooms.delete(room.name);
  }

  // ---- entries

  unavailable(name: string): Unavailable | undefined {
    const room = this.#room(name);
    return this.#unavailable(room, room.numbering.next);
  }

  append(name: string, entry: Entry): Unavailable | undefined {
    const room = this.#room(name);
    check(room, entry);
    const unavailable = this.#unavailable(room, entry.seq);
    if (unavailable) return unavailable;
    if (room.numbering.take(entry.seq) || !room.recorded) this.#checkpoint(room);
    this.#committer.append(room, room.push(entry));
    if (this.#options.durability === 'none') this.#reportSoon(name, entry.seq);
    return undefined;
  }

  skip(name: string, next: number): void {
    const room = this.#room(name);
    if (next <= room.numbering.next) return;
    room.numbering.take(next - 1);
    this.#checkpoint(room);
  }

  #unavailable({ numbering }: OpenRoom, seq: number): Unavailable | undefined {
    const { state } = this.status;
    if (this.#closed) return { reason: 'closed', retry: this.#retry };
    if (state !== 'ready') return { reason: state, retry: this.#retry };
    const isBehind = this.#committer.weight >= this.#options.maxQueue || !numbering.allows(seq);
    return isBehind ? { reason: 'behind', retry: retryBehind } : undefined;
  }

  read(name: string, range: Range, limits: ReadLimits): Entry[] {
    const room = this.#room(name);
    const isForward = 'after' in range;
    const entries: Entry[] = [];
    let bytes = 0;
    for (const { entry } of isForward ? room.forward(range.after + 1) : room.backward(range.before)) {
      bytes += entry.bytes.length;
      if (entries.length >= limits.entries || (entries.length > 0 && bytes > limits.bytes)) break;
      entries.push(entry);
    }
    return isForward ? entries : entries.reverse();
  }

  latest(name: string, before: number, limits: ReadLimits): number | undefined {
    return this.#room(name).latest(before, limits);
  }

  find(name: string, user: string, id: string, now: number): { seq: number; at: number } | undefined {
    return this.#room(name).find(user, id, now);
  }

  trim(name: string, retention: Retention, now: number, maxSteps: number): { removed: number; more: boolean } {
    const room = this.#room(name);
    const { removed, more, chunks, rest } = room.trim(retention, now, maxSteps);
    if (removed > 0) {
      // With no entry left, only the record knows the last number.
      if (room.isEmpty) this.#checkpoint(room);
      this.#committer.add({ type: 'trim', room, chunks, rest, empties: room.isEmpty });
    }
    return { removed, more };
  }

  // ---- commits

  #complete(batch: Batch): void {
    if (this.#lastRoom === this.#record.lastRoom) return;
    this.#written = { ...this.#record, lastRoom: this.#lastRoom };
    batch.store(this.#written);
  }

  #committed(operations: readonly Operation[]): void {
    this.#record = this.#written;
    const last = new Map<string, number>();
    for (const operation of operations) {
      const { room } = operation;
      switch (operation.type) {
        case 'entries':
          room.settle(operation.entries.length);
          last.set(room.name, operation.entries.at(-1)?.entry.seq ?? 0);
          break;
        case 'record':
          room.numbering.committed(operation.record.next);
          break;
        case 'drop':
          if (this.#dropped.get(room.name) === room) this.#dropped.delete(room.name);
          break;
        case 'trim':
          break;
      }
      this.#forget(room);
    }
    if (this.#options.durability !== 'none') this.#announce(last);
  }

  #reportSoon(room: string, seq: number): void {
    if (this.#unreported.size === 0) {
      queueMicrotask(() => {
        this.#announce(this.#unreported);
        this.#unreported.clear();
      });
    }
    this.#unreported.set(room, seq);
  }

  #announce(last: ReadonlyMap<string, number>): void {
    if (last.size > 0) this.#options.events.committed(Array.from(last, ([room, seq]) => ({ room, seq })));
  }

  // ---- the end

  flush(): Promise<void> {
    return this.#committer.flush();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const room of this.#rooms.values()) {
      if (room.recorded && room.numbering.next !== room.numbering.checkpoint) this.#checkpoint(room);
    }
    try {
      await this.#committer.close();
      // If this fails, the next process skips some numbers, and nothing else happens.
      await this.#store.write(0, (batch) => batch.store({ ...this.#record, closed: true })).catch(() => undefined);
    } finally {
      await this.#watch?.stop();
      await this.#store.close();
      await this.#lock.release();
    }
  }
}

/** @throws RangeError if the number is wrong: the committer must only get entries that cannot fail. */
function check(room: OpenRoom, { seq, prev, at }: Entry): void {
  const { next } = room.numbering;
  const isNext = Number.isSafeInteger(seq) && seq >= next && prev >= room.seq && prev < seq;
  const isTime = Number.isSafeInteger(at) && at >= 0 && at < 2 ** 48;
  if (isNext && isTime) return;
  const position = `${seq} after ${prev}, at ${at}`;
  throw new RangeError(`room ${JSON.stringify(room.name)} has ${room.seq} and goes on with ${next}, not ${position}`);
}
