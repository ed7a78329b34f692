import type { LogStatus } from '../log/port.ts';
import type { Logger } from '../observe/logger.ts';

/** Within this time after a recovery, the next recovery counts as uncertain, in milliseconds. */
const often = 60_000;
/** How long an uncertain recovery must last before it is reported, in milliseconds. */
const calm = 10_000;

/**
 * Tells the operator when messages are refused, and when they are taken again. On a disk that is almost full, with
 * messages being removed as others arrive, that changes every second: then it is one incident, reported once.
 */
export class StatusReport {
  readonly #logger: Pick<Logger, 'info' | 'error'>;
  readonly #now: () => number;
  /** The incident that was reported; undefined once its end was reported. */
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
    this.#logger.info('messages are accepted again');
  }
}
