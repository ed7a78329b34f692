/** The progress of a plan, and an estimate of the time left from the rounds so far. */
import type { Planned } from './suite.ts';

/** Where a plan is at some moment. */
export interface Status {
  /** From 1. */
  readonly case: number;
  readonly cases: number;
  readonly title: string;
  /** From 1. */
  readonly round: number;
  readonly rounds: number;
  /** Of the whole plan, from 0 to 1. */
  readonly done: number;
  /** Milliseconds; undefined while no round has ended. */
  readonly left: number | undefined;
}

export class Progress {
  readonly #plan: readonly Planned[];
  readonly #now: () => number;
  /** How long each round took, in milliseconds, by case. */
  readonly #took: number[][];
  #case = -1;
  #round = 0;
  #roundStarted = 0;

  /** @param now a clock, in milliseconds. */
  constructor(plan: readonly Planned[], now: () => number) {
    this.#plan = plan;
    this.#now = now;
    this.#took = plan.map(() => []);
  }

  caseStarts(): void {
    this.#case += 1;
  }

  roundStarts(round: number): void {
    this.#round = round;
    this.#roundStarted = this.#now();
  }

  roundEnds(): void {
    this.#took[this.#case]?.push(this.#now() - this.#roundStarted);
  }

  /** undefined before the first case. */
  status(): Status | undefined {
    const current = this.#plan[this.#case];
    if (!current) return undefined;
    const past = this.#took.flat().reduce((sum, took) => sum + took, 0);
    const left = this.#left();
    const running = this.#now() - this.#roundStarted;
    return {
      ...{ case: this.#case + 1, cases: this.#plan.length, title: current.case.title },
      ...{ round: this.#round, rounds: current.rounds },
      done: left === undefined ? 0 : (past + running) / (past + running + left),
      left,
    };
  }

  /** A round is expected to take as long as the others of its case or, if there are none, of all cases. */
  #left(): number | undefined {
    const all = mean(this.#took.flat());
    if (all === undefined) return undefined;
    const expected = this.#took.map((own) => mean(own) ?? all);
    const rounds = this.#plan.reduce(
      (sum, { rounds }, at) => sum + (rounds - (this.#took[at]?.length ?? 0)) * (expected[at] ?? all),
      0,
    );
    const running = this.#now() - this.#roundStarted;
    return Math.max(0, rounds - Math.min(running, expected[this.#case] ?? 0));
  }
}

/** The most important part comes first: the rest is cut off if the line is too long. */
export function progressLine(status: Status, columns: number): string {
  const { case: at, cases, title, round, rounds, done, left } = status;
  const cells = columns < 60 ? 0 : 20;
  const full = Math.round(done * cells);
  const bar = cells > 0 ? `${'█'.repeat(full)}${'░'.repeat(cells - full)} ` : '';
  const time = left === undefined ? '' : `, ${clock(left)} left`;
  const line = `${bar}${Math.floor(done * 100)} %${time}, round ${round}/${rounds} of ${at}/${cases}: ${title}`;
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`.slice(0, Math.max(0, columns));
}

/** Minutes and seconds. */
function clock(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}
