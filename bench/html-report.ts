/** The results as one HTML file that needs nothing else: what was aimed at and reached, plots, and every figure. */
import type { Machine } from './machine.ts';
import { barPlot, escapeHtml, legend, linePlot, type Point } from './plot.ts';
import type { Summary } from './report.ts';
import type { CaseResult, Results } from './results.ts';
import type { Column } from './scenarios/case.ts';
import { ratio as formatRatio } from './scenarios/format.ts';
import { median } from './statistics.ts';
import { floor } from './targets/targets.ts';

export interface About {
  readonly started: Date;
  readonly machine: Machine;
  /** The command that gives such a report. */
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
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hubbub: benchmark</title>
<style>${style}</style>
<h1>Benchmark</h1>
${facts.map((fact) => `<p class="fact">${escapeHtml(fact)}</p>`).join('\n')}
<h2>${escapeHtml(summary.title)}</h2>
${summaryTable(summary)}
${families(results).map(section).join('\n')}
</html>
`;
}

/** Cases that differ only in the size of the room stand together. */
function families(results: Results): CaseResult[][] {
  const found = new Map<string, CaseResult[]>();
  for (const result of results) {
    const { scenario, traits } = result.case;
    const { members: _members, interval: _interval, ...others } = traits;
    const key = JSON.stringify([scenario, others]);
    found.set(key, [...(found.get(key) ?? []), result]);
  }
  return [...found.values()];
}

function summaryTable({ head, rows }: Summary): string {
  const lines = rows.map((row) => {
    const cells = row.map((cell) => `<td>${escapeHtml(cell)}`);
    return `<tr class="${row.at(-1)?.replaceAll(' ', '-')}">${cells.join('')}</tr>`;
  });
  return wide(`<tr>${head.map((cell) => `<th>${escapeHtml(cell)}`).join('')}</tr>${lines.join('')}`);
}

function section(cases: readonly CaseResult[]): string {
  const [first] = cases;
  if (!first) return '';
  const { title, columns, targets } = first.case;
  const names = targets.map(({ name }) => name);
  const heading =
    cases.length > 1 ? title.replace(/: [\d,]+ members/, ': by room size').replace(/ every \d+ ms/, '') : title;
  const plots = columns
    .slice(0, 3)
    .map((column) => (cases.length > 1 ? overSizes(cases, names, column) : byTarget(first, names, column)));
  const toFloor = names.includes(floor) && cases.length > 1 ? [ratioOverSizes(cases, names, columns[0])] : [];
  return `<h2>${escapeHtml(heading)}</h2>
${cases.length > 1 ? legend(names) : ''}
<div class="plots">${[...plots, ...toFloor].join('')}</div>
${cases.map((result) => figureTable(result, cases.length > 1)).join('\n')}`;
}

function overSizes(cases: readonly CaseResult[], names: readonly string[], { figure, label, format }: Column): string {
  return lines(cases, names, label, format, (result, name) => result.values(name, figure));
}

function ratioOverSizes(cases: readonly CaseResult[], names: readonly string[], { figure, label }: Column): string {
  const title = `${label}: ratio to ${floor}`;
  return lines(cases, names, title, formatRatio, (result, name) => result.ratios(name, floor, figure));
}

function lines(
  cases: readonly CaseResult[],
  names: readonly string[],
  title: string,
  format: (value: number) => string,
  values: (result: CaseResult, name: string) => number[],
): string {
  const series = names.map((name) => ({
    name,
    points: cases.flatMap((result) => point(Number(result.case.traits['members']), values(result, name))),
  }));
  return series.some(({ points }) => points.length > 0) ? linePlot(series, { title, format }) : '';
}

function byTarget(result: CaseResult, names: readonly string[], { figure, label, format }: Column): string {
  const bars = names.flatMap((name) =>
    point(0, result.values(name, figure)).map(({ y, range }) => ({ name, value: y, range })),
  );
  return bars.length > 0 ? barPlot(bars, { title: label, format }) : '';
}

/** The median with the range; nothing where there is no value. */
function point(x: number, values: readonly number[]): Point[] {
  return values.length === 0 ? [] : [{ x, y: median(values), range: [Math.min(...values), Math.max(...values)] }];
}

function figureTable(result: CaseResult, hasTitle: boolean): string {
  const { columns, targets, title } = result.case;
  const head = columns.map(({ label }) => `<th>${escapeHtml(label)}`).join('');
  const rows = targets.map(({ name }) => {
    const cells = columns.map(({ figure, format }) => {
      const value = result.middle(name, figure);
      return `<td>${value === undefined ? '–' : escapeHtml(format(value))}`;
    });
    const toFloor = result.ratio(name, floor, columns[0].figure);
    return `<tr><th>${escapeHtml(name)}${cells.join('')}<td>${toFloor === undefined ? '–' : formatRatio(toFloor)}</tr>`;
  });
  const caption = hasTitle ? `<caption>${escapeHtml(title)}</caption>` : '';
  return wide(`${caption}<tr><th>target${head}<th>ratio to ${floor}</tr>${rows.join('')}`);
}

function wide(rows: string): string {
  return `<div class="wide"><table>${rows}</table></div>`;
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --faint: #d5dae1; --soft: #5d6878;
  --0: #2563eb; --1: #d97706; --2: #059669; --3: #be185d; --4: #7c3aed; --5: #0891b2; --6: #65a30d; --7: #dc2626; }
@media (prefers-color-scheme: dark) { :root { --ink: #e5e9f0; --paper: #12161d; --faint: #323a46; --soft: #98a3b3;
  --0: #6ea0ff; --1: #f5b04c; --2: #4ccfa0; --3: #f380b4; --4: #b79cff; --5: #55d0e6; --6: #a8d65a; --7: #ff7b7b; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: .25rem } h2 { margin: 2.5rem 0 .5rem; font-size: 1.15rem }
.fact { margin: 0; color: var(--soft) }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem 2rem }
svg { width: 100%; height: auto } svg text { font-size: 11px; fill: var(--soft) }
svg .title { font-size: 13px; fill: var(--ink) } .grid { stroke: var(--faint) }
svg g { stroke: var(--c); fill: var(--c) } polyline { fill: none; stroke-width: 2 } rect { fill-opacity: .35 }
.legend span { margin-right: 1rem } .legend i { display: inline-block; width: .8rem; height: .8rem;
  margin-right: .35rem; border-radius: 2px; background: var(--c); vertical-align: -1px }
${Array.from({ length: 8 }, (_, at) => `.c${at} { --c: var(--${at}) }`).join(' ')}
.wide { overflow-x: auto; margin: .75rem 0 } table { border-collapse: collapse; font-size: .87rem; width: 100% }
caption { text-align: left; color: var(--soft) } th, td { padding: .25rem .6rem .25rem 0; text-align: left;
  border-bottom: 1px solid var(--faint); font-variant-numeric: tabular-nums } th { font-weight: 600 }
tr.met td:last-child { color: var(--2) } tr.missed td:last-child { color: var(--7) } tr.implausible td:last-child { color: var(--1) }
`;
