/**
 * Shares the loop among connections. Requests are carried out at once while the loop is not busy. Others wait: a turn
 * of the loop carries out a bounded amount of them, first for connections with the least recent usage and the cheapest
 * requests. So no client, however much it sends, makes the others wait for more than a few turns.
 */
import type { Work } from '../hub/work.ts';

/** A connection with waiting requests. */
export interface Waiting {
  /** Its recent usage and the likely cost of its next request, in units; `now` in milliseconds, as below. */
  demand(now: number): number;
  /**
   * Carries out some of them.
   * @returns in how many milliseconds to go on, 0 for the next turn; undefined if nothing is left.
   */
  proceed(now: number): number | undefined;
}

/** The clock and the timers. */
export interface Schedule {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Runs `then` in another turn of the loop, after new input. */
  readonly soon: (then: () => void) => void;
  readonly later: (then: () => void, delay: number) => void;
  /** Called when a connection fails; it is not called again, and the others have their turn. */
  readonly failed: (error: unknown) => void;
}

/** The budget of a turn: in milliseconds, in units, and in units of sending to many. */
const turnTime = 2;
const turnUnits = 2000;
const turnDelivered = 8000;

/** This much work is always done at once, in units. */
const littleUnits = 100;

/** How often to check whether paused connections may go on, in milliseconds. */
const lookInterval = 20;

const levels = 16;

/** From this many connections in the line on, each gets less of the server than its usage decreases. */
const manyReady = 5;

export class Turns {
  readonly #work: Work;
  readonly #schedule: Schedule;
  /** Connections that may go on: the lower the level, the lower the demand. */
  readonly #ready: Set<Waiting>[] = Array.from({ length: levels }, () => new Set());
  #readyCount = 0;
  /** Paused connections, and until when. */
  readonly #paused = new Map<Waiting, number>();
  #isPlanned = false;
  #isLooking = false;
  /** Work that was done at once since the last known turn of the loop: the total before it, and when it began. */
  readonly #atOnce = { own: 0, since: 0, isCounted: false };
  /** The last value of `shareTime`, and when it was computed. */
  #shareTime = 0;
  #shareTimeAt = 0;

  constructor(work: Work, schedule: Schedule) {
    this.#work = work;
    this.#schedule = schedule;
  }

  /**
   * Whether a request may be carried out at once, without waiting for its turn; connections that are not light have
   * less room. One read of a socket may bring thousands of frames, and only another turn of the loop shows that it is
   * over; scheduling one for every frame would cost a system call. So small amounts are not counted.
   */
  hasRoom(now: number, isLight: boolean): boolean {
    const atOnce = this.#atOnce;
    const own = this.#work.own - atOnce.own;
    if (!atOnce.isCounted) {
      if (own < littleUnits) {
        atOnce.since = now;
        return true;
      }
      atOnce.isCounted = true;
      this.#schedule.soon(() => this.#beginAnew());
    }
    return own < (isLight ? turnUnits : turnUnits / 2) && now - atOnce.since < turnTime;
  }

  #beginAnew(): void {
    this.#atOnce.own = this.#work.own;
    this.#atOnce.isCounted = false;
  }

  /**
   * The clock by which usage decreases. It is slower the more connections wait: each gets less of the server then, and
   * with the usual decrease all of them would soon count as light.
   */
  shareTime(now: number): number {
    this.#shareTime += (now - this.#shareTimeAt) * Math.min(1, manyReady / this.#readyCount);
    this.#shareTimeAt = now;
    return this.#shareTime;
  }

  /** Puts a connection into the line. */
  enter(waiting: Waiting, now: number): void {
    this.#enter(waiting, now);
    this.#plan();
  }

  #enter(waiting: Waiting, now: number): void {
    this.#ready[levelOf(waiting.demand(now))]?.add(waiting);
    this.#readyCount += 1;
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#schedule.soon(() => this.#turn());
  }

  #turn(): void {
    this.#isPlanned = false;
    const { own, delivered } = this.#work;
    const start = this.#schedule.now();
    for (let next = this.#next(); next; next = this.#next()) {
      const now = this.#schedule.now();
      const wait = this.#proceed(next, now);
      if (wait === 0) this.#enter(next, now);
      else if (wait !== undefined) this.#pause(next, now + wait);
      const isOver =
        this.#work.own - own >= turnUnits ||
        this.#work.delivered - delivered >= turnDelivered ||
        this.#schedule.now() - start >= turnTime;
      if (isOver) break;
    }
    this.#beginAnew();
    if (this.#readyCount > 0) this.#plan();
  }

  #proceed(waiting: Waiting, now: number): number | undefined {
    try {
      return waiting.proceed(now);
    } catch (error) {
      this.#schedule.failed(error);
      return undefined;
    }
  }

  #next(): Waiting | undefined {
    if (this.#readyCount === 0) return undefined;
    for (const level of this.#ready) {
      for (const first of level) {
        level.delete(first);
        this.#readyCount -= 1;
        return first;
      }
    }
    return undefined;
  }

  #pause(waiting: Waiting, until: number): void {
    this.#paused.set(waiting, until);
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#schedule.later(() => this.#look(), lookInterval);
  }

  #look(): void {
    this.#isLooking = false;
    const now = this.#schedule.now();
    for (const [waiting, until] of this.#paused) {
      if (until > now) continue;
      this.#paused.delete(waiting);
      this.enter(waiting, now);
    }
    if (this.#paused.size === 0) return;
    this.#isLooking = true;
    this.#schedule.later(() => this.#look(), lookInterval);
  }
}

/** The demand of each level is up to twice that of the one below it. */
function levelOf(demand: number): number {
  return Math.min(levels - 1, 32 - Math.clz32(demand / 64));
}
