/**
 * Trims the rooms of a log as their retention says, in small steps: rooms with new entries soon after, and all rooms,
 * open or not, one after the other. A room without entries is forgotten.
 */
import type { Log, Retention } from './port.ts';

export interface SweepOptions {
  /** How many entries are removed in one step at most. */
  readonly steps: number;
  /** How many rooms are looked at in one step at most. */
  readonly rooms: number;
  /** How long to wait from the start of one round through all rooms to the next, in milliseconds. */
  readonly round: number;
}

const defaults: SweepOptions = { steps: 500, rooms: 50, round: 60_000 };

/** For a room that keeps nothing any more. */
const nothing: Retention = { count: 0 };

export class Sweeper {
  readonly #log: Log;
  readonly #retention: (room: string) => Retention | undefined;
  readonly #options: SweepOptions;
  /** The rooms with new entries. */
  readonly #touched = new Set<string>();
  /** The last room of the round that was looked at; undefined between rounds. */
  #at: string | undefined;
  #nextRound = 0;

  /** @param retention how much a room keeps; undefined for nothing. */
  constructor(log: Log, retention: (room: string) => Retention | undefined, options: Partial<SweepOptions> = {}) {
    this.#log = log;
    this.#retention = retention;
    this.#options = { ...defaults, ...options };
  }

  /** A room has got new entries. */
  touch(room: string): void {
    this.#touched.add(room);
  }

  /**
   * Does one step. Call it again soon or, if there is more to do, in the next turn of the loop.
   * @param time on the monotonic clock, in milliseconds.
   * @param now in milliseconds since 1970; undefined while the clock is in doubt: then nothing is removed for its age.
   * @throws LogError if a room cannot be read; the next step goes on with another one.
   */
  step(time: number, now: number | undefined): { readonly more: boolean } {
    const left = { steps: this.#options.steps, rooms: this.#options.rooms };
    for (const room of this.#touched) {
      if (left.steps <= 0 || left.rooms <= 0) return { more: true };
      this.#touched.delete(room);
      this.#trim(room, now, left);
    }
    this.#goRound(time, now, left);
    return { more: this.#touched.size > 0 };
  }

  #goRound(time: number, now: number | undefined, left: { steps: number; rooms: number }): void {
    if (left.rooms <= 0 || (this.#at === undefined && time < this.#nextRound)) return;
    if (this.#at === undefined) this.#nextRound = time + this.#options.round;
    const names = this.#log.rooms(this.#at ?? '', left.rooms);
    const isLast = names.length < left.rooms;
    for (const room of names) {
      // If it cannot be read, the rooms after it still have their turn.
      this.#at = room;
      this.#trim(room, now, left);
    }
    if (isLast) this.#at = undefined;
  }

  #trim(room: string, now: number | undefined, left: { steps: number; rooms: number }): void {
    left.rooms -= 1;
    const { count } = this.#log.open(room);
    let isOver = false;
    try {
      const { age, ...limits } = this.#retention(room) ?? nothing;
      const retention = age === undefined || now === undefined ? limits : { ...limits, age };
      const { removed, more } = this.#log.trim(room, retention, now ?? 0, Math.max(1, left.steps));
      left.steps -= removed;
      if (more) this.#touched.add(room);
      // A room that never had an entry is about to have its first.
      isOver = count > 0 && this.#log.head(room).count === 0;
    } finally {
      if (!isOver || !this.#log.drop(room)) this.#log.release(room);
    }
  }
}
