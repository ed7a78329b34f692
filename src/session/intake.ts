/**
 * Takes in the messages of one connection: applies the rate limits, charges for the work, and puts messages off if that
 * is more than the connection's share.
 */
import type { Work } from '../hub/work.ts';
import type { Decoded, Received } from '../protocol/dialect.ts';
import { transferCost } from './costs.ts';
import { Inbox, type InboxLimits, type InboxTotal, type Item } from './inbox.ts';
import { RateLimit, type RateLimits } from './rate-limit.ts';
import { Share } from './share.ts';
import type { Turns, Waiting } from './turns.ts';

/** Shared by all connections. */
export interface IntakeContext {
  readonly rates: RateLimits;
  readonly work: Work;
  readonly turns: Turns;
  /** How much may wait, and how much does in all connections. */
  readonly inbox: { readonly limits: InboxLimits; readonly total: InboxTotal };
  /** Milliseconds of a monotonic clock. */
  readonly monotonic: () => number;
}

/** The session behind an intake. */
export interface IntakeOwner {
  decode(data: Received, isBinary: boolean): Decoded | Iterable<Decoded>;
  handle(decoded: Decoded): void;
  /** A frame was refused; it may be tried again in `retry` milliseconds. */
  limit(retry: number): void;
  /** The client goes on although its frames are refused again and again. */
  flooding(): void;
  failed(error: unknown): void;
  /** Whether nothing may be carried out any more. */
  readonly isOver: boolean;
}

/**
 * How much is carried out for one connection before others have their turn: as much as it has used lately, between
 * these numbers of units, and for this time in milliseconds.
 */
const least = 64;
const most = 1000;
const quantumTime = 1;

/** The same for a connection that is about to be closed while the loop is busy. */
const hurryTime = 0.25;

/** A unit of work is about a microsecond (see `Work`). */
const unitsPerMillisecond = 1000;

/** If work takes longer than its kind and size suggest, it counts at most this many times as much. */
const mostTimes = 20;

/** From this length on, in bytes, a frame may take long to read, whatever it contains. */
const longFrame = 4 * 1024;

/** The least retry time for a client with too much waiting already, in milliseconds. */
const fullRetry = 100;

export class Intake implements Waiting {
  readonly #context: IntakeContext;
  readonly #owner: IntakeOwner;
  readonly #share: Share;
  /** Made with the first frame: most connections only listen. */
  #rates: RateLimit | undefined;
  #inbox: Inbox | undefined;
  /** Whether it is in the line, or has its turn. */
  #isLinedUp = false;
  /** Whether nothing more is carried out until the client has read its data. */
  #isHeld = false;

  constructor(context: IntakeContext, owner: IntakeOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#share = new Share(context.turns.shareTime(context.monotonic()));
  }

  /** Takes a WebSocket message; `data` is only valid during the call. */
  receive(data: ArrayBuffer, isBinary: boolean): void {
    const now = this.#context.monotonic();
    const rates = this.#limits(now);
    const retry = rates.admit(data.byteLength, now);
    if (retry > 0) return this.#refuse(rates, retry, now);
    if (this.#isAtOnce(now)) return this.#carryOutNow({ data, isBinary }, now);
    if (this.#hasSpace(data.byteLength)) return this.#wait({ data: copyOf(data), isBinary }, now);
    rates.refuse(now);
    this.#refuse(rates, Math.max(fullRetry, this.#share.wait(this.#shareTime(now))), now);
  }

  /** Counts a control frame like any other, but without a refusal. */
  receiveControl(bytes: number): void {
    const now = this.#context.monotonic();
    const rates = this.#limits(now);
    if (rates.admit(bytes, now) > 0 && rates.flooding) this.#owner.flooding();
  }

  /** Runs a task in the order of the client's messages, and charges it to the client. */
  do(task: () => void): void {
    const now = this.#context.monotonic();
    if (this.#isAtOnce(now)) this.#share.use(this.#carryOut({ task }));
    else this.#wait({ task }, now);
  }

  /** Discards everything that waits. */
  clear(): void {
    this.#inbox?.clear();
  }

  /** The connection is about to be closed: carries out some of what waits, and more if the loop has time. */
  hurry(): void {
    const { turns, monotonic } = this.#context;
    this.#isHeld = false;
    if (turns.hasRoom(monotonic(), false)) this.#carryOutWaiting(most, quantumTime);
    else this.#carryOutWaiting(least, hurryTime);
  }

  /** Waits until the client has read its data. */
  hold(): void {
    this.#isHeld = true;
  }

  /** The client has read it, or never will. */
  release(): void {
    this.#isHeld = false;
    if (this.#inbox && !this.#inbox.isEmpty) this.#lineUp(this.#context.monotonic());
  }

  demand(now: number): number {
    const next = Math.max(this.#share.typical, transferCost(this.#inbox?.next ?? 0));
    return this.#share.used(this.#shareTime(now)) + next;
  }

  proceed(now: number): number | undefined {
    const { rates } = this.#context;
    const shareTime = this.#shareTime(now);
    const wait = rates.frames ? this.#share.wait(shareTime) : 0;
    if (wait > 0) return wait;
    this.#carryOutWaiting(Math.min(most, Math.max(least, this.#share.used(shareTime))), quantumTime);
    const isEmpty = this.#inbox === undefined || this.#inbox.isEmpty;
    if (!isEmpty && !this.#isHeld) return 0;
    if (isEmpty) this.#inbox = undefined;
    this.#isLinedUp = false;
    return undefined;
  }

  #limits(now: number): RateLimit {
    this.#rates ??= new RateLimit(this.#context.rates, now);
    return this.#rates;
  }

  /** Carries out up to `limit` units, or for up to `time` milliseconds. */
  #carryOutWaiting(limit: number, time: number): void {
    const { work, monotonic } = this.#context;
    const start = monotonic();
    let now = start;
    for (const end = work.own + limit; work.own < end && now - start < time && !this.#isHeld; ) {
      const item = this.#inbox?.shift();
      if (!item) return;
      now = this.#carryOutTimed(item, now);
    }
  }

  #carryOutNow(item: Item & { readonly data: Received }, now: number): void {
    if (item.data.byteLength < longFrame) this.#share.use(this.#carryOut(item));
    else this.#carryOutTimed(item, now);
  }

  /**
   * Work that takes longer than its kind and size suggest counts for the time it takes, up to a limit, because the
   * machine may have been busy with something else.
   * @returns the time afterwards.
   */
  #carryOutTimed(item: Item, start: number): number {
    const worth = this.#carryOut(item);
    const now = this.#context.monotonic();
    this.#share.use(Math.min(mostTimes * worth, Math.max(worth, (now - start) * unitsPerMillisecond)));
    return now;
  }

  #isAtOnce(now: number): boolean {
    return (
      !this.#isLinedUp && !this.#isHeld && this.#context.turns.hasRoom(now, this.#share.isLight(this.#shareTime(now)))
    );
  }

  #shareTime(now: number): number {
    return this.#context.turns.shareTime(now);
  }

