/** For how long the same message is suppressed, in milliseconds. */
const interval = 60_000;
/** How many messages are remembered. */
const capacity = 1000;

/** Suppresses repeated records: a client that keeps asking for damaged entries must not flood the operator's log. */
export class Throttle {
  readonly #now: () => number;
  readonly #said = new Map<string, number>();

  /** @param now on the monotonic clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether to log it now. */
  isDue(what: string): boolean {
    const now = this.#now();
    const said = this.#said.get(what);
    if (said !== undefined && now - said < interval) return false;
    if (this.#said.size >= capacity) this.#said.clear();
    this.#said.set(what, now);
    return true;
  }
}
