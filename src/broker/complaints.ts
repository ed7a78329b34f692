/** How long the same thing is not said again, in milliseconds. */
const interval = 60_000;
/** How many things are remembered. */
const capacity = 1000;

/** Who asks again and again for what is damaged must not fill the operator's log with it. */
export class Complaints {
  readonly #now: () => number;
  readonly #said = new Map<string, number>();

  /** @param now on the monotonic clock, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether it is to be said now. */
  isDue(what: string): boolean {
    const now = this.#now();
    const said = this.#said.get(what);
    if (said !== undefined && now - said < interval) return false;
    if (this.#said.size >= capacity) this.#said.clear();
    this.#said.set(what, now);
    return true;
  }
}
