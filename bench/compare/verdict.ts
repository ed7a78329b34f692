/** Verdicts from the rounds of two trees. */
import type { Summary } from '../report.ts';
import type { Results } from '../results.ts';
import { ratio as formatRatio, percent } from '../scenarios/format.ts';
import { median } from '../statistics.ts';

/** How far from 1 every round must be for a verdict: two servers of the same tree can differ by as much. */
const margin = 0.03;

/** If other processes use more than this share of the machine, the verdicts come with a warning. */
const muchForOthers = 0.15;

/** Student's t for a two-sided confidence of 95 %, from two values on; the last one is used for more than eleven. */
const quantiles = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

export const undecided = 'cannot be told apart';
const words = { gain: ['faster', 'slower'], cost: ['less', 'more'] } as const;

/** @param ratios of this tree to the other, of each round. @param isCost whether less is better. */
export function verdictOf(ratios: readonly number[], isCost: boolean): string {
  if (ratios.length === 0) return 'not measured';
  if (couldBeOne(ratios)) return undecided;
  const [better, worse] = isCost ? words.cost : words.gain;
  const [above, below] = isCost ? [worse, better] : [better, worse];
  if (Math.min(...ratios) > 1 + margin) return above;
  return Math.max(...ratios) < 1 / (1 + margin) ? below : undecided;
}

/** Whether 1 is within the confidence interval of their geometric mean, or there are too few to have one. */
function couldBeOne(ratios: readonly number[]): boolean {
  const count = ratios.length;
  if (count < 2) return true;
  const logarithms = ratios.map((ratio) => Math.log(ratio));
  const mean = logarithms.reduce((sum, value) => sum + value, 0) / count;
  const variance = logarithms.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const quantile = quantiles[Math.min(count - 2, quantiles.length - 1)] ?? Number.POSITIVE_INFINITY;
  return Math.abs(mean) <= quantile * Math.sqrt(variance / count);
}

/** A row for each case, and one for all of them in which the figure is what a second of CPU is enough for. */
export function compareTrees(results: Results, here: string, other: string): Summary {
  const rows = results.map((result) => {
    const [{ figure, label, format, isCost = false }] = result.case.columns;
    const value = (name: string) => {
      const middle = result.middle(name, figure);
      return middle === undefined ? '–' : format(middle);
    };
    const ratios = result.ratios(here, other, figure);
    return [result.case.title, label, value(here), value(other), range(ratios), verdictOf(ratios, isCost)];
  });
  const all = overall(results, here, other);
  const last = ['all that can be faster or slower', '', '', '', range(all), verdictOf(all, false)];
  return {
    title: `This tree against ${other}`,
    head: ['case', 'figure', here, other, `${here}/${other}`, 'verdict'],
    rows: all.length > 0 ? [...rows, last] : rows,
  };
}

/** The geometric mean of all cases' ratios, of each round that all of them have. */
function overall(results: Results, here: string, other: string): number[] {
  const ratios = results
    .filter(({ case: { columns } }) => !columns[0].isCost)
    .map((result) => result.ratios(here, other, result.case.columns[0].figure));
  const rounds = Math.min(...ratios.map(({ length }) => length));
  if (ratios.length < 2 || rounds < 1) return [];
  return Array.from({ length: rounds }, (_, round) => {
    const logarithms = ratios.map((own) => Math.log(own[round] ?? Number.NaN));
    return Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length);
  });
}

/** A warning for readers of the verdicts; undefined if there is none. */
export function warningOf(results: Results): string | undefined {
  const shares = results.flatMap(({ runs }) => runs.flatMap(({ measurement }) => measurement.figures['others'] ?? []));
  const share = median(shares);
  if (!(share > muchForOthers)) return undefined;
  return `Others had ${percent(share)} of the machine: measure again when it is quieter, or with more --rounds.`;
}

/** The median with the smallest and the largest. */
function range(ratios: readonly number[]): string {
  if (ratios.length === 0) return '–';
  const [middle, least, most] = [median(ratios), Math.min(...ratios), Math.max(...ratios)].map((value) =>
    value < 10 ? value.toFixed(3) : formatRatio(value),
  );
  return `${middle} (${least} to ${most})`;
}
