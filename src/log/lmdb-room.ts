import type { Gathering } from './lmdb-committer.ts';
import type { LmdbStore } from './lmdb-store.ts';
import { Numbering, resume } from './numbering.ts';
import type { Entry, LogOptions, ReadLimits, Retention, RoomHead } from './port.ts';
import { RecentIds } from './recent-ids.ts';
import type { Placed, RoomRecord } from './records.ts';

/** What the rooms of a log share. */
export interface RoomContext {
  readonly store: LmdbStore;
  readonly options: Pick<LogOptions, 'idWindow' | 'seed'>;
  /** Called for entries that are damaged. */
  readonly damaged: (room: string, seq: number) => void;
}

/** A room's new end: the number of the latest entry, how many there have been and what they took together. */
interface End {
  readonly seq: number;
  readonly ordinal: number;
  readonly offset: number;
}

/** The oldest entry, as far as it is known without reading: most checks for something to trim need no read. */
interface First extends End {
  readonly prev: number;
  readonly at: number;
}

/** The changes to the chunks of a room that was trimmed. */
export interface Trimmed {
  /** How many entries. */
  readonly removed: number;
  /** Whether there is more to do. */
  readonly more: boolean;
  /** Those to be removed, by the number of their last entry. */
  readonly chunks: readonly number[];
  /** The remaining entries of the chunk after those. */
  readonly rest: readonly Placed[];
}

/** An open room: its state as far as it is known without reading, and the entries that are not committed yet. */
export class OpenRoom {
  readonly name: string;
  /** Its number in the store. */
  readonly id: number;
  readonly epoch: string;
  readonly numbering: Numbering;
  /** How many callers have it open. */
  users = 0;
  /** How many operations of it wait to be committed. */
  queued = 0;
  /** Whether the store has a record of it, or is about to. */
  recorded: boolean;
  /** Entries that are appended before the next commit go here, while there is room. */
  gathering: Gathering | undefined;
  readonly #context: RoomContext;
  #end: End;
  /** The oldest entry that is left. */
  #first: First | undefined;
  #pending: Placed[] = [];
  /** How many at the start of `#pending` are committed. */
  #settled = 0;
  /** undefined until an id is looked up. */
  #ids: RecentIds | undefined;

  constructor(
    context: RoomContext,
    { name, id, epoch, numbering }: { name: string; id: number; epoch: string; numbering: Numbering },
    end?: End,
    first?: Placed,
  ) {
    this.#context = context;
    this.name = name;
    this.id = id;
    this.epoch = epoch;
    this.numbering = numbering;
    this.recorded = end !== undefined;
    this.#end = end ?? { seq: 0, ordinal: 0, offset: 0 };
    this.#startAt(first);
  }

  /**
   * A room as the store has it; undefined if there is none of this name.
   * @param crashes how often the store had not been closed by now.
   * @throws LogError if its record is damaged.
   */
  static load(context: RoomContext, name: string, crashes: number): OpenRoom | undefined {
    const record = context.store.room(name);
    if (!record) return undefined;
    const { id, epoch } = record;
    const damaged = (seq: number) => context.damaged(name, seq);
    const end = findEnd(context.store, record, damaged);
    const numbering = new Numbering(Math.max(resume(record, crashes), end.seq + 1), record.next);
    return new OpenRoom(context, { name, id, epoch, numbering }, end, findFirst(context.store, id, damaged));
  }

  get head(): RoomHead {
    const { seq, ordinal, offset } = this.#end;
    const first = this.#first;
    return {
      epoch: this.epoch,
      seq,
      first: first?.seq ?? 0,
      trimmed: first?.prev ?? seq,
      next: this.numbering.next,
      count: first ? ordinal - first.ordinal + 1 : 0,
      bytes: first ? offset - first.offset : 0,
    };
  }

  /** The number of the latest entry; 0 if there has been none. */
  get seq(): number {
    return this.#end.seq;
  }

  get isEmpty(): boolean {
    return !this.#first;
  }

  /** The record that is true now. */
  record(crashes: number): RoomRecord {
    return { id: this.id, epoch: this.epoch, next: this.numbering.next, crashes, ...this.#end };
  }

  // ---- changing

