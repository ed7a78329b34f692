import assert from 'node:assert/strict';
import { test } from 'node:test';
import { htmlReport } from '../../bench/html-report.ts';
import { barPlot, linePlot } from '../../bench/plot.ts';
import { goalSummary } from '../../bench/report.ts';
import { CaseResult } from '../../bench/results.ts';

const about = {
  started: new Date(0),
  command: 'npm run bench',
  machine: { cpu: 'a', cores: 2, memory: 1, kernel: '6', node: 'v20', packages: {}, commit: 'c', load: [0, 0, 0] },
};

function resultWith(problem: string | undefined): CaseResult {
  const format = (value: number) => String(value);
  const columns = [{ figure: 'f', label: 'deliveries', format }] as const;
  const targets = [{ name: 'hubbub', command: [] }];
  const of = { scenario: 'fan-out', title: 'ten members', traits: {}, columns, targets, control: 'hubbub' };
  const measurement = {
    figures: { f: 1 },
    delivered: 1,
    expected: 1,
    notes: [],
    ...(problem !== undefined && { problem }),
  };
  return new CaseResult(of as unknown as CaseResult['case'], [{ target: 'hubbub', round: 1, measurement }]);
}

/** The labels of a plot that would begin left of it or end right of it, each sign being 6.6 units wide at most. */
function clipped(svg: string): string[] {
  const texts = svg.matchAll(/<text x="([\d.]+)" y="[\d.]+" text-anchor="(start|middle|end)">([^<]*)</g);
  return [...texts].flatMap(([, x = '', anchor = '', text = '']) => {
    const width = 6.6 * text.length;
    const begin = Number(x) - (anchor === 'end' ? width : anchor === 'middle' ? width / 2 : 0);
    return begin >= 0 && begin + width <= 460 ? [] : [text];
  });
}

test('no label is clipped, however long it is', () => {
  const name = 'hubbub-no-log, 2 edges, against a long name';
  const format = (value: number) => `${value.toFixed(1)} million bytes`;
  const range = [1, 9_999_999] as const;
  const bars = [
    { name, colour: 0, value: 9_999_999, range },
    { name: 'ws', colour: 1, value: 1, range: [1, 1] as const },
  ];
  assert.deepEqual(clipped(barPlot(bars, { title: 'a', format })), []);
  const points = [
    { x: 10, y: 5, range },
    { x: 100_000, y: 9_999_999, range },
  ];
  assert.deepEqual(clipped(linePlot([{ name, colour: 0, points }], { title: 'a', format })), []);
});

test('goals that were not measured come last', () => {
  const { rows } = goalSummary([
    { what: 'a', goal: '', measured: '–', verdict: 'not measured' },
    { what: 'b', goal: '', measured: '1', verdict: 'met' },
    { what: 'c', goal: '', measured: '–', verdict: 'not measured' },
    { what: 'd', goal: '', measured: '2', verdict: 'missed' },
  ]);
  assert.deepEqual(
    rows.map(([what]) => what),
    ['b', 'd', 'a', 'c'],
  );
});

test('the report says that nothing was lost, or which runs count for nothing', () => {
  const summary = goalSummary([]);
  assert.match(htmlReport([resultWith(undefined)], about, summary), /Nothing was lost, and everything came in order\./);
  const broken = htmlReport([resultWith('3 messages were <lost>')], about, summary);
  assert.match(broken, /ten members, hubbub, round 1: 3 messages were &#60;lost&#62;/);
  assert.doesNotMatch(broken, /Nothing was lost/);
});
