/** The results as one self-contained HTML file: goals, plots, and every figure. */
import { type CaseGroup, caseGroups } from './case-groups.ts';
import type { Machine } from './machine.ts';
import { barPlot, colours as colourCount, escapeHtml, legend, linePlot, type Named, type Point } from './plot.ts';
import { allWell, problems, type Summary } from './report.ts';
import type { CaseResult, Results } from './results.ts';
import { ratio as formatRatio } from './scenarios/format.ts';
import { median } from './statistics.ts';

export interface About {
  readonly started: Date;
  readonly machine: Machine;
  /** The command that produces this report. */
  readonly command: string;
}

export function htmlReport(results: Results, { started, machine, command }: About, summary: Summary): string {
  const { cpu, cores, kernel, node, packages, commit, load } = machine;
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  const facts = [
    `Hubbub ${commit}, Node ${node}, ${versions.join(', ')}`,
    `${cores} × ${cpu}, Linux ${kernel}, load ${load[0]?.toFixed(2)} at the start`,
    `${started.toISOString().slice(0, 16).replace('T', ' ')} UTC, by ${command}`,
  ];
  const colours = new Map([...targetNames(results)].map((name, colour) => [name, colour]));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hubbub: benchmark</title>
<style>${style}</style>
<h1>Benchmark</h1>
${facts.map((fact) => `<p class="fact">${escapeHtml(fact)}</p>`).join('\n')}
${outcome(results)}
<h2>${escapeHtml(summary.title)}</h2>
${summaryTable(summary)}
${caseGroups(results)
  .map((group) => section(group, colours))
  .join('\n')}
</html>
`;
}

/** That nothing was lost, or each run that counts for nothing. */
function outcome(results: Results): string {
  const broken = problems(results);
  if (broken.length === 0) return `<p class="well">${allWell}</p>`;
  const items = broken.map((line) => `<li>${escapeHtml(line)}`).join('');
  return `<p class="broken">Runs that count for nothing:<ul class="broken">${items}</ul>`;
}

function summaryTable({ head, rows }: Summary): string {
  const lines = rows.map((row) => {
    const cells = row.map((cell) => `<td>${escapeHtml(cell)}`);
    return `<tr class="${row.at(-1)?.replaceAll(' ', '-')}">${cells.join('')}</tr>`;
  });
  return wide(`<tr>${head.map((cell) => `<th>${escapeHtml(cell)}`).join('')}</tr>${lines.join('')}`);
}

/** All targets: each has its colour in all of the plots. */
function targetNames(results: Results): Set<string> {
  return new Set(results.flatMap((result) => result.case.targets.map(({ name }) => name)));
}

function section({ heading, cases, axis }: CaseGroup, colours: ReadonlyMap<string, number>): string {
  const { columns, targets, control } = cases[0].case;
  const named = targets.map(({ name }) => ({ name, colour: colours.get(name) ?? 0 }));
  const [main] = columns;
  const plotted = columns
    .filter(({ isAside }) => !isAside)
    .map(({ figure, label, format }) => ({ figure, label, format }));
  const measures: Measure[] = plotted.map(({ figure, ...words }) => ({
    ...words,
    values: (result, name) => result.values(name, figure),
  }));
  const ratios: Measure = {
    label: `${main.label}: ratio to ${control}`,
    format: formatRatio,
    values: (result, name) => (name === control ? [] : result.ratios(name, control, main.figure)),
  };
  const plots = [...measures, ratios].map((measure) =>
    axis === undefined ? bars(cases[0], named, measure) : lines(cases, named, axis, measure),
  );
  return `<h2>${escapeHtml(heading)}</h2>
${axis === undefined ? '' : legend(named)}
<div class="plots">${plots.join('')}</div>
${cases.map((result) => figureTable(result, axis !== undefined)).join('\n')}`;
}

/** Something that is plotted. */
interface Measure {
  readonly label: string;
  readonly format: (value: number) => string;
  /** Of each valid round of a target. */
  readonly values: (result: CaseResult, name: string) => number[];
}

function lines(
  cases: readonly CaseResult[],
  named: readonly Named[],
  axis: string,
  { label, format, values }: Measure,
): string {
  const series = named.map(({ name, colour }) => ({
    ...{ name, colour },
    points: cases.flatMap((result) => point(Number(result.case.traits[axis]), values(result, name))),
  }));
  return series.some(({ points }) => points.length > 0) ? linePlot(series, { title: label, format }) : '';
}

function bars(result: CaseResult, named: readonly Named[], { label, format, values }: Measure): string {
  const all = named.flatMap(({ name, colour }) =>
    point(0, values(result, name)).map(({ y, range }) => ({ name, colour, value: y, range })),
  );
  return all.length > 0 ? barPlot(all, { title: label, format }) : '';
}

/** The median with the range; nothing where there is no value. */
function point(x: number, values: readonly number[]): Point[] {
  return values.length === 0 ? [] : [{ x, y: median(values), range: [Math.min(...values), Math.max(...values)] }];
}

function figureTable(result: CaseResult, hasTitle: boolean): string {
  const { columns, targets, title, control } = result.case;
  const head = columns.map(({ label }) => `<th>${escapeHtml(label)}`).join('');
  const rows = targets.map(({ name }) => {
    const cells = columns.map(({ figure, format }) => {
      const value = result.middle(name, figure);
      return `<td>${value === undefined ? '–' : escapeHtml(format(value))}`;
    });
    const toControl = result.ratio(name, control, columns[0].figure);
    return `<tr><th>${escapeHtml(name)}${cells.join('')}<td>${toControl === undefined ? '–' : formatRatio(toControl)}</tr>`;
  });
  const caption = hasTitle ? `<caption>${escapeHtml(title)}</caption>` : '';
  return wide(`${caption}<tr><th>target${head}<th>ratio to ${escapeHtml(control)}</tr>${rows.join('')}`, 'figures');
}

/** @param kind the class of the table. */
function wide(rows: string, kind = ''): string {
  return `<div class="wide"><table class="${kind}">${rows}</table></div>`;
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --faint: #d5dae1; --soft: #5d6878;
  --0: #2563eb; --1: #d97706; --2: #059669; --3: #be185d; --4: #7c3aed; --5: #0891b2; --6: #65a30d; --7: #dc2626;
  --8: #78716c; --9: #a16207; --10: #0f766e; --11: #c026d3; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e9f0; --paper: #12161d; --faint: #323a46; --soft: #98a3b3;
  --0: #6ea0ff; --1: #f5b04c; --2: #4ccfa0; --3: #f380b4; --4: #b79cff; --5: #55d0e6; --6: #a8d65a; --7: #ff7b7b;
  --8: #b8b0a8; --9: #d8b45a; --10: #5fc9bd; --11: #ea8cf5; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 66rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: .25rem } h2 { margin: 2.5rem 0 .5rem; font-size: 1.15rem }
.fact { margin: 0; color: var(--soft) }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem 2rem }
svg { width: 100%; height: auto } svg text { font-size: 11px; fill: var(--soft) }
svg .title { font-size: 13px; fill: var(--ink) } .grid { stroke: var(--faint) }
svg g { stroke: var(--c); fill: var(--c) } polyline { fill: none; stroke-width: 2 } rect { fill-opacity: .35 }
.legend span { margin-right: 1rem } .legend i { display: inline-block; width: .8rem; height: .8rem;
  margin-right: .35rem; border-radius: 2px; background: var(--c); vertical-align: -1px }
${Array.from({ length: colourCount }, (_, at) => `.c${at} { --c: var(--${at}) }`).join(' ')}
.wide { overflow-x: auto; margin: .75rem 0 } table { border-collapse: collapse; font-size: .87rem; width: 100% }
caption { text-align: left; color: var(--soft) } th, td { padding: .25rem .6rem .25rem 0; text-align: left;
  border-bottom: 1px solid var(--faint); font-variant-numeric: tabular-nums } th { font-weight: 600 }
.figures th, .figures td { white-space: nowrap }
.well, tr.met td:last-child, tr.faster td:last-child, tr.less td:last-child { color: var(--2) } .broken, tr.missed td:last-child, tr.slower td:last-child, tr.more td:last-child { color: var(--7) } tr.implausible td:last-child { color: var(--1) }
`;
