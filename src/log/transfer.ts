/**
 * A store as JSON Lines, for a backup, an inspection or a move. The first line is a header; then there is a line with
 * the name of each room, followed by its entries, the oldest first:
 *
 *     {"hubbub":"log","version":1}
 *     {"room":"lobby","epoch":"k7f3q9za","next":3}
 *     {"seq":1,"at":1795104000000,"user":"u1","id":"m1","text":"{\"type\":\"message\",…}"}
 *     {"seq":2,"at":1795104000001,"user":"u1","base64":"AQAk…"}
 *     {"end":true}
 *
 * `prev` is left out if it is `seq - 1`. `next` is the first number that was certainly never given to a message. An
 * export without the last line is incomplete.
 */
import { LogError } from './error.ts';
import type { LmdbStore } from './lmdb-store.ts';
import { resume } from './numbering.ts';
import type { Entry, Log } from './port.ts';
import { orphans, type Problem, Succession, unreadable } from './verify.ts';

const version = 1;
/** The longest name of a room, in bytes; LMDB would take longer ones. */
const maxName = 512;

export interface Transferred {
  readonly rooms: number;
  readonly entries: number;
}

type Total = { -readonly [Key in keyof Transferred]: Transferred[Key] };

export interface ExportOptions {
  /** Exports only these rooms. */
  readonly rooms?: readonly string[];
  /** Called for entries that cannot be read and are left out. */
  readonly damaged: (problem: Problem) => void;
}

/**
 * Yields the lines, without line ends, and returns the figures. Another process may be writing to the store: then each
 * room is exported as it was at some moment of the export.
 */
export function* exportLines(store: LmdbStore, options: ExportOptions): Generator<string, Transferred> {
  const total = { rooms: 0, entries: 0 };
  yield JSON.stringify({ hubbub: 'log', version });
  const ids = new Set<number>();
  try {
    const { crashes, closed, lastRoom } = store.record ?? { crashes: 0, closed: true, lastRoom: 0 };
    for (const room of options.rooms ?? store.allNames()) {
      yield* roomLines(store, room, { crashes: crashes + (closed ? 0 : 1), ids, total, ...options });
    }
    // Rooms with higher numbers were made after the export began.
    for (const problem of options.rooms ? [] : orphans(store, ids, lastRoom)) options.damaged(problem);
  } catch (error) {
    options.damaged(unreadable(error));
  }
  yield JSON.stringify({ end: true });
  return total;
}

interface RoomExport extends ExportOptions {
  /** The crash count of the store, if its owner were killed now. */
  readonly crashes: number;
  /** The numbers in the store of the rooms so far. */
  readonly ids: Set<number>;
  readonly total: Total;
}

function* roomLines(
  store: LmdbStore,
  room: string,
  { rooms, damaged, crashes, ids, total }: RoomExport,
): Generator<string> {
  let seq = 0;
  try {
    const record = store.room(room);
    if (!record && rooms) throw new LogError('damaged', 'there is no such room');
    // Without a record, the room was dropped after its name was read.
    if (!record) return;
    const { id, epoch } = record;
    ids.add(id);
    total.rooms += 1;
    yield JSON.stringify({ room, epoch, next: resume(record, crashes) });
    const succession = new Succession();
    for (const found of store.allEntries(id)) {
      const { placed } = found;
      ({ seq } = found);
      const what = succession.check(found);
      if (what !== undefined && !(placed && isOldest(store, id, seq))) damaged({ room, seq, what });
      if (!placed) continue;
      yield entryLine(placed.entry);
      total.entries += 1;
    }
    const isMissing = succession.endsBefore(record.seq) && !isOldest(store, id, record.seq);
    if (isMissing) damaged({ room, seq: record.seq, what: 'it was there, and is missing' });
  } catch (error) {
    damaged(unreadable(error, room, seq));
  }
}

/** Whether the room has no entry before this one: others may have been trimmed since they were read. */
function isOldest(store: LmdbStore, room: number, seq: number): boolean {
  for (const _ of store.entries(room, 0, seq)) return false;
  return true;
}

export interface ImportOptions {
  /**
   * `keep` lets clients resume where they are: right for a move, when nothing was sent since the export. `new` is for a
   * backup: the numbers after it were given to messages that it does not have.
   */
  readonly epochs: 'keep' | 'new';
}

/**
 * Appends exported lines; settles when they are committed. Existing rooms are not touched.
 * @throws LogError `import`, naming the line, at the first line that cannot be imported; earlier lines stay.
 */
