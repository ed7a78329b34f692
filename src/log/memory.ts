/** The log in the memory of the process: for tests, and for servers that may forget. It ends with the process. */
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
import { RecentIds } from './recent-ids.ts';

interface Room {
  readonly name: string;
  readonly epoch: string;
  readonly ids: RecentIds;
  /** How many callers have it open. */
  users: number;
  next: number;
  seq: number;
  /** How many entries there have been. */
  ordinal: number;
  entries: Entry[];
  bytes: number;
}

const retry = 1000;
/** Memory that an entry takes besides its bytes, roughly. */
const overhead = 200;

export class MemoryLog implements Log {
  readonly #options: LogOptions;
  readonly #rooms = new Map<string, Room>();
  /** The rooms with entries that have not been reported yet. */
  readonly #unreported = new Set<Room>();
  #used = 0;
  #closed = false;
  #told: LogStatus['state'] = 'ready';

  constructor(options: LogOptions) {
    this.#options = options;
  }

  get status(): LogStatus {
    const { maxBytes } = this.#options;
    if (this.#used < maxBytes) return { state: 'ready', detail: 'the log is ready' };
    return { state: 'full', detail: `the log has reached its limit of ${maxBytes} bytes` };
  }

  get stats(): LogStats {
    const open = Array.from(this.#rooms.values()).filter(({ users }) => users > 0).length;
    return { open, queued: 0, queuedBytes: 0, used: this.#used };
  }

  open(name: string, epoch?: string): RoomHead {
    const found = this.#rooms.get(name);
    if (found && epoch !== undefined) throw new Error(`there is a room ${JSON.stringify(name)} already`);
    const room = found ?? this.#create(name, epoch ?? this.#options.newEpoch());
    room.users += 1;
    return head(room);
  }

  release(name: string): void {
    const room = this.#room(name);
    room.users -= 1;
    if (room.users === 0 && room.next === 1) this.#rooms.delete(name);
  }

  head(name: string): RoomHead {
    return head(this.#room(name));
  }

  unavailable(name: string): Unavailable | undefined {
    this.#room(name);
    if (this.#closed) return { reason: 'closed', retry };
    return this.status.state === 'full' ? { reason: 'full', retry } : undefined;
  }

  append(name: string, entry: Entry): Unavailable | undefined {
    const room = this.#room(name);
    const { seq, prev, at, user, id, isBinary } = entry;
    if (!Number.isSafeInteger(seq) || seq < room.next || prev < room.seq || prev >= seq) {
      throw new RangeError(`room ${JSON.stringify(name)} goes on with ${room.next} after ${room.seq}, not ${seq}`);
    }
    const unavailable = this.unavailable(name);
    if (unavailable) return unavailable;
    room.next = seq + 1;
    room.seq = seq;
    room.ordinal += 1;
    // A copy: the given bytes may be a small part of a large buffer, which would live as long as the entry.
    const bytes = new Uint8Array(entry.bytes);
    room.entries.push(
      id === undefined ? { seq, prev, at, user, bytes, isBinary } : { seq, prev, at, user, id, bytes, isBinary },
    );
    this.#account(room, entry.bytes.length, 1);
    if (id !== undefined) room.ids.add(user, id, { seq, at, ordinal: room.ordinal });
    this.#reportSoon(room);
    return undefined;
  }

  skip(name: string, next: number): void {
    const room = this.#room(name);
    room.next = Math.max(room.next, next);
  }

  read(name: string, range: Range, limits: ReadLimits): Entry[] {
    const { entries } = this.#room(name);
    const isForward = 'after' in range;
    const step = isForward ? 1 : -1;
    const found: Entry[] = [];
    let bytes = 0;
    for (let at = isForward ? indexOf(entries, range.after + 1) : indexOf(entries, range.before) - 1; ; at += step) {
      const entry = entries[at];
      if (!entry) break;
      bytes += entry.bytes.length;
      if (found.length >= limits.entries || (found.length > 0 && bytes > limits.bytes)) break;
      found.push(entry);
    }
    return isForward ? found : found.reverse();
  }

  latest(name: string, before: number, limits: ReadLimits): number | undefined {
    return this.read(name, { before }, limits)[0]?.prev;
  }

  find(name: string, user: string, id: string, now: number): { seq: number; at: number } | undefined {
    const room = this.#room(name);
    return room.ids.find(user, id, now, room.ordinal);
  }

  trim(name: string, retention: Retention, now: number, maxSteps: number): { removed: number; more: boolean } {
    const room = this.#room(name);
    let removed = 0;
    let bytes = 0;
    const goes = (entry: Entry | undefined) => entry && exceeds(room, entry, removed, bytes, retention, now);
    while (removed < maxSteps && goes(room.entries[removed])) {
      bytes += room.entries[removed]?.bytes.length ?? 0;
      removed += 1;
    }
    const more = goes(room.entries[removed]) ?? false;
    room.entries = room.entries.slice(removed);
    this.#account(room, -bytes, -removed);
    return { removed, more };
  }

  drop(name: string): boolean {
    const room = this.#room(name);
    if (room.users > 1 || room.entries.length > 0) return false;
    return this.#rooms.delete(name);
  }

  rooms(after: string, limit: number): string[] {
    return Array.from(this.#rooms.values())
      .filter(({ name, next }) => next > 1 && compare(name, after) > 0)
      .map(({ name }) => name)
      .sort(compare)
      .slice(0, limit);
  }

  flush(): Promise<void> {
    return new Promise(setImmediate);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
  }

  #room(name: string): Room {
    const room = this.#rooms.get(name);
    if (!room || room.users === 0) throw new Error(`room ${JSON.stringify(name)} is not open`);
    return room;
  }

  #create(name: string, epoch: string): Room {
    const { idWindow, seed } = this.#options;
    const ids = new RecentIds(idWindow, seed);
    const room: Room = { name, epoch, ids, users: 0, next: 1, seq: 0, ordinal: 0, entries: [], bytes: 0 };
    this.#rooms.set(name, room);
    return room;
  }

  #account(room: Room, bytes: number, entries: number): void {
    room.bytes += bytes;
    this.#used += bytes + entries * overhead;
    queueMicrotask(() => {
      const { status } = this;
      if (status.state === this.#told) return;
      this.#told = status.state;
      this.#options.events.status(status);
    });
  }

  #reportSoon(room: Room): void {
    if (this.#unreported.size === 0) {
      setImmediate(() => {
        const commits = Array.from(this.#unreported, ({ name, seq }) => ({ room: name, seq }));
        this.#unreported.clear();
        this.#options.events.committed(commits);
      });
    }
    this.#unreported.add(room);
  }
}

function head({ epoch, seq, next, entries, bytes }: Room): RoomHead {
  const first = entries[0];
  const trimmed = first?.prev ?? seq;
  return { epoch, seq, first: first?.seq ?? 0, trimmed, next, count: entries.length, bytes };
}

/** Whether an entry must go, after `removed` entries with `bytes` bytes before it have gone. */
function exceeds(room: Room, entry: Entry, removed: number, bytes: number, retention: Retention, now: number): boolean {
  if (retention.count !== undefined && room.entries.length - removed > retention.count) return true;
  if (retention.bytes !== undefined && room.bytes - bytes > retention.bytes) return true;
  return retention.age !== undefined && now - entry.at > retention.age;
}

/** Where the first entry with at least this number is. */
function indexOf(entries: readonly Entry[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
