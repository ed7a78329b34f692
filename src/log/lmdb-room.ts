import type { LmdbStore } from './lmdb-store.ts';
import { Numbering, resume } from './numbering.ts';
import type { Entry, RoomHead } from './port.ts';
import type { RecentIds } from './recent-ids.ts';
import type { Placed, RoomRecord } from './records.ts';

/** A room's new end: the number of the latest entry, how many there have been and what they took together. */
export interface End {
  readonly seq: number;
  readonly ordinal: number;
  readonly offset: number;
}

/** An open room: what is known of it without reading, and the entries that are not committed yet. */
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
  /** undefined until an id is looked up. */
  ids: RecentIds | undefined;
  #end: End;
  /** The oldest entry that is left, and the number before it. */
  #first: (End & { readonly prev: number }) | undefined;
  #pending: Placed[] = [];
  /** How many at the start of `#pending` are committed. */
  #settled = 0;

  constructor(of: { name: string; id: number; epoch: string; numbering: Numbering }, end?: End, first?: Placed) {
    this.name = of.name;
    this.id = of.id;
    this.epoch = of.epoch;
    this.numbering = of.numbering;
    this.recorded = end !== undefined;
    this.#end = end ?? { seq: 0, ordinal: 0, offset: 0 };
    this.startAt(first);
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

  get end(): End {
    return this.#end;
  }

  /** The number of the oldest entry that can be read; Infinity if there is none. */
  get first(): number {
    return this.#first?.seq ?? Number.POSITIVE_INFINITY;
  }

  /** The number of the oldest entry that is not committed; Infinity if there is none. */
  get firstPending(): number {
    return this.#pending[this.#settled]?.entry.seq ?? Number.POSITIVE_INFINITY;
  }

  /** The record that is true now. */
  record(crashes: number): RoomRecord {
    return { id: this.id, epoch: this.epoch, next: this.numbering.next, crashes, ...this.#end };
  }

  /** Everything before this entry is gone; without one, everything that is committed. */
  startAt(first = this.#pending[this.#settled]): void {
    this.#first = first && {
      seq: first.entry.seq,
      prev: first.entry.prev,
      ordinal: first.ordinal,
      offset: first.offset,
    };
  }

  push(entry: Entry): Placed {
    const { ordinal, offset } = this.#end;
    const placed = { entry, ordinal: ordinal + 1, offset };
    this.#end = { seq: entry.seq, ordinal: ordinal + 1, offset: offset + entry.bytes.length };
    this.#pending.push(placed);
    if (!this.#first) this.startAt(placed);
    return placed;
  }

  /** The oldest pending entry is committed. */
  settle(): void {
    this.#settled += 1;
    if (this.#settled < 64 || this.#settled * 2 < this.#pending.length) return;
    this.#pending = this.#pending.slice(this.#settled);
    this.#settled = 0;
  }

  /** The pending entries from this number on. */
  pendingFrom(seq: number): Placed[] {
    let low = this.#settled;
    let high = this.#pending.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#pending[middle]?.entry.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return this.#pending.slice(low);
  }
}

/**
 * A room as the store has it; undefined if there is none of this name.
 * @param crashes how often the store had not been closed by now.
 * @param report told of damaged entries at the ends.
 * @throws LogError if its record is damaged.
 */
export function loadRoom(
  store: LmdbStore,
  name: string,
  crashes: number,
  report: (seq: number) => void,
): OpenRoom | undefined {
  const record = store.room(name);
  if (!record) return undefined;
  const { id, epoch } = record;
  const end = findEnd(store, record, report);
  const numbering = new Numbering(Math.max(resume(record, crashes), end.seq + 1), record.next);
  return new OpenRoom({ name, id, epoch, numbering }, end, findFirst(store, id, report));
}

/** What the latest entry says, or the record if it is later. A damaged entry has at least a number. */
function findEnd(store: LmdbStore, record: RoomRecord, report: (seq: number) => void): End {
  let { seq } = record;
  let damaged = 0;
  for (const found of store.entries(record.id, 0, undefined, true)) {
    seq = Math.max(seq, found.seq);
    if (found.placed) {
      const { ordinal, offset, entry } = found.placed;
      if (entry.seq < record.seq) break;
      return { seq, ordinal: ordinal + damaged, offset: offset + entry.bytes.length };
    }
    report(found.seq);
    damaged += 1;
  }
  return { seq, ordinal: record.ordinal, offset: record.offset };
}

function findFirst(store: LmdbStore, id: number, report: (seq: number) => void): Placed | undefined {
  for (const { seq, placed } of store.entries(id)) {
    if (placed) return placed;
    report(seq);
  }
  return undefined;
}
