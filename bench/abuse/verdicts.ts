/** The rows of `abuse` in the table of targets. */
import type { CaseResult, Results } from '../results.ts';
import { milliseconds } from '../scenarios/format.ts';
import type { Verdict } from '../verdict.ts';
import { barOf, excesses, inWords, judgeRow, type Row } from './row.ts';

/** A verdict for each target of each case that was run. */
export function judgeAbuse(results: Results): Verdict[] {
  return results
    .filter((result) => result.is('abuse', {}))
    .flatMap((result) => result.case.targets.map(({ name }) => verdictOn(result, name)));
}

function verdictOn(result: CaseResult, target: string): Verdict {
  const what = result.case.title.split(': ').slice(0, 2).join(': ');
  const problem = result.runs
    .filter((run) => run.target === target)
    .map((run) => run.measurement.problem)
    .find((one) => one !== undefined);
  if (problem !== undefined) return { what, goal: 'everything is back', measured: problem, verdict: 'missed' };
  const row = rowOf(result, target);
  const verdict = judgeRow(row);
  const why = verdict === 'missed' ? ` (${excesses(row).join(', ')})` : '';
  return { what, goal: `p99 ≤ ${milliseconds(barOf(row))}, ≤ 256 MiB`, measured: `${inWords(row)}${why}`, verdict };
}

function rowOf(result: CaseResult, target: string): Row {
  const middle = (figure: keyof Row) => result.middle(target, figure) ?? Number.NaN;
  return {
    ...{ beforeP99: middle('beforeP99'), p99: middle('p99'), longest: middle('longest'), afterP99: middle('afterP99') },
    ...{
      memory: middle('memory'),
      memoryAfter: middle('memoryAfter'),
      noise: middle('noise'),
      noiseAfter: middle('noiseAfter'),
    },
  };
}
