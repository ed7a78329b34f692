/**
 * What comes from one connection, on its way to being carried out: held to the rate limits, charged for what it makes
 * the server do, and put off where that is more than the connection's share.
 */
import type { Work } from '../hub/work.ts';
import type { Decoded } from '../protocol/dialect.ts';
import { transferCost } from './costs.ts';
import { Inbox, type InboxLimits, type InboxTotal, type Item } from './inbox.ts';
import { RateLimit, type RateLimits } from './rate-limit.ts';
import { Share } from './share.ts';
import type { Turns, Waiting } from './turns.ts';

/** What all connections share. */
export interface IntakeContext {
  readonly rates: RateLimits;
  readonly work: Work;
  readonly turns: Turns;
  /** How much may wait to be carried out, and how much does in all. */
  readonly inbox: { readonly limits: InboxLimits; readonly total: InboxTotal };
  /** Milliseconds of a monotonic clock. */
  readonly monotonic: () => number;
}

/** The session that things are taken in for. */
export interface IntakeOwner {
  readonly decode: (data: ArrayBuffer, isBinary: boolean) => Iterable<Decoded>;
  readonly handle: (decoded: Decoded) => void;
  /** Puts the connection into a room that it named when it connected. */
  readonly join: (room: string) => void;
  /** Something was refused for now: to be tried again in `retry` milliseconds. */
  readonly limit: (retry: number) => void;
  /** It goes on although it is refused again and again. */
  readonly flooding: () => void;
  /** The connection has ended, and all that came before is carried out. */
  readonly ended: (clean: boolean) => void;
  readonly failed: (error: unknown) => void;
  /** Whether nothing is to be carried out any more. */
  readonly isOver: () => boolean;
}

/** How much is carried out for one connection before others have their turn, in units. */
const quantum = 1000;

/** What a client is told to wait at least where too much of what it sent waits already, in milliseconds. */
const fullRetry = 100;

export class Intake implements Waiting {
  readonly #context: IntakeContext;
  readonly #owner: IntakeOwner;
  readonly #rateLimit: RateLimit;
  readonly #share: Share;
  #inbox: Inbox | undefined;
  /** Its turn will come, or has come. */
  #isLinedUp = false;

  constructor(context: IntakeContext, owner: IntakeOwner) {
    const now = context.monotonic();
    this.#context = context;
    this.#owner = owner;
    this.#rateLimit = new RateLimit(context.rates, now);
    this.#share = new Share(now);
  }

  /** Takes a WebSocket message; `data` is only valid during the call. */
  receive(data: ArrayBuffer, isBinary: boolean): void {
    const now = this.#context.monotonic();
    const retry = this.#rateLimit.admit(data.byteLength, now);
    if (retry > 0) return this.#refuse(retry, now);
    if (this.#isAtOnce(now)) return this.#carryOut({ data, isBinary });
    if (this.#hasSpace(data.byteLength)) return this.#wait({ data: data.slice(0), isBinary }, now);
    this.#rateLimit.refuse(now);
    this.#refuse(Math.max(fullRetry, this.#share.wait(now)), now);
  }

  /** Puts the connection into rooms, one after the other. */
  join(rooms: readonly string[]): void {
    for (const room of rooms) this.#take({ room });
  }

  /** The connection has ended: what came before is still carried out. */
  end(clean: boolean): void {
    this.#take({ clean });
  }

  /** Nothing of what waits is to be carried out. */
  clear(): void {
    this.#inbox?.clear();
  }

  used(now: number): number {
    return this.#share.used(now);
  }

  proceed(now: number): number | undefined {
    const { rates, work } = this.#context;
    const wait = rates.frames ? this.#share.wait(now) : 0;
    if (wait > 0) return wait;
    for (const end = work.own + quantum; work.own < end; ) {
      const item = this.#inbox?.shift();
      if (!item) break;
      this.#carryOut(item);
    }
    this.#isLinedUp = this.#inbox !== undefined && !this.#inbox.isEmpty;
    return this.#isLinedUp ? 0 : undefined;
  }

  #isAtOnce(now: number): boolean {
    return !this.#isLinedUp && this.#context.turns.hasRoom(now, this.#share.isLight(now));
  }

  #take(item: Item): void {
    const now = this.#context.monotonic();
    if (this.#isAtOnce(now)) this.#carryOut(item);
    else this.#wait(item, now);
  }

  #refuse(retry: number, now: number): void {
    if (this.#rateLimit.flooding) this.#owner.flooding();
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
    if (this.#isLinedUp) return;
    this.#isLinedUp = true;
    this.#context.turns.enter(this, now);
  }

  /** Whatever is done meanwhile is work that this connection has caused. */
  #carryOut(item: Item): void {
    const { work } = this.#context;
    const { own, delivered } = work;
    try {
      if ('data' in item) this.#begin(item.data, item.isBinary);
      else if ('rest' in item) this.#goOn(item.rest);
      else if ('room' in item) this.#owner.join(item.room);
      else if ('retry' in item) this.#owner.limit(item.retry);
      else this.#owner.ended(item.clean);
    } catch (error) {
      // A defect met on one connection must not reach the others.
      this.#owner.failed(error);
    }
    this.#share.use(work.own - own, work.delivered - delivered);
    if (this.#owner.isOver()) this.clear();
  }

  #begin(data: ArrayBuffer, isBinary: boolean): void {
    this.#context.work.own += transferCost(data.byteLength);
    const decoded = this.#owner.decode(data, isBinary);
    const rest = decoded[Symbol.iterator]();
    const first = rest.next();
    if (first.done) return;
    this.#owner.handle(first.value);
    if (!Array.isArray(decoded)) this.#goOn(rest);
  }

  /** Each line of a message counts as a frame; the first one has been counted with the message. */
  #goOn(rest: Iterator<Decoded>): void {
    const { work, monotonic } = this.#context;
    for (const end = work.own + quantum; !this.#owner.isOver(); ) {
      if (work.own >= end) return this.#putBack(rest);
      const next = rest.next();
      if (next.done) return;
      const retry = this.#rateLimit.admit(0, monotonic());
      if (retry > 0) return this.#rateLimit.flooding ? this.#owner.flooding() : this.#owner.limit(retry);
      this.#owner.handle(next.value);
    }
  }

  #putBack(rest: Iterator<Decoded>): void {
    this.#inbox ??= new Inbox(this.#context.inbox.total);
    this.#inbox.unshift({ rest });
    this.#lineUp(this.#context.monotonic());
  }
}
