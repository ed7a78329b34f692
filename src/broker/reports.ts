import { LogError } from '../log/error.ts';
import type { LogStatus } from '../log/port.ts';
import type { Logger } from '../observe/logger.ts';
import { Complaints } from './complaints.ts';
import { StatusReport } from './status-report.ts';

/** What the operator is told of the log and the rooms: each thing once, not as often as somebody meets it. */
export class Reports {
  readonly #logger: Logger;
  readonly #complaints: Complaints;
  readonly #status: StatusReport;

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

  failed(room: string | undefined, message: string, error: unknown): void {
    const isDue = !(error instanceof LogError) || this.#complaints.isDue(`${room} ${message} ${error.message}`);
    if (isDue) this.#logger.error(message, { ...(room !== undefined && { room }), error });
  }
}
