/**
 * A store as JSON Lines, for a backup, a look or a move. The first line says what it is; then for each room a line with
 * its name, followed by its entries, the oldest first:
 *
 *     {"hubbub":"log","version":1}
 *     {"room":"lobby","epoch":"k7f3q9za","next":3}
 *     {"seq":1,"at":1795104000000,"user":"u1","id":"m1","text":"{\"type\":\"message\",…}"}
 *     {"seq":2,"at":1795104000001,"user":"u1","base64":"AQAk…"}
 *
 * `prev` stands where it is not `seq - 1`. `next` is the first number that was certainly never given to a message.
 */
import { LogError } from './error.ts';
import type { LmdbStore } from './lmdb-store.ts';
import { resume } from './numbering.ts';
import type { Entry, Log } from './port.ts';
import type { RoomRecord } from './records.ts';

const version = 1;

export interface Transferred {
  readonly rooms: number;
  readonly entries: number;
}

/**
 * Gives the lines, without line ends, and returns the figures. Another process may be writing to the store: then each
 * room is as it was at some moment of the export.
 * @param damaged told of what cannot be read and is left out; `seq` is 0 for a whole room.
 */
export function* exportLines(
  store: LmdbStore,
  damaged: (room: string, seq: number) => void,
): Generator<string, Transferred> {
  const total = { rooms: 0, entries: 0 };
  yield JSON.stringify({ hubbub: 'log', version });
  const about = store.record;
  if (!about) return total;
  const crashes = about.crashes + (about.closed ? 0 : 1);
  for (const room of store.allNames()) {
    const record = readRecord(store, room, damaged);
    if (!record) continue;
    yield JSON.stringify({ room, epoch: record.epoch, next: resume(record, crashes) });
    total.rooms += 1;
    for (const { seq, placed } of store.allEntries(record.id)) {
      if (placed) yield entryLine(placed.entry);
      else damaged(room, seq);
      total.entries += placed ? 1 : 0;
    }
  }
  return total;
}

export interface ImportOptions {
  /**
   * `keep` if the clients are to resume where they are: right for a move, when nothing was sent since the export. `new`
   * for a backup: the numbers after it have been given to messages that are not in it.
   */
  readonly epochs: 'keep' | 'new';
}

/**
 * Appends what was exported; settles when it is committed. Rooms that are there already are not touched.
 * @throws LogError `import`, naming the line, at the first thing that cannot be imported; what is before it stays.
 */
export async function importLines(
  log: Log,
  lines: Iterable<string> | AsyncIterable<string>,
  { epochs }: ImportOptions,
): Promise<Transferred> {
  const total = { rooms: 0, entries: 0 };
  let open: { readonly room: string; readonly next: number } | undefined;
  const finish = () => {
    if (!open) return;
    if (epochs === 'keep') log.skip(open.room, open.next);
    log.release(open.room);
    open = undefined;
  };
  let number = 0;
  try {
    for await (const text of lines) {
      number += 1;
      const line = parse(text);
      if (number === 1) {
        if (line['hubbub'] !== 'log' || line['version'] !== version)
          throw new Error('it is not an export of this version');
      } else if ('room' in line) {
        finish();
        const room = string(line, 'room');
        const next = integer(line, 'next');
        if (log.open(room, epochs === 'keep' ? string(line, 'epoch') : undefined).next > 1) {
          log.release(room);
          throw new Error(`there is a room ${JSON.stringify(room)} already`);
        }
        open = { room, next };
        total.rooms += 1;
      } else {
        if (!open) throw new Error('an entry of no room');
        await append(log, open.room, entryOf(line));
        total.entries += 1;
      }
    }
  } catch (error) {
    throw new LogError('import', `line ${number}: ${(error as Error).message}`, { cause: error });
  } finally {
    finish();
  }
  await log.flush();
  return total;
}

function readRecord(
  store: LmdbStore,
  room: string,
  damaged: (room: string, seq: number) => void,
): RoomRecord | undefined {
  try {
    return store.room(room);
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    damaged(room, 0);
    return undefined;
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

/** Waits when the log is behind, for as long as it takes. */
async function append(log: Log, room: string, entry: Entry): Promise<void> {
  for (;;) {
    const unavailable = log.append(room, entry);
    if (!unavailable) return;
    if (unavailable.reason !== 'behind') throw new Error(log.status.detail);
    await log.flush();
  }
}

type Line = Readonly<Record<string, unknown>>;

function parse(text: string): Line {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error('it is not a JSON object');
  return value as Line;
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
    bytes: isBinary ? Buffer.from(string(line, 'base64'), 'base64') : Buffer.from(string(line, 'text')),
    isBinary,
  };
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
