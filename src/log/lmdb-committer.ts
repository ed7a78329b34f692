/**
 * Collects operations and commits them in batches, one at a time, off the JavaScript thread. Operations that arrive
 * during a commit form the next batch, so batches grow with the load. If a commit fails, the same batch is retried
 * until it works.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { LogError } from './error.ts';
import type { OpenRoom } from './lmdb-room.ts';
import { type Batch, type LmdbStore, type Size, spaceKept } from './lmdb-store.ts';
import type { LogStatus } from './port.ts';
import { chunkBound, entryBound, type Placed, type RoomRecord } from './records.ts';

/** Entries to be committed together, in one chunk; more may be added until then. */
export interface Gathering {
  readonly type: 'entries';
  readonly room: OpenRoom;
  readonly entries: Placed[];
  /** The sum of the lengths of their `bytes`. */
  bytes: number;
  /** The most bytes they can take in the store. */
  bound: number;
}

export type Operation =
  | Gathering
  | { readonly type: 'record'; readonly room: OpenRoom; readonly record: RoomRecord }
  | { readonly type: 'drop'; readonly room: OpenRoom }
  /**
   * Removes committed `chunks`, and from the one after them everything but the `rest`. It has to wait for earlier
   * operations only if no entry is left afterwards (`empties`).
   */
  | {
      readonly type: 'trim';
      readonly room: OpenRoom;
      readonly chunks: readonly number[];
      readonly rest: readonly Placed[];
      readonly empties: boolean;
    };

/** A caller waits until everything before this mark is committed. */
interface Mark {
  readonly type: 'mark';
  readonly settle: () => void;
  readonly fail: (error: Error) => void;
}

export interface CommitterOptions {
  /** The limit of the whole store in bytes. */
  readonly maxBytes: number;
  /**
   * The least time from the start of one commit to the next while there is no full batch, in milliseconds; up to four
   * times as long when much is committed: a commit takes about the same CPU time for few as for many.
   */
  readonly interval: number;
  /** How long to wait before a failed commit is tried again, in milliseconds. */
  readonly retry: number;
  /** The largest batch: this much is encoded in one turn of the loop. */
  readonly batch: { readonly steps: number; readonly bytes: number };
  /**
   * The largest chunk, unless a single message is larger; `bytes` of messages. A larger chunk is cheaper to write, and
   * dearer to read one message from; it takes whole pages in the store, and is lost as a whole if it is damaged.
   */
  readonly chunk: { readonly entries: number; readonly bytes: number };
}

interface Callbacks {
  /** Adds further records to a batch. */
  complete(batch: Batch): void;
  committed(operations: readonly Operation[]): void;
  status(status: LogStatus): void;
  /** A defect was met. */
  failed(what: string, error: unknown): void;
}

const ready: LogStatus = { state: 'ready', detail: 'the log is ready' };
const diskFull: LogStatus = { state: 'full', detail: 'no space left on the disk of the log' };
/** Space that LMDB may need per room besides the entries: a rewritten page, and its share of the pages above. */
const pagesPerRoom = 4 * 4096;
/** After a batch of this many entries it pays to wait twice as long. */
const few = 20;
/** Memory that a waiting entry takes besides its bytes. */
const overhead = 300;

export class Committer {
  readonly #store: LmdbStore;
  readonly #options: CommitterOptions;
  readonly #callbacks: Callbacks;
  #queue: (Operation | Mark)[] = [];
  /** How many at the start of `#queue` have been taken. */
  #taken = 0;
  #entries = 0;
  #bytes = 0;
  #running = false;
  #closing = false;
  /** Why nothing is committed any more. */
  #failure: { readonly detail: string; readonly error: LogError } | undefined;
  /** Ends a pause. */
  #wake: () => void = () => undefined;
  #size: Size;
  #atLimit = false;
  /** Why the last commit did not work. */
  #trouble: LogStatus | undefined;
  #told: LogStatus = ready;

  constructor(store: LmdbStore, options: CommitterOptions, callbacks: Callbacks) {
    this.#store = store;
    this.#options = options;
    this.#callbacks = callbacks;
    this.#size = store.size;
    this.#measure();
    this.#told = this.status;
  }

