import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../bench/goals.ts';
import { CaseResult, type Run } from '../../bench/results.ts';
import type { Case } from '../../bench/scenarios/case.ts';

const figure = 'deliveriesPerCpuSecond';

/** The rounds of one target; undefined is a run that lost something. */
function runs(target: string, values: readonly (number | undefined)[]): Run[] {
  return values.map((value, at) => ({
    target,
    round: at + 1,
    measurement: {
      figures: value === undefined ? {} : { [figure]: value },
      delivered: 0,
      expected: 0,
      notes: [],
      ...(value === undefined && { problem: 'lost' }),
    },
  }));
}

function result(members: number, ...all: Run[][]): CaseResult {
  const of: Case = {
    scenario: 'fan-out',
    title: `${members} members`,
    traits: { members, burst: 32, ids: false },
    targets: [],
    control: 'bare',
    columns: [{ figure, label: figure, format: String }],
    measure: () => Promise.reject(new Error('not to be run')),
  };
  return new CaseResult(of, all.flat());
}

test('a ratio is the median of the ratios of each round, without the rounds that count for nothing', () => {
  const both = result(10, runs('hubbub', [50, undefined, 30, 90]), runs('bare', [100, 100, 100, undefined]));
  assert.deepEqual(both.ratios('hubbub', 'bare', figure), [0.5, 0.3]);
  assert.equal(both.ratio('hubbub', 'bare', figure), 0.4);
  assert.equal(both.middle('hubbub', figure), 50);
});

test('without a valid run there is no figure', () => {
  const none = result(10, runs('hubbub', [undefined]), runs('bare', [100]));
  assert.equal(none.middle('hubbub', figure), undefined);
  assert.equal(none.spread('hubbub', figure), undefined);
  assert.equal(none.ratio('hubbub', 'bare', figure), undefined);
});

test('goals are met, missed or not measured', () => {
  const results = [
    result(10, runs('hubbub-no-log', [100]), runs('bare', [250])),
    result(1000, runs('hubbub-no-log', [96]), runs('bare', [100])),
  ];
  const verdicts = judge(results).map(({ verdict }) => verdict);
  assert.deepEqual(verdicts.slice(0, 3), ['met', 'not measured', 'missed']);
  const sizes = [result(10, runs('hubbub', [100])), result(1000, runs('hubbub', [96]))];
  const growth = judge(sizes).find(({ what }) => what.startsWith('growth'));
  assert.equal(growth?.verdict, 'missed');
  assert.equal(
    judge([]).every(({ verdict }) => verdict === 'not measured'),
    true,
  );
});

test('better than the floor is no success, but a sign that something else was measured', () => {
  const verdictOf = (hubbub: number) =>
    judge([result(1000, runs('hubbub-no-log', [hubbub]), runs('bare', [100]))])[0]?.verdict;
  assert.equal(verdictOf(104), 'met');
  assert.equal(verdictOf(111), 'implausible');
});

test('the join storm is judged with all users only', () => {
  const verdictOf = (members: number, framesPerUser: number) =>
    judge([
      new CaseResult({ ...result(members).case, scenario: 'join-storm', traits: { members } }, [
        {
          target: 'hubbub',
          round: 1,
          measurement: { figures: { framesPerUser }, delivered: 0, expected: 0, notes: [] },
        },
      ]),
    ]).find(({ what }) => what.startsWith('join storm'))?.verdict;
  assert.equal(verdictOf(15_000, 20), 'met');
  assert.equal(verdictOf(15_000, 20.5), 'missed');
  assert.equal(verdictOf(1000, 3), 'not measured');
});

test('what the log costs is judged over many rooms, where the rates are the same for all', () => {
  const log = (members: number, closed: boolean, figures: Record<string, Record<string, number>>) =>
    new CaseResult(
      { ...result(members).case, scenario: 'log', traits: { rooms: 1000, members, closed } },
      Object.entries(figures).map(([target, own]) => ({
        target,
        round: 1,
        measurement: { figures: own, delivered: 0, expected: 0, notes: [] },
      })),
    );
  const verdicts = judge([
    log(1, true, { hubbub: { messagesPerCpuSecond: 50_000 } }),
    log(1, false, { hubbub: { messagesPerCpuSecond: 30_000 } }),
    log(10, false, {
      hubbub: { messagesPerCpuSecond: 10_000, loopP99: 12_000 },
      'bare-rooms': { messagesPerCpuSecond: 30_000 },
    }),
  ]).slice(-3);
  assert.deepEqual(
    verdicts.map(({ measured, verdict }) => [measured, verdict]),
    [
      ['50,000; 30,000 at an even pace', 'met'],
      ['0.33 (0.33 to 0.33)', 'met'],
      ['12.00 ms', 'missed'],
    ],
  );
});
