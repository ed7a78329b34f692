/** Runs cases, each in rounds. */
import { CaseResult, type Run } from './results.ts';
import type { Case, Measurement } from './scenarios/case.ts';

/** A case that is to be run. */
export interface Planned {
  readonly case: Case;
  readonly rounds: number;
}

/** Observes the progress. */
export interface Observer {
  caseStarts(of: Case): void;
  roundStarts(of: Case, round: number): void;
  runEnds(of: Case, target: string, round: number, measurement: Measurement): void;
  roundEnds(of: Case, round: number): void;
  caseEnds(result: CaseResult): void;
}

/** @param budget milliseconds since the start of the process after which no case is started, except for the first. */
export async function runCases(
  plan: readonly Planned[],
  observer: Observer,
  budget = Number.POSITIVE_INFINITY,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const next of plan) {
    if (results.length > 0 && performance.now() > budget) break;
    observer.caseStarts(next.case);
    const result = new CaseResult(next.case, await runRounds(next, observer));
    observer.caseEnds(result);
    results.push(result);
  }
  return results;
}

async function runRounds({ case: of, rounds }: Planned, observer: Observer): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    observer.roundStarts(of, round);
    // Every other round in reverse order, so that no target always follows the same one.
    const targets = round % 2 === 1 ? of.targets : of.targets.toReversed();
    const measurements = await of.measure(targets);
    for (const [at, measurement] of measurements.entries()) {
      const target = targets[at]?.name ?? '';
      observer.runEnds(of, target, round, measurement);
      runs.push({ target, round, measurement });
    }
    observer.roundEnds(of, round);
  }
  return runs;
}
