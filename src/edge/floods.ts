import { TokenBucket } from '../session/rate-limit.ts';
import { limitKey } from './address.ts';

/**
 * How many clients of an address may be closed for flooding, in the long run and at once, before others are refused.
 */
const tolerated = { perSecond: 1, burst: 10 };

/** How many addresses are remembered. */
const remembered = 10_000;

/** Addresses whose clients flood the server, are closed, and come back at once to go on. */
export class Floods {
  readonly #now: () => number;
  /** In the order of their first flood. */
  readonly #patience = new Map<string, TokenBucket>();

  /** @param now milliseconds of a monotonic clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A client at this address was closed for flooding. */
  add(address: string): void {
    const now = this.#now();
    const key = limitKey(address);
    const patience = this.#patience.get(key) ?? new TokenBucket(tolerated, now);
    patience.wait(1, now);
    patience.take(1);
    const [oldest] = this.#patience.size < remembered || this.#patience.has(key) ? [] : this.#patience.keys();
    if (oldest !== undefined) this.#patience.delete(oldest);
    this.#patience.set(key, patience);
  }

  /** For how many milliseconds this address is refused. */
  wait(address: string): number {
    if (this.#patience.size === 0) return 0;
    return this.#patience.get(limitKey(address))?.wait(1, this.#now()) ?? 0;
  }
}