  get status(): LogStatus {
    if (this.#failure) return { state: 'broken', detail: this.#failure.detail };
    if (this.#trouble) return this.#trouble;
    if (!this.#atLimit) return ready;
    return { state: 'full', detail: `the log has reached its limit of ${this.#options.maxBytes} bytes` };
  }

  /** Entries that wait to be committed. */
  get entries(): number {
    return this.#entries;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How much memory that takes, roughly. */
  get weight(): number {
    return this.#bytes + this.#entries * overhead;
  }

  /** Bytes used in the store. */
  get used(): number {
    return this.#size.used;
  }

  append(room: OpenRoom, placed: Placed): void {
    const { length } = placed.entry.bytes;
    this.#entries += 1;
    this.#bytes += length;
    const { gathering } = room;
    const { entries, bytes } = this.#options.chunk;
    if (gathering && gathering.entries.length < entries && gathering.bytes + length <= bytes) {
      gathering.entries.push(placed);
      gathering.bytes += length;
      gathering.bound += entryBound(placed.entry);
    } else {
      const bound = chunkBound + entryBound(placed.entry);
      room.gathering = { type: 'entries', room, entries: [placed], bytes: length, bound };
      this.add(room.gathering);
    }
  }

  add(operation: Operation): void {
    operation.room.queued += 1;
    this.#enqueue(operation);
  }

  /** Settles when all that was added before is committed. */
  flush(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure.error);
    return new Promise((settle, fail) => this.#enqueue({ type: 'mark', settle, fail }));
  }

  /** The same, but does not try again when a commit fails. */
  close(): Promise<void> {
    this.#closing = true;
    this.#wake();
    return this.flush();
  }

  /**
   * From now on nothing is committed any more, and nothing that waits is reported as committed, though it may be.
   * @param detail in words for an operator.
   */
  fail(detail: string, cause?: unknown): LogError {
    if (this.#failure) return this.#failure.error;
    const error = this.#unsaved(detail, cause);
    this.#failure = { detail, error };
    this.#wake();
    this.#tell(undefined);
    for (const operation of this.#queue) if (operation.type === 'mark') operation.fail(error);
    return error;
  }

  #enqueue(operation: Operation | Mark): void {
    this.#queue.push(operation);
    if (this.#running || this.#failure) return;
    this.#running = true;
    // If it fails, `#running` stays set: nothing is ever committed again.
    this.#run().catch((error: unknown) => {
      const failure = this.#failureOf(error);
      this.#failure ??= { detail: this.status.detail, error: failure };
    });
  }

  async #run(): Promise<void> {
    let size = 0;
    while (this.#taken < this.#queue.length) {
      // Operations from the rest of this turn belong to the batch, too.
      await turn();
      const pause = this.#pause(this.#options.interval * Math.min(4, 1 + size / few));
      const batch = this.#take();
      size = batch.reduce((sum, operation) => sum + stepsOf(operation), 0);
      await this.#commit(batch);
      const { steps, bytes } = this.#options.batch;
      const isFull = this.#entries >= steps || this.#queue.length - this.#taken >= steps || this.#bytes >= bytes;
      if (isFull) this.#wake();
      await pause;
    }
    this.#running = false;
  }

  #take(): (Operation | Mark)[] {
    let { steps, bytes } = this.#options.batch;
    const start = this.#taken;
    while (steps > 0 && bytes > 0) {
      const operation = this.#queue[this.#taken];
      if (!operation) break;
      this.#taken += 1;
      if (operation.type === 'entries') operation.room.gathering = undefined;
      steps -= stepsOf(operation);
      bytes -= bytesOf(operation);
    }
    const batch = this.#queue.slice(start, this.#taken);
    if (this.#taken * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#taken);
      this.#taken = 0;
    }
    return batch;
  }

  async #commit(batch: readonly (Operation | Mark)[]): Promise<void> {
    const operations = batch.filter((operation) => operation.type !== 'mark');
    const marks = batch.filter((operation) => operation.type === 'mark');
    try {
      for (let trouble = await this.#attempt(operations); trouble; trouble = await this.#attempt(operations)) {
        this.#tell(trouble);
        await this.#recover();
      }
      this.#tell(undefined);
      this.#settle(operations);
    } catch (error) {
      const failure = this.#failureOf(error);
      marks.push(...this.#queue.filter((operation) => operation.type === 'mark'));
      for (const { fail } of marks) fail(failure);
      throw failure;
    }
    for (const { settle } of marks) settle();
  }

  #failureOf(error: unknown): LogError {
    if (error instanceof LogError) return error;
    this.#callbacks.failed('the log met a defect and stores nothing more', error);
    return this.fail('the log met a defect', error);
  }

  /** @returns why it did not work. */
  async #attempt(operations: readonly Operation[]): Promise<LogStatus | undefined> {
    this.#ensureWhole();
    if (operations.length === 0) return undefined;
    const bound = operations.reduce((sum, operation) => sum + boundOf(operation), 0);
    try {
      if (operations.some(({ type }) => type === 'entries') && !this.#hasSpace(bound, roomsOf(operations)))
        return diskFull;
      await this.#store.write(bound, (batch) => {
        for (const operation of operations) write(batch, operation);
        this.#callbacks.complete(batch);
      });
      this.#ensureWhole();
      this.#size = this.#store.size;
      this.#measure();
      return undefined;
    } catch (error) {
      this.#ensureWhole();
      if (this.#store.isForWantOfSpace(error)) return diskFull;
      return { state: 'failing', detail: `the log cannot be written: ${(error as Error).message}` };
    }
  }

