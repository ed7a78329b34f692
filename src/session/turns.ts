/**
 * Shares the loop among connections. What a connection sends is carried out at once while the loop is not busy. All else
 * waits: a turn of the loop does a bounded amount of it, for those first that used least of the server's time lately and
 * are likely to use least of it next. So no client, however much it sends, makes the others wait for more than a few turns.
 */
import type { Work } from '../hub/work.ts';

/** A connection with something left to do. */
export interface Waiting {
  /** How much it has used lately and is likely to use next, in units; `now` in milliseconds, as below. */
  demand(now: number): number;
  /**
   * Does some of it.
   * @returns in how many milliseconds to go on, 0 for as soon as it is its turn; undefined if nothing is left.
   */
  proceed(now: number): number | undefined;
}

/** When to go on. */
export interface Schedule {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** In another turn of the loop, after what has come in. */
  readonly soon: (then: () => void) => void;
  readonly later: (then: () => void, delay: number) => void;
  /** Told of a connection that failed on what it had left to do, and does nothing more: the others have their turn. */
  readonly failed: (error: unknown) => void;
}

/** How much is done in a turn: milliseconds, the same in units, and units of sending to many. */
const turnTime = 2;
const turnUnits = 2000;
const turnDelivered = 8000;

/** So much work is done at once without a look at what came before it, in units. */
const littleUnits = 100;

/** How often it is looked whether those that have to wait may go on, in milliseconds. */
const lookInterval = 20;

const levels = 16;

/** From how many connections in the line on each has less of the server than it is forgiven. */
const manyReady = 5;

export class Turns {
  readonly #work: Work;
  readonly #schedule: Schedule;
  /** Those that may go on: the lower the level, the less they demand. */
  readonly #ready: Set<Waiting>[] = Array.from({ length: levels }, () => new Set());
  #readyCount = 0;
  /** Those that have to wait, and until when. */
  readonly #paused = new Map<Waiting, number>();
  #isPlanned = false;
  #isLooking = false;
  /** What was carried out at once since the last turn of the loop that is known of: the work before it, and when it began. */
  readonly #atOnce = { own: 0, since: 0, isCounted: false };
  /** How far `shareTime` was, and when. */
  #shareTime = 0;
  #shareTimeAt = 0;

  constructor(work: Work, schedule: Schedule) {
    this.#work = work;
    this.#schedule = schedule;
  }

  /**
   * Whether something may be carried out at once, without waiting for its turn: for one that is not light, there is less
   * room. One read of a socket may bring thousands of frames, and nothing tells that it is over but another turn of the
   * loop; to ask for one at every frame would cost a system call. So little is not counted.
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
   * The time by which connections are forgiven what they have used. It goes slower the more of them wait: each has less of
   * the server then, and if it were forgiven as much as ever, all would count as light, and the light ones as no better.
   */
  shareTime(now: number): number {
    this.#shareTime += (now - this.#shareTimeAt) * Math.min(1, manyReady / this.#readyCount);
    this.#shareTimeAt = now;
    return this.#shareTime;
  }

  /** Lines up a connection that is not in the line. */
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

/** Each level demands up to twice as much as the one below it. */
function levelOf(demand: number): number {
  return Math.min(levels - 1, 32 - Math.clz32(demand / 64));
}
