import type { Refusal } from '../edge/handlers.ts';
import type { Logger } from '../observe/logger.ts';
import { Throttle } from './throttle.ts';

/** Counts connections that are refused before they have a session, and logs them: nothing else would show them. */
export class Refusals {
  readonly #logger: Pick<Logger, 'info' | 'debug'>;
  readonly #throttle: Throttle;
  /** Per status, how many there were since it was last logged at `info`. */
  readonly #untold = new Map<string, number>();
  #count = 0;

  /** @param now on the monotonic clock, in milliseconds. */
  constructor(logger: Pick<Logger, 'info' | 'debug'>, now: () => number) {
    this.#logger = logger;
    this.#throttle = new Throttle(now);
  }

  /** The total so far. */
  get count(): number {
    return this.#count;
  }

  /** Logs each at `debug`; at `info` the first of a status within a minute, with the number since the last one. */
  tell({ address, status, message }: Refusal): void {
    this.#count += 1;
    this.#logger.debug('connection refused', { address, status, reason: message });
    const untold = (this.#untold.get(status) ?? 0) + 1;
    const isDue = this.#throttle.isDue(status);
    this.#untold.set(status, isDue ? 0 : untold);
    if (isDue) this.#logger.info('connections are refused', { status, reason: message, address, count: untold });
  }

  /** uWebSockets.js has answered by itself, or nothing came: browsers also open connections in advance. */
  unheard(address: string, duration: number): void {
    this.#count += 1;
    this.#logger.debug('a connection ended without a whole request', { address, duration: Math.round(duration) });
  }
}