  #refuse(rates: RateLimit, retry: number, now: number): void {
    if (rates.flooding) this.#owner.flooding();
    else if (this.#isAtOnce(now)) this.#owner.limit(retry);
    else this.#wait({ retry }, now);
  }

  #hasSpace(bytes: number): boolean {
    return this.#inbox === undefined || this.#inbox.hasSpace(bytes, this.#context.inbox.limits);
  }

  #wait(item: Item, now: number): void {
    this.#inbox ??= new Inbox(this.#context.inbox.total);
    this.#inbox.push(item);
    this.#lineUp(now);
  }

  #lineUp(now: number): void {
    if (this.#isLinedUp || this.#isHeld) return;
    this.#isLinedUp = true;
    this.#context.turns.enter(this, now);
  }

  /** All work during the call was caused by this connection. @returns its cost, in units. */
  #carryOut(item: Item): number {
    const { work } = this.#context;
    const { own, delivered } = work;
    try {
      if ('data' in item) this.#begin(item.data, item.isBinary);
      else if ('rest' in item) this.#goOn(item.rest);
      else if ('task' in item) item.task();
      else this.#owner.limit(item.retry);
    } catch (error) {
      // A defect met on one connection must not reach the others.
      this.#owner.failed(error);
    }
    if (this.#owner.isOver) this.clear();
    return work.own - own + work.delivered - delivered;
  }

  #begin(data: Received, isBinary: boolean): void {
    this.#context.work.own += transferCost(data.byteLength);
    const decoded = this.#owner.decode(data, isBinary);
    if ('kind' in decoded) return this.#owner.handle(decoded);
    const rest = decoded[Symbol.iterator]();
    const first = rest.next();
    if (first.done) return;
    this.#owner.handle(first.value);
    this.#goOn(rest);
  }

  /** Each line of a message counts as a frame; the first one has been counted with the message. */
  #goOn(rest: Iterator<Decoded>): void {
    const { work, monotonic } = this.#context;
    const start = monotonic();
    for (const end = work.own + most; !this.#owner.isOver; ) {
      const now = monotonic();
      if (work.own >= end || now - start >= quantumTime || this.#isHeld) return this.#putBack(rest);
      const next = rest.next();
      if (next.done) return;
      const retry = this.#rates?.admit(0, now) ?? 0;
      if (retry > 0) return this.#rates?.flooding ? this.#owner.flooding() : this.#owner.limit(retry);
      this.#owner.handle(next.value);
    }
  }

  #putBack(rest: Iterator<Decoded>): void {
    this.#inbox ??= new Inbox(this.#context.inbox.total);
    this.#inbox.unshift({ rest });
    this.#lineUp(this.#context.monotonic());
  }
}

/** Small copies share a pool: a fifth of the time of `slice`. */
function copyOf(data: ArrayBuffer): Uint8Array {
  const copy = Buffer.allocUnsafe(data.byteLength);
  copy.set(new Uint8Array(data));
  return copy;
}
