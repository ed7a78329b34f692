/** Runs cases, each in rounds. */
import { CaseResult, type Run } from './results.ts';
import type { Case, Measurement } from './scenarios/case.ts';

export interface Progress {
  caseStarts(of: Case): void;
  runEnds(of: Case, target: string, round: number, measurement: Measurement): void;
  caseEnds(result: CaseResult): void;
}

export async function runCases(cases: readonly Case[], rounds: number, progress: Progress): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const next of cases) {
    progress.caseStarts(next);
    const result = new CaseResult(next, await runRounds(next, rounds, progress));
    progress.caseEnds(result);
    results.push(result);
  }
  return results;
}

async function runRounds(of: Case, rounds: number, progress: Progress): Promise<Run[]> {
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    // Every other round the other way round: no target always follows the same one.
    const targets = round % 2 === 1 ? of.targets : of.targets.toReversed();
    const measurements = await of.measure(targets);
    for (const [at, measurement] of measurements.entries()) {
      const target = targets[at]?.name ?? '';
      progress.runEnds(of, target, round, measurement);
      runs.push({ target, round, measurement });
    }
  }
  return runs;
}
