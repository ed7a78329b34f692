import type { LogStatus } from '../log/port.ts';
import type { Logger } from '../observe/logger.ts';

/** Less than this after the last recovery it is not certain that the next one lasts, in milliseconds. */
const often = 60_000;
/** How long it must last then before it is told. */
const calm = 10_000;

/**
 * Tells the operator when messages are refused, and when they are taken again. On a disk that is almost full, where
 * messages are removed as others come, that changes from second to second: it is one trouble then, and told once.
 */
export class StatusReport {
  readonly #logger: Pick<Logger, 'info' | 'error'>;
  readonly #now: () => number;
  /** The trouble that was told; undefined if it was told that there is none. */
  #told: LogStatus | undefined;
  #recovered = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** @param now on the monotonic clock, in milliseconds. */
  constructor(logger: Pick<Logger, 'info' | 'error'>, now: () => number) {
    this.#logger = logger;
    this.#now = now;
  }

  tell(status: LogStatus): void {
    clearTimeout(this.#timer);
    const { state, detail } = status;
    if (state === 'ready') return this.#recover();
    if (this.#told?.state === state && this.#told.detail === detail) return;
    this.#told = status;
    this.#logger.error(`messages are refused: ${detail}`, { state });
  }

  #recover(): void {
    if (!this.#told) return;
    if (this.#now() - this.#recovered >= often) this.#tellRecovery();
    else this.#timer = setTimeout(() => this.#tellRecovery(), calm).unref();
  }

  #tellRecovery(): void {
    this.#told = undefined;
    this.#recovered = this.#now();
    this.#logger.info('messages are taken again');
  }
}
