/** Looks through a whole store and says what is wrong with it. */
import { LogError } from './error.ts';
import type { Found, LmdbStore } from './lmdb-store.ts';
import { resume } from './numbering.ts';
import type { RoomRecord, StoreRecord } from './records.ts';

export interface Problem {
  readonly room: string;
  /** 0 if it is not about one entry. */
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

/** Gives each problem as it is found, and returns the figures. */
export function* verify(store: LmdbStore): Generator<Problem, Verified> {
  const { record: about } = store;
  const total = { rooms: 0, entries: 0, bytes: 0, problems: 0 };
  const ids = new Set<number>();
  for (const problem of about ? lookThrough(store, about, ids, total) : []) {
    total.problems += 1;
    yield problem;
  }
  return total;
}

type Total = { -readonly [Key in keyof Verified]: Verified[Key] };

function* lookThrough(store: LmdbStore, about: StoreRecord, ids: Set<number>, total: Total): Generator<Problem> {
  for (const room of store.allNames()) {
    total.rooms += 1;
    const record = readRecord(store, room);
    if (record instanceof LogError) yield { room, seq: 0, what: record.message };
    if (!record || record instanceof LogError) continue;
    for (const what of recordProblems(record, about, ids)) yield { room, seq: 0, what };
    ids.add(record.id);
    for (const { seq, what } of entryProblems(store.allEntries(record.id), record, about, total))
      yield { room, seq, what };
  }
  for (const id of store.allRooms()) {
    if (!ids.has(id)) yield { room: `(number ${id})`, seq: 0, what: 'there are entries, but no readable record' };
  }
}

function readRecord(store: LmdbStore, room: string): RoomRecord | LogError | undefined {
  try {
    return store.room(room);
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
}

function* recordProblems({ id }: RoomRecord, { lastRoom }: StoreRecord, ids: ReadonlySet<number>): Generator<string> {
  if (ids.has(id)) yield `another room has its number in the store, ${id}`;
  if (id > lastRoom) yield `its number in the store, ${id}, was never given`;
}

function* entryProblems(
  entries: Iterable<Found>,
  record: RoomRecord,
  about: StoreRecord,
  total: Total,
): Generator<{ seq: number; what: string }> {
  const limit = resume(record, about.crashes + (about.closed ? 0 : 1));
  /** What the next entry must say of itself, as far as that is known. */
  let expected: { prev: number; ordinal: number; offset: number | undefined } | undefined;
  for (const { seq, placed } of entries) {
    if (seq >= limit) yield { seq, what: 'its number was not reserved' };
    if (!placed) {
      yield { seq, what: 'it is damaged' };
      expected &&= { prev: seq, ordinal: expected.ordinal + 1, offset: undefined };
      continue;
    }
    const { entry, ordinal, offset } = placed;
    total.entries += 1;
    total.bytes += entry.bytes.length;
    if (expected && entry.prev !== expected.prev) {
      yield { seq, what: `it follows number ${entry.prev}, but before it there is ${expected.prev}` };
    }
    if (expected && (ordinal !== expected.ordinal || offset !== (expected.offset ?? offset))) {
      yield { seq, what: 'its place in the room does not follow from the entry before it' };
    }
    expected = { prev: seq, ordinal: ordinal + 1, offset: offset + entry.bytes.length };
  }
  if (expected && expected.prev < record.seq) yield { seq: record.seq, what: 'it was there, and is missing' };
}