  /** @throws LogError if nothing is to be reported as committed any more. */
  #ensureWhole(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Checked beforehand: LMDB would notice a full disk half-way, and complain on stderr each time. */
  #hasSpace(size: number, rooms: number): boolean {
    const needed = 2 * size + pagesPerRoom * rooms;
    return this.#size.spare >= 2 * needed || this.#store.free >= spaceKept + needed;
  }

  async #recover(): Promise<void> {
    await this.#pause(this.#options.retry);
    if (this.#closing) {
      if (await this.#makeRoom()) return;
      throw this.#unsaved(this.status.detail);
    }
    try {
      this.#store.probe();
    } catch (error) {
      throw this.fail(`the store of the log has failed for good: ${(error as Error).message}`, error);
    }
    while (await this.#makeRoom());
  }

  #unsaved(detail: string, cause?: unknown): LogError {
    if (this.#entries === 0) return new LogError('unsaved', detail, { cause });
    const what = this.#entries === 1 ? '1 message' : `${this.#entries} messages`;
    return new LogError('unsaved', `${what} could not be kept: ${detail}`, { cause });
  }

  /** Removals must not wait until there is room. @returns whether something was removed. */
  async #makeRoom(): Promise<boolean> {
    const trims = new Set<Operation | Mark>();
    let { steps } = this.#options.batch;
    for (const operation of this.#queue.slice(this.#taken)) {
      if (steps <= 0) break;
      if (operation.type !== 'trim' || operation.empties) continue;
      trims.add(operation);
      steps -= stepsOf(operation);
    }
    const operations = [...trims] as Operation[];
    if (operations.length === 0 || (await this.#attempt(operations))) return false;
    this.#queue = this.#queue.slice(this.#taken).filter((operation) => !trims.has(operation));
    this.#taken = 0;
    this.#settle(operations);
    return true;
  }

  #settle(operations: readonly Operation[]): void {
    for (const operation of operations) {
      operation.room.queued -= 1;
      if (operation.type !== 'entries') continue;
      this.#entries -= operation.entries.length;
      this.#bytes -= operation.bytes;
    }
    this.#callbacks.committed(operations);
  }

  #pause(time: number): Promise<void> | undefined {
    if (time === 0 || this.#closing) return undefined;
    return new Promise((settle) => {
      const timer = setTimeout(settle, time);
      this.#wake = () => {
        clearTimeout(timer);
        settle();
      };
    });
  }

  /** Once at the limit, it stays so until a sixteenth is free. */
  #measure(): void {
    this.#atLimit = this.#size.used >= this.#options.maxBytes * (this.#atLimit ? 15 / 16 : 1);
  }

  #tell(trouble: LogStatus | undefined): void {
    this.#trouble = trouble;
    const { status } = this;
    // LMDB describes the same failure in different words each time.
    const isSame = status.state === 'failing' || status.detail === this.#told.detail;
    if (status.state === this.#told.state && isSame) return;
    this.#told = status;
    this.#callbacks.status(status);
  }
}

/** How many records or entries it writes or removes: a measure of how long it blocks the loop. */
function stepsOf(operation: Operation | Mark): number {
  if (operation.type === 'entries') return operation.entries.length;
  return operation.type === 'trim' ? operation.chunks.length + operation.rest.length : 1;
}

function bytesOf(operation: Operation | Mark): number {
  return operation.type === 'entries' ? operation.bytes : 0;
}

/** The most bytes the chunk takes that it writes. */
function boundOf(operation: Operation): number {
  if (operation.type === 'entries') return operation.bound;
  if (operation.type !== 'trim') return 0;
  return operation.rest.reduce((sum, { entry }) => sum + entryBound(entry), chunkBound);
}

function roomsOf(operations: readonly Operation[]): number {
  return new Set(operations.map(({ room }) => room)).size;
}

function write(batch: Batch, operation: Operation): void {
  const { room } = operation;
  switch (operation.type) {
    case 'entries':
      return batch.chunk(room.id, operation.entries);
    case 'record':
      return batch.room(room.name, operation.record);
    case 'drop':
      return batch.removeRoom(room.name);
    case 'trim':
      for (const last of operation.chunks) batch.removeChunk(room.id, last);
      if (operation.rest.length > 0) batch.chunk(room.id, operation.rest);
  }
}
