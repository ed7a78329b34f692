import { LogError } from '../../src/log/error.ts';
import { MemoryLog } from '../../src/log/memory.ts';
import type { Commit, Entry, Range, ReadLimits, RoomHead, Unavailable } from '../../src/log/port.ts';
import type { Stored } from '../../src/protocol/dialect.ts';

/** The window for ids in the tests: milliseconds, and entries. */
export const idWindow = { time: 60_000, count: 1000 };

const all: ReadLimits = { entries: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** A log in memory whose commits, refusals, read errors and damage the test controls. */
export class HeldLog extends MemoryLog {
  /** Why appends are refused now. */
  refusal: Unavailable | undefined;
  /** The store is damaged: rooms can neither be opened nor read. */
  isUnreadable = false;
  /** The most entries of one read. */
  readLimit = Number.POSITIVE_INFINITY;
  readonly #newEpoch: () => string;
  #uncommitted: { readonly room: string; readonly seq: number }[] = [];
  readonly #damaged = new Set<string>();
  readonly #garbled = new Map<string, Stored>();

  constructor(newEpoch: () => string) {
    super({
      durability: 'process',
      maxBytes: Number.POSITIVE_INFINITY,
      maxQueue: Number.POSITIVE_INFINITY,
      idWindow,
      seed: 1,
      newEpoch,
      events: {
        committed: () => undefined,
        status: () => undefined,
        damaged: () => undefined,
        failed: () => undefined,
      },
    });
    this.#newEpoch = newEpoch;
  }

  override open(room: string, epoch?: string): RoomHead {
    this.#ensureReadable();
    return super.open(room, epoch);
  }

  override unavailable(room: string): Unavailable | undefined {
    return this.refusal ?? super.unavailable(room);
  }

  override append(room: string, entry: Entry): Unavailable | undefined {
    const unavailable = super.append(room, entry);
    if (!unavailable) this.#uncommitted.push({ room, seq: entry.seq });
    return unavailable;
  }

  /** After damage, the limit of bytes does not count. */
  override read(room: string, range: Range, limits: ReadLimits): Entry[] {
    this.#ensureReadable();
    const entries = Math.min(limits.entries, this.readLimit);
    if (this.#damaged.size === 0) return this.#garble(room, super.read(room, range, { ...limits, entries }));
    const whole = super.read(room, range, all).filter(({ seq }) => !this.#damaged.has(`${room} ${seq}`));
    return this.#garble(room, 'after' in range ? whole.slice(0, entries) : whole.slice(-entries));
  }

  #garble(room: string, entries: Entry[]): Entry[] {
    if (this.#garbled.size === 0) return entries;
    return entries.map((entry) => ({ ...entry, ...this.#garbled.get(`${room} ${entry.seq}`) }));
  }

  override find(...args: Parameters<MemoryLog['find']>): ReturnType<MemoryLog['find']> {
    this.#ensureReadable();
    return super.find(...args);
  }

  #ensureReadable(): void {
    if (this.isUnreadable) throw new LogError('damaged', 'the store is damaged');
  }

  /** These entries cannot be read any more. */
  damage(room: string, ...numbers: readonly number[]): void {
    for (const seq of numbers) this.#damaged.add(`${room} ${seq}`);
  }

  /** These entries contain something other than a message. */
  garble(room: string, stored: Stored, ...numbers: readonly number[]): void {
    for (const seq of numbers) this.#garbled.set(`${room} ${seq}`, stored);
  }

  /** How many entries wait, of one room or of all. */
  waiting(room?: string): number {
    return this.#uncommitted.filter((entry) => room === undefined || entry.room === room).length;
  }

  /** Commits the oldest entries. */
  commit(count = this.#uncommitted.length): Commit[] {
    const latest = new Map(this.#uncommitted.splice(0, count).map(({ room, seq }) => [room, seq]));
    return Array.from(latest, ([room, seq]) => ({ room, seq }));
  }

  /** Everything that is in the log of a room. */
  all(room: string): Entry[] {
    this.open(room);
    const entries = super.read(room, { after: 0 }, all);
    this.release(room);
    return entries;
  }

  /** Trims a room to its latest entries; uncommitted ones stay. */
  keep(room: string, count: number): void {
    this.open(room);
    this.trim(room, { count: Math.max(count, this.waiting(room)) }, 0, Number.POSITIVE_INFINITY);
    this.release(room);
  }

  /** Drops an empty room, unless it is open. @returns whether it was dropped. */
  end(room: string): boolean {
    this.open(room);
    const isOver = this.drop(room);
    if (!isOver) this.release(room);
    return isOver;
  }

  /** The log after a kill: only committed entries. @param jump how many numbers are skipped. */
  survivor(jump: number): HeldLog {
    const survivor = new HeldLog(this.#newEpoch);
    survivor.readLimit = this.readLimit;
    for (const room of this.rooms('', Number.POSITIVE_INFINITY)) this.#copy(room, survivor, jump);
    survivor.commit();
    return survivor;
  }

  #copy(room: string, to: HeldLog, jump: number): void {
    const { epoch, seq, trimmed, next } = this.open(room);
    this.release(room);
    const lost = this.#uncommitted.find((entry) => entry.room === room)?.seq ?? Number.POSITIVE_INFINITY;
    const entries = this.all(room).filter((entry) => entry.seq < lost);
    if (entries.length === 0 && trimmed === 0) return;
    to.open(room, epoch);
    if (entries.length === 0) to.#standAt(room, seq < lost ? seq : trimmed);
    for (const entry of entries) to.append(room, entry);
    to.skip(room, next + jump);
    to.release(room);
  }

  /** Everything up to this number was trimmed. */
  #standAt(room: string, seq: number): void {
    this.append(room, { seq, prev: seq - 1, at: 0, user: '', bytes: new Uint8Array(), isBinary: false });
    this.trim(room, { count: 0 }, 0, 1);
  }
}
