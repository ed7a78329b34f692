/** Checks a whole store, and reports everything that is wrong with it. */
import { LogError } from './error.ts';
import type { Found, LmdbStore } from './lmdb-store.ts';
import { resume } from './numbering.ts';
import type { RoomRecord, StoreRecord } from './records.ts';

export interface Problem {
  /** undefined unless it concerns a room whose name is known. */
  readonly room: string | undefined;
  /** 0 unless it concerns one entry. */
  readonly seq: number;
  /** In words. */
  readonly what: string;
}

export interface Verified {
  readonly rooms: number;
  readonly entries: number;
  /** Of the messages. */
  readonly bytes: number;
  readonly problems: number;
}

/**
 * Yields each problem as it is found, and returns the figures. A store that is being written to must be frozen before.
 */
export function* verify(store: LmdbStore): Generator<Problem, Verified> {
  const total = { rooms: 0, entries: 0, bytes: 0, problems: 0 };
  for (const problem of lookThrough(store, total)) {
    total.problems += 1;
    yield problem;
  }
  return total;
}

/**
 * The problem that an error during reading stands for.
 * @param seq the last number before it, 0 if there is none.
 * @throws the error, if it is not one of the store.
 */
export function unreadable(error: unknown, room?: string, seq = 0): Problem {
  if (!(error instanceof LogError)) throw error;
  return { room, seq, what: seq === 0 ? error.message : `nothing after it can be read: ${error.message}` };
}

type Total = { -readonly [Key in keyof Verified]: Verified[Key] };

function* lookThrough(store: LmdbStore, total: Total): Generator<Problem> {
  const ids = new Set<number>();
  try {
    const { record: about } = store;
    if (about) for (const room of store.allNames()) yield* roomProblems(store, room, about, ids, total);
    yield* orphans(store, ids);
  } catch (error) {
    yield unreadable(error);
  }
}

function* roomProblems(
  store: LmdbStore,
  room: string,
  about: StoreRecord,
  ids: Set<number>,
  total: Total,
): Generator<Problem> {
  total.rooms += 1;
  let seq = 0;
  try {
    const record = store.room(room);
    if (!record) throw new LogError('damaged', 'its record cannot be found');
    for (const what of recordProblems(record, about, ids)) yield { room, seq, what };
    ids.add(record.id);
    const limit = resume(record, about.crashes + (about.closed ? 0 : 1));
    const succession = new Succession();
    for (const found of store.allEntries(record.id)) {
      ({ seq } = found);
      count(found, total);
      if (seq >= limit) yield { room, seq, what: 'its number was not reserved' };
      const what = succession.check(found);
      if (what !== undefined) yield { room, seq, what };
    }
    if (succession.endsBefore(record.seq)) yield { room, seq: record.seq, what: 'it was there, and is missing' };
  } catch (error) {
    yield unreadable(error, room, seq);
  }
}

function count({ placed }: Found, total: Total): void {
  total.entries += placed ? 1 : 0;
  total.bytes += placed?.entry.bytes.length ?? 0;
}

function* recordProblems({ id }: RoomRecord, { lastRoom }: StoreRecord, ids: ReadonlySet<number>): Generator<string> {
  if (ids.has(id)) yield `another room has its number in the store, ${id}`;
  if (id > lastRoom) yield `its number in the store, ${id}, was never given`;
}

/** Checks that the entries of a room, passed one after the other, follow each other. */
export class Succession {
  /** The entry before, and the place that the next one must have, as far as that is known. */
  #last: { readonly seq: number; readonly ordinal: number | undefined; readonly offset: number } | undefined;

  /** @returns the fault of the next entry, in words; undefined if there is none. */
  check({ seq, placed }: Found): string | undefined {
    const last = this.#last;
    if (!placed) {
      this.#last = last && { seq, ordinal: undefined, offset: 0 };
      return 'it is damaged, with those it was kept with';
    }
    const { entry, ordinal, offset } = placed;
    this.#last = { seq, ordinal: ordinal + 1, offset: offset + entry.bytes.length };
    // `prev` is higher if something was already missing when the room was imported.
    const isPlaced = last?.ordinal === undefined || (ordinal === last.ordinal && offset === last.offset);
    const follows = !last || (isPlaced && entry.prev >= last.seq);
    return follows ? undefined : `it does not follow from number ${last.seq}, which is before it`;
  }

  /** Whether there were entries, but none up to this number. */
  endsBefore(seq: number): boolean {
    return this.#last !== undefined && this.#last.seq < seq;
  }
}

/**
 * Entries that belong to no room.
 * @param ids the numbers of all rooms in the store.
 * @param last numbers above it are not checked.
 */
export function* orphans(
  store: LmdbStore,
  ids: ReadonlySet<number>,
  last = Number.POSITIVE_INFINITY,
): Generator<Problem> {
  for (const id of store.allRooms()) {
    if (id > last) return;
    if (!ids.has(id)) yield { room: undefined, seq: 0, what: `there are entries of number ${id}, which no room has` };
  }
}
