/** Reports the progress on the terminal: a line for every run, a table for every case, and the time left. */
import { Progress, progressLine } from './progress.ts';
import { runLine } from './report.ts';
import type { CaseResult, Results } from './results.ts';
import type { Case, Measurement } from './scenarios/case.ts';
import { StatusLine } from './status-line.ts';
import { type Observer, type Planned, runCases } from './suite.ts';

/** How often the time left is updated, in milliseconds. */
const every = 500;

interface ReportOptions {
  /** The output for a finished case. */
  readonly table?: ((result: CaseResult) => string) | undefined;
  /** Milliseconds since the start of the process after which no case is started, except for the first. */
  readonly budget?: number | undefined;
}

/** Runs a plan, and reports the progress. */
export async function runWithProgress(plan: readonly Planned[], { table, budget }: ReportOptions): Promise<Results> {
  using reporter = new ProgressReporter(plan, table);
  return await runCases(plan, reporter, budget);
}

class ProgressReporter implements Observer, Disposable {
  readonly #plan: readonly Planned[];
  readonly #table: ((result: CaseResult) => string) | undefined;
  readonly #progress: Progress;
  readonly #line = new StatusLine(process.stdout);
  readonly #timer: NodeJS.Timeout;
  readonly #clear = () => this.#line.clear();

  constructor(plan: readonly Planned[], table: ((result: CaseResult) => string) | undefined) {
    this.#plan = plan;
    this.#table = table;
    this.#progress = new Progress(plan, () => performance.now());
    this.#timer = setInterval(() => this.#show(), every);
    process.once('exit', this.#clear);
  }

  caseStarts(of: Case): void {
    this.#progress.caseStarts();
    this.#line.print(`\n[${this.#plan.findIndex((one) => one.case === of) + 1}/${this.#plan.length}] ${of.title}`);
  }

  roundStarts(_of: Case, round: number): void {
    this.#progress.roundStarts(round);
    this.#show();
  }

  runEnds({ columns }: Case, target: string, round: number, measurement: Measurement): void {
    this.#line.print(runLine(columns, target, round, measurement));
  }

  roundEnds(): void {
    this.#progress.roundEnds();
  }

  caseEnds(result: CaseResult): void {
    if (this.#table) this.#line.print(`\n${this.#table(result)}`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    process.off('exit', this.#clear);
    this.#clear();
  }

  #show(): void {
    const status = this.#progress.status();
    if (status) this.#line.show((columns) => progressLine(status, columns));
  }
}
