import type { LogStatus } from '../log/port.ts';
import type { Fields, Logger } from '../observe/logger.ts';
import { Complaints } from './complaints.ts';
import { StatusReport } from './status-report.ts';

/** What the operator is told of trouble: each thing once, not as often as somebody meets it. */
export class Reports {
  readonly #logger: Logger;
  readonly #complaints: Complaints;
  readonly #status: StatusReport;
  #failures = 0;

  /** @param now on the monotonic clock, in milliseconds. */
  constructor(logger: Logger, now: () => number) {
    this.#logger = logger;
    this.#complaints = new Complaints(now);
    this.#status = new StatusReport(logger, now);
  }

  status(status: LogStatus): void {
    this.#status.tell(status);
  }

  damaged(room: string, seq: number): void {
    if (!this.#complaints.isDue(`${room} ${seq}`)) return;
    this.#logger.error('a message in the log is damaged and left out', { room, seq });
  }

  /** An edge turns people away. */
  full(sockets: number): void {
    if (!this.#complaints.isDue('full')) return;
    this.#logger.warn('an edge has as many sockets as it can have: others are refused, or closed at once', { sockets });
  }

  /** Something failed that should not have. It does not throw: who calls it has an error at hand already. */
  failed(what: string, error: unknown, fields: Fields = {}): void {
    this.#failures += 1;
    try {
      if (this.#complaints.isDue(kindOf(what, error, fields))) this.#logger.error(what, { ...fields, error });
    } catch {
      // To tell of it failed, too.
      this.#failures += 1;
    }
  }

  /** How often something has failed so far. */
  get failures(): number {
    return this.#failures;
  }
}

/** Numbers in its message make it nothing else. */
function kindOf(what: string, error: unknown, { room }: Fields): string {
  return `${what} ${room} ${String(error).replace(/\d+/g, '#')}`;
}
