import type { ConnectOptions } from './api.ts';

/**
 * How long to wait before connecting again: exponential, with full jitter, so that many clients do not come at once.
 */
export class Backoff {
  readonly #base: number;
  readonly #max: number;
  readonly #reset: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(
    { base = 500, max = 30_000, reset = 5000 }: NonNullable<ConnectOptions['backoff']>,
    random: () => number,
  ) {
    this.#base = base;
    this.#max = max;
    this.#reset = reset;
    this.#random = random;
  }

  /**
   * @param lasted how long the connection that has just ended was up.
   * @param retry when the server said to come back. It is a different time for each client; only after a failure the
   *   pause may be longer.
   */
  next(lasted: number, retry?: number): number {
    if (lasted >= this.#reset) this.#failures = 0;
    const wait = this.#random() * Math.min(this.#max, this.#base * 2 ** this.#failures);
    const isFirst = this.#failures === 0;
    this.#failures = Math.min(this.#failures + 1, 30);
    if (retry === undefined) return wait;
    return isFirst ? retry : Math.max(retry, wait);
  }
}

/** Whether to come back after this close code (PROTOCOL.md, "Close codes"). */
export function mayReturn(code: number): boolean {
  return code !== 1000 && code !== 1009 && !(code >= 4500 && code <= 4999);
}