export async function importLines(
  log: Log,
  lines: Iterable<string> | AsyncIterable<string>,
  options: ImportOptions,
): Promise<Transferred> {
  const reader = new Import(log, options);
  const { total } = reader;
  let number = 1;
  try {
    for await (const text of lines) {
      await reader.take(parse(text));
      number += 1;
    }
    if (!reader.isComplete) throw new Error('the end of the export is missing');
  } catch (error) {
    const { rooms, entries } = total;
    const before = rooms === 0 ? '' : ` (imported until then: rooms ${rooms}, messages ${entries})`;
    throw new LogError('import', `line ${number}: ${(error as Error).message}${before}`, { cause: error });
  } finally {
    reader.finishRoom();
  }
  await log.flush();
  return total;
}

class Import {
  readonly total: Total = { rooms: 0, entries: 0 };
  readonly #log: Log;
  readonly #options: ImportOptions;
  #state: 'start' | 'started' | 'complete' = 'start';
  /** The room that is open. */
  #room: { readonly name: string; readonly next: number } | undefined;

  constructor(log: Log, options: ImportOptions) {
    this.#log = log;
    this.#options = options;
  }

  /** Whether its last line has been taken. */
  get isComplete(): boolean {
    return this.#state === 'complete';
  }

  async take(line: Line): Promise<void> {
    if (this.#state === 'complete') throw new Error('the export has ended before it');
    if (this.#state === 'start') return this.#start(line);
    if ('room' in line) return this.#startRoom(line);
    if (!('end' in line)) return this.#append(line);
    this.#state = 'complete';
  }

  finishRoom(): void {
    if (!this.#room) return;
    const { name, next } = this.#room;
    if (this.#options.epochs === 'keep') this.#log.skip(name, next);
    this.#log.release(name);
    this.#room = undefined;
  }

  #start(line: Line): void {
    if (line['hubbub'] !== 'log' || line['version'] !== version) throw new Error('it is not an export of this version');
    this.#state = 'started';
  }

  #startRoom(line: Line): void {
    this.finishRoom();
    const name = string(line, 'room');
    const next = integer(line, 'next');
    if (name === '' || name.length > maxName) throw new Error('room is not a valid room name');
    if (this.#log.open(name, this.#options.epochs === 'keep' ? string(line, 'epoch') : undefined).next > 1) {
      this.#log.release(name);
      throw new Error(`there is a room ${JSON.stringify(name)} already`);
    }
    this.#room = { name, next };
    this.total.rooms += 1;
  }

  /** Waits when the log is behind, for as long as it takes. */
  async #append(line: Line): Promise<void> {
    if (!this.#room) throw new Error('an entry outside a room');
    const entry = entryOf(line);
    for (;;) {
      const unavailable = this.#log.append(this.#room.name, entry);
      if (!unavailable) break;
      if (unavailable.reason !== 'behind') throw new Error(this.#log.status.detail);
      await this.#log.flush();
    }
    this.total.entries += 1;
  }
}

function entryLine({ seq, prev, at, user, id, bytes, isBinary }: Entry): string {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return JSON.stringify({
    seq,
    ...(prev !== seq - 1 && { prev }),
    at,
    user,
    ...(id !== undefined && { id }),
    ...(isBinary ? { base64: content.toString('base64') } : { text: content.toString() }),
  });
}

type Line = Readonly<Record<string, unknown>>;

function parse(text: string): Line {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) throw new Error('it is not a JSON object');
  return value as Line;
}

/** @returns undefined if it is not JSON. The message of JSON.parse would quote what people wrote. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function entryOf(line: Line): Entry {
  const seq = integer(line, 'seq');
  const isBinary = 'base64' in line;
  return {
    seq,
    prev: 'prev' in line ? integer(line, 'prev') : seq - 1,
    at: integer(line, 'at'),
    user: string(line, 'user'),
    ...('id' in line && { id: string(line, 'id') }),
    bytes: isBinary ? decoded(string(line, 'base64')) : Buffer.from(string(line, 'text')),
    isBinary,
  };
}

function decoded(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) throw new Error('base64 is not in that encoding');
  return bytes;
}

function string(line: Line, field: string): string {
  const value = line[field];
  if (typeof value !== 'string') throw new Error(`${field} is not a string`);
  return value;
}

function integer(line: Line, field: string): number {
  const value = line[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Error(`${field} is not a whole number`);
  return value;
}
