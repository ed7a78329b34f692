/** Results for people: progress, tables, the verdicts. */

import type { Machine } from './machine.ts';
import type { CaseResult, Results } from './results.ts';
import type { Column, Measurement } from './scenarios/case.ts';
import { count, percent, ratio } from './scenarios/format.ts';
import type { Verdict } from './verdict.ts';

/** The machine and the versions, in one line. */
export function machineLine({ cpu, cores, memory, kernel, node, packages, commit, load }: Machine): string {
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const hardware = `${cores} × ${cpu}, ${count(memory / 2 ** 30)} GiB, Linux ${kernel}, load ${load[0]?.toFixed(2)}`;
  return `Hubbub ${commit}, Node ${node}, ${versions.join(', ')}\n${hardware}`;
}

/** One line for a run that has ended. */
export function runLine(
  columns: readonly Column[],
  target: string,
  round: number,
  { problem, figures, delivered, expected, bottleneck, notes }: Measurement,
): string {
  const column = columns.find(({ figure }) => figures[figure] !== undefined);
  const value = column && figures[column.figure];
  const said =
    problem === undefined && column && value !== undefined ? `${column.format(value)} ${column.label}` : 'no figure';
  const full = bottleneck === undefined || bottleneck === 'none' ? [] : [`${bottleneck} full`];
  const remarks = [...(problem === undefined ? [] : [problem]), ...full, ...notes];
  const rest = remarks.length > 0 ? ` (${remarks.join('; ')})` : '';
  return `  round ${round}  ${target.padEnd(14)} ${said}, delivered ${count(delivered)} of ${count(expected)}${rest}`;
}

/** A line per target: medians, the spread of the rounds, the ratio to the control. */
export function caseTable(result: CaseResult): string {
  const { columns: all, targets, title, control } = result.case;
  const columns = all.filter(({ figure }) => targets.some(({ name }) => result.middle(name, figure) !== undefined));
  const [main = all[0]] = columns;
  const head = [
    'target',
    main.label,
    'spread',
    `ratio to ${control}`,
    ...columns.slice(1).map(({ label }) => label),
    'runs',
    'full',
  ];
  const rows = targets.map(({ name }) => [
    name,
    ...valueAndSpread(result, name, main),
    show(result.ratio(name, control, main.figure), ratio),
    ...columns.slice(1).map(({ figure, format }) => show(result.middle(name, figure), format)),
    validRuns(result, name),
    bottlenecks(result, name),
  ]);
  return `${title}\n${table([head, ...rows])}`;
}

/** The end of a report: rows with a verdict in the last cell. */
export interface Summary {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Goals that were not measured come last. */
export function goalSummary(goals: readonly Verdict[]): Summary {
  const isMeasured = ({ verdict }: Verdict) => verdict !== 'not measured';
  const ordered = [...goals.filter(isMeasured), ...goals.filter((goal) => !isMeasured(goal))];
  return {
    title: 'Targets',
    head: ['what', 'target', 'measured', 'verdict'],
    rows: ordered.map(({ what, goal, measured, verdict }) => [what, goal, measured, verdict]),
  };
}

export function summaryTable({ head, rows }: Summary): string {
  return table([head, ...rows], 'left');
}

/** Lines that the reader must not miss: every invalid run. */
export function problems(results: Results): string[] {
  return results.flatMap(({ case: { title }, runs }) =>
    runs.flatMap(({ target, round, measurement: { problem } }) =>
      problem === undefined ? [] : [`${title}, ${target}, round ${round}: ${problem}`],
    ),
  );
}

/** The first thing to know about results. */
export const allWell = 'Nothing was lost, and everything came in order.';

function valueAndSpread(result: CaseResult, name: string, { figure, format }: Column): string[] {
  return [
    show(result.middle(name, figure), format),
    show(result.spread(name, figure), (share) => `±${percent(share / 2)}`),
  ];
}

function validRuns({ runs }: CaseResult, name: string): string {
  const own = runs.filter(({ target }) => target === name);
  return `${own.filter(({ measurement }) => measurement.problem === undefined).length}/${own.length}`;
}

function bottlenecks({ runs }: CaseResult, name: string): string {
  const own = runs.filter(({ target }) => target === name).map(({ measurement }) => measurement.bottleneck ?? 'none');
  return [...new Set(own)].join(', ');
}

function show(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '–' : format(value);
}

/** The first row is the head. @param side the alignment of all columns except the first. */
export function table(rows: readonly (readonly string[])[], side: 'left' | 'right' = 'right'): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const pad = (cell: string, at: number) =>
    at === 0 || side === 'left' ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0);
  const line = (row: readonly string[]) => `  ${row.map(pad).join('  ')}`.trimEnd();
  const [head = [], ...body] = rows;
  return [line(head), `  ${widths.map((width) => '─'.repeat(width)).join('──')}`, ...body.map(line)].join('\n');
}
