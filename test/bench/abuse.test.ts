import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../../bench/abuse/kinds.ts';
import { judgeRow, type Row } from '../../bench/abuse/row.ts';
import { judgeAbuse } from '../../bench/abuse/verdicts.ts';
import { CaseResult } from '../../bench/results.ts';

const mebibyte = 1024 ** 2;

const good: Row = {
  ...{ beforeP99: 1000, p99: 8000, longest: 40_000, afterP99: 1000 },
  ...{ memory: 256 * mebibyte, memoryAfter: 0, noise: 500, noiseAfter: 500 },
};

test('a row keeps to the bar up to three times what pings took before and five milliseconds, and 256 MiB', () => {
  assert.equal(judgeRow(good), 'met');
  assert.equal(judgeRow({ ...good, p99: 8001 }), 'missed');
  assert.equal(judgeRow({ ...good, afterP99: 8001 }), 'missed');
  assert.equal(judgeRow({ ...good, memory: 256 * mebibyte + 1 }), 'missed');
  assert.equal(judgeRow({ ...good, memoryAfter: 129 * mebibyte }), 'missed');
});

test('a row says nothing if the machine had no time for it', () => {
  assert.equal(judgeRow({ ...good, beforeP99: 20_000 }), 'not valid');
  assert.equal(judgeRow({ ...good, p99: 12_000, noise: 9000 }), 'not valid');
  assert.equal(judgeRow({ ...good, afterP99: 12_000, noiseAfter: 9000 }), 'not valid');
  assert.equal(judgeRow({ ...good, p99: 12_000, afterP99: 12_000, noise: 9000 }), 'missed');
  assert.equal(judgeRow({ ...good, p99: 500_000, noise: 9000 }), 'missed');
  assert.equal(judgeRow({ ...good, beforeP99: 20_000, p99: 500_000 }), 'missed');
  assert.equal(judgeRow({ ...good, p99: 12_000, noise: 9000, memory: 300 * mebibyte }), 'missed');
});

function result(problem: string | undefined, figures: Record<string, number>): CaseResult {
  const target = { name: 'hubbub-limits', description: '', dialect: 'hubbub', command: [] } as const;
  const measurement = { figures, delivered: 0, expected: 0, notes: [], ...(problem !== undefined && { problem }) };
  return new CaseResult(
    {
      ...{ scenario: 'abuse', title: 'abuse: history, one attacker: asks', traits: {}, control: target.name },
      targets: [target],
      columns: [{ figure: 'p99', label: 'p99', format: String }],
      measure: () => Promise.reject(new Error('not to be run')),
    },
    [{ target: target.name, round: 1, measurement }],
  );
}

test('every row that was run has its verdict, and says what is beyond the bar; what was lost is missed', () => {
  const [met, missed, lost, ...others] = judgeAbuse([
    result(undefined, { ...good }),
    result(undefined, { ...good, p99: 4e6, memory: 300 * mebibyte }),
    result('3 messages were not acknowledged', {}),
  ]);
  assert.deepEqual(
    [met?.what, met?.goal, met?.verdict],
    ['abuse: history, one attacker', 'p99 ≤ 8.00 ms, ≤ 256 MiB', 'met'],
  );
  assert.deepEqual(
    [missed?.measured, missed?.verdict],
    ['p99 1.00 ms → 4000.00 ms → 1.00 ms, longest 40.00 ms; 300.0 MiB above, then 0.0 MiB (memory, p99)', 'missed'],
  );
  assert.deepEqual([lost?.measured, lost?.verdict, others], ['3 messages were not acknowledged', 'missed', []]);
});

test('kinds of abuse have names of their own', () => {
  assert.equal(new Set(kinds.map(({ name }) => name)).size, kinds.length);
});
