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
    result(10, runs('hubbub', [100]), runs('bare', [250])),
    result(1000, runs('hubbub', [96]), runs('bare', [100])),
  ];
  const verdicts = judge(results).map(({ verdict }) => verdict);
  assert.deepEqual(verdicts.slice(0, 3), ['met', 'not measured', 'missed']);
  const growth = judge(results).find(({ what }) => what.startsWith('growth'));
  assert.equal(growth?.verdict, 'missed');
  assert.equal(
    judge([]).every(({ verdict }) => verdict === 'not measured'),
    true,
  );
});

test('better than the floor is no success, but a sign that something else was measured', () => {
  const verdictOf = (hubbub: number) =>
    judge([result(1000, runs('hubbub', [hubbub]), runs('bare', [100]))])[0]?.verdict;
  assert.equal(verdictOf(104), 'met');
  assert.equal(verdictOf(111), 'implausible');
});
