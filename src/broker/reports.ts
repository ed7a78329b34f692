import type { LogStatus } from '../log/port.ts';
import type { Fields, Logger } from '../observe/logger.ts';
import { StatusReport } from './status-report.ts';
import { Throttle } from './throttle.ts';

/** Reports trouble to the operator: once per kind and minute, not each time it happens. */
export class Reports {
  readonly #logger: Logger;
  readonly #throttle: Throttle;
  readonly #status: StatusReport;
  #failures = 0;

  /** @param now on the monotonic clock, in milliseconds. */
  constructor(logger: Logger, now: () => number) {
    this.#logger = logger;
    this.#throttle = new Throttle(now);
    this.#status = new StatusReport(logger, now);
  }

  status(status: LogStatus): void {
    this.#status.tell(status);
  }

  damaged(room: string, seq: number): void {
    if (!this.#throttle.isDue(`${room} ${seq}`)) return;
    this.#logger.error('a damaged message in the log is left out', { room, seq });
  }

  /** An edge refuses sockets. */
  full(sockets: number): void {
    if (!this.#throttle.isDue('full')) return;
    this.#logger.warn('an edge has no more sockets: new connections are refused or closed at once', { sockets });
  }

  /**
   * A defect was met; the record has the number of all failures so far. This method does not throw: its caller is already
   * handling an error.
   */
  failed(what: string, error: unknown, fields: Fields = {}): void {
    this.#failures += 1;
    try {
      if (this.#throttle.isDue(kindOf(what, error, fields)))
        this.#logger.error(what, { ...fields, failures: this.#failures, error });
    } catch {
      // Reporting failed as well.
      this.#failures += 1;
    }
  }

  /** How many failures there were so far. */
  get failures(): number {
    return this.#failures;
  }
}

/** Errors whose messages differ only in numbers are of one kind. */
function kindOf(what: string, error: unknown, { room }: Fields): string {
  return `${what} ${room} ${String(error).replace(/\d+/g, '#')}`;
}