  push(entry: Entry): Placed {
    const { ordinal, offset } = this.#end;
    const placed = { entry, ordinal: ordinal + 1, offset };
    this.#end = { seq: entry.seq, ordinal: ordinal + 1, offset: offset + entry.bytes.length };
    this.#pending.push(placed);
    if (!this.#first) this.#startAt(placed);
    if (this.#ids) remember(this.#ids, placed);
    return placed;
  }

  /** The oldest `count` pending entries are committed. */
  settle(count: number): void {
    this.#settled += count;
    if (this.#settled < 64 || this.#settled * 2 < this.#pending.length) return;
    this.#pending = this.#pending.slice(this.#settled);
    this.#settled = 0;
  }

  /** Drops committed entries at the old end. @returns the changes for the store, and whether more must go. */
  trim(retention: Retention, now: number, maxSteps: number): Trimmed {
    const chunks: number[] = [];
    let removed = 0;
    if (!this.#first || this.#stays(this.#first, retention, now)) return { removed, more: false, chunks, rest: [] };
    const oldest = this.#oldest;
    let first: Placed | undefined;
    let rest: readonly Placed[] = [];
    for (const { last, entries = [] } of this.#context.store.chunks(this.id, oldest, this.#oldestPending)) {
      if (last >= this.#oldestPending) break;
      const left = entries.filter(({ entry }) => entry.seq >= oldest);
      const end = left.findIndex(
        (placed, n) => removed + n >= maxSteps || this.#stays(firstOf(placed), retention, now),
      );
      if (end >= 0) {
        removed += end;
        first = left[end];
        if (end > 0) rest = left.slice(end);
        break;
      }
      removed += Math.max(left.length, 1);
      chunks.push(last);
    }
    this.#startAt(first);
    return { removed, more: first !== undefined && !this.#stays(firstOf(first), retention, now), chunks, rest };
  }

  // ---- reading

  /** Entries from this number on. */
  *forward(from: number): Generator<Placed> {
    const start = Math.max(from, this.#oldest);
    yield* this.#stored(start, this.#oldestPending);
    const pending = this.#pending;
    for (let index = this.#pendingIndex(start); index < pending.length; index += 1) yield pending[index] as Placed;
  }

  /** Entries before this number, the latest first. */
  *backward(before: number): Generator<Placed> {
    const pending = this.#pending;
    const oldest = this.#pendingIndex(this.#oldest);
    for (let index = this.#pendingIndex(before) - 1; index >= oldest; index -= 1) yield pending[index] as Placed;
    yield* this.#stored(this.#oldest, Math.min(before, this.#oldestPending), true);
  }

  /** Of the latest entries before this number, as many as the limits allow: the `prev` of the first one. */
  latest(before: number, { entries, bytes }: ReadLimits): number | undefined {
    const [last] = this.backward(before);
    if (!last) return undefined;
    let first = last;
    // One number less is one entry less or, where numbers were skipped, none: then earlier entries fit as well.
    for (let count = 1; count < entries; count = last.ordinal - first.ordinal + 1) {
      const [found = first] = this.forward(first.entry.prev - (entries - count) + 1);
      if (found.ordinal >= first.ordinal) break;
      first = found;
    }
    const end = last.offset + last.entry.bytes.length;
    if (end - first.offset > bytes) first = this.#firstFrom(end - bytes, first, last);
    return first.entry.prev;
  }

  /** The first entry between `first` and `last` that begins at this offset or later; `last` if none does. */
  #firstFrom(offset: number, first: Placed, last: Placed): Placed {
    let low = first.entry.seq;
    let high = last.entry.seq;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [next = last] = this.forward(middle);
      if (next.offset < offset && next.entry.seq < last.entry.seq) low = next.entry.seq + 1;
      else high = middle;
    }
    const [found = last] = this.forward(low);
    return found;
  }

  find(user: string, id: string, now: number): { readonly seq: number; readonly at: number } | undefined {
    this.#ids ??= this.#recall(now);
    return this.#ids.find(user, id, now, this.#end.ordinal);
  }

  /** The number of the oldest entry that can be read; Infinity if there is none. */
  get #oldest(): number {
    return this.#first?.seq ?? Number.POSITIVE_INFINITY;
  }

  /** The number of the oldest entry that is not committed; Infinity if there is none. */
  get #oldestPending(): number {
    return this.#pending[this.#settled]?.entry.seq ?? Number.POSITIVE_INFINITY;
  }

  /** Everything before this entry is gone; without one, everything that is committed. */
  #startAt(first = this.#pending[this.#settled]): void {
    this.#first = first && firstOf(first);
  }

  #stays({ at, ordinal, offset }: First, { count, age, bytes }: Retention, now: number): boolean {
    if (count !== undefined && this.#end.ordinal - ordinal + 1 > count) return false;
    if (bytes !== undefined && this.#end.offset - offset > bytes) return false;
    return age === undefined || now - at <= age;
  }

  *#stored(from: number, to: number, reverse = false): Generator<Placed> {
    for (const { seq, placed } of this.#context.store.entries(this.id, from, to, reverse)) {
      if (placed) yield placed;
      else this.#context.damaged(this.name, seq);
    }
  }

  /** Where the first pending entry from this number on is. */
  #pendingIndex(seq: number): number {
    let low = this.#settled;
    let high = this.#pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pending[middle]?.entry.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Reads the ids of the window from the entries. */
  #recall(now: number): RecentIds {
    const { idWindow, seed } = this.#context.options;
    const latest: Placed[] = [];
    for (const placed of this.backward(Number.POSITIVE_INFINITY)) {
      if (latest.length >= idWindow.count || now - placed.entry.at > idWindow.time) break;
      latest.push(placed);
    }
    const ids = new RecentIds(idWindow, seed);
    for (const placed of latest.reverse()) remember(ids, placed);
    return ids;
  }
}

function remember(ids: RecentIds, { entry: { user, id, seq, at }, ordinal }: Placed): void {
  if (id !== undefined) ids.add(user, id, { seq, at, ordinal });
}

function firstOf({ entry: { seq, prev, at }, ordinal, offset }: Placed): First {
  return { seq, prev, at, ordinal, offset };
}

/** Takes the end from the latest entry, or from the record if that is later. A damaged entry still has its number. */
function findEnd(store: LmdbStore, record: RoomRecord, damaged: (seq: number) => void): End {
  let { seq } = record;
  let skipped = 0;
  for (const found of store.entries(record.id, 0, undefined, true)) {
    seq = Math.max(seq, found.seq);
    if (found.placed) {
      const { ordinal, offset, entry } = found.placed;
      if (entry.seq < record.seq) break;
      return { seq, ordinal: ordinal + skipped, offset: offset + entry.bytes.length };
    }
    damaged(found.seq);
    skipped += 1;
  }
  return { seq, ordinal: record.ordinal, offset: record.offset };
}

function findFirst(store: LmdbStore, id: number, damaged: (seq: number) => void): Placed | undefined {
  for (const { seq, placed } of store.entries(id)) {
    if (placed) return placed;
    damaged(seq);
  }
  return undefined;
}
