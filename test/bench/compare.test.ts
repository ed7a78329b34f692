import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Checkout, findCommit } from '../../bench/compare/checkout.ts';
import { readCommandLine } from '../../bench/compare/command-line.ts';
import { compareTrees, undecided, verdictOf } from '../../bench/compare/verdict.ts';
import { UsageError } from '../../bench/options.ts';
import { CaseResult } from '../../bench/results.ts';

const figure = 'deliveriesPerCpuSecond';

function result(title: string, isCost: boolean, here: readonly number[], other: readonly number[]): CaseResult {
  const run = (target: string) => (value: number, at: number) => ({
    ...{ target, round: at + 1 },
    measurement: { figures: { [figure]: value }, delivered: 0, expected: 0, notes: [] },
  });
  return new CaseResult(
    {
      ...{ scenario: 'fan-out', title, traits: {}, targets: [], control: 'other' },
      columns: [{ figure, label: 'each', format: String, ...(isCost && { isCost: true }) }],
      measure: () => Promise.reject(new Error('not to be run')),
    },
    [...here.map(run('here')), ...other.map(run('other'))],
  );
}

test('one is better only if every round says so, clearly, and chance would hardly do it', () => {
  assert.equal(verdictOf([1.2, 1.3, 1.22], false), 'faster');
  assert.equal(verdictOf([0.8, 0.82, 0.75], false), 'slower');
  assert.equal(verdictOf([1.067, 1.078, 1.214], false), undecided, 'the rounds are too far apart');
  assert.equal(verdictOf(Array(20).fill(1.05), false), 'faster');
  assert.equal(verdictOf([1.2, 1.3, 0.99], false), undecided);
  assert.equal(verdictOf([1.2, 1.3, 1.01], false), undecided);
  assert.equal(verdictOf([0.99, 0.8], false), undecided);
  assert.equal(verdictOf([1.2, 1.21, 1.25], true), 'more');
  assert.equal(verdictOf([0.8, 0.82, 0.8], true), 'less');
  assert.equal(verdictOf([2], false), undecided);
  assert.equal(verdictOf([], false), 'not measured');
});

test('there is a row for each case, and one for all that can be faster', () => {
  const { rows } = compareTrees(
    [
      result('a', false, [200, 220], [100, 100]),
      result('b', false, [50, 50], [100, 110]),
      result('memory', true, [80, 80], [100, 100]),
    ],
    'here',
    'other',
  );
  assert.deepEqual(rows, [
    ['a', 'each', '210', '100', '2.100 (2.000 to 2.200)', 'faster'],
    ['b', 'each', '50', '105', '0.477 (0.455 to 0.500)', 'slower'],
    ['memory', 'each', '80', '100', '0.800 (0.800 to 0.800)', 'less'],
    ['all that can be faster or slower', '', '', '', '1.000 (1.000 to 1.000)', undecided],
  ]);
});

test('the command line names a commit, and what is measured', () => {
  const usual = readCommandLine(['HEAD~3']);
  assert.equal(usual?.ref, 'HEAD~3');
  assert.deepEqual(
    usual.parts.map(({ scenario, target, settings: { members, ids } }) => [scenario.name, target.name, members, ids]),
    [
      ['fan-out', 'hubbub', [10, 1000], [false, true]],
      ['fan-out', 'hubbub-no-log', [10, 1000], [false]],
    ],
  );
  const named = readCommandLine([
    'v1',
    '--scenarios',
    'latency',
    '--targets',
    'hubbub,hubbub-no-log',
    '--members',
    '9',
  ]);
  assert.deepEqual(
    named?.parts.map(({ scenario, target, settings: { members } }) => [scenario.name, target.name, members]),
    [
      ['latency', 'hubbub', [9]],
      ['latency', 'hubbub-no-log', [9]],
    ],
  );
  assert.equal(readCommandLine(['--help']), undefined);
  for (const wrong of [[], ['a', 'b'], ['a', '--targets', 'bare'], ['a', '--nonsense']]) {
    assert.throws(() => readCommandLine(wrong), UsageError, wrong.join(' '));
  }
});

/** A checkout with two commits: `good` builds, `bad` does not. */
function repository(): string {
  const root = mkdtempSync(join(tmpdir(), 'hubbub-test-'));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, stdio: 'pipe' });
  const commit = (tag: string, build: string) => {
    writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'x', version: '1.0.0', scripts: { build } }));
    writeFileSync(join(root, 'package-lock.json'), '{}');
    git('add', '.');
    git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-q', '-m', tag);
    git('tag', tag);
  };
  git('init', '-q');
  commit('bad', 'echo first && echo last && exit 1');
  commit('good', 'echo built > built');
  return root;
}

test('another tree is built in a directory of its own, which goes; what cannot be is said in a line', async () => {
  const root = repository();
  try {
    const commit = await findCommit(root, 'good');
    let directory = '';
    {
      using checkout = await Checkout.build(root, commit);
      directory = checkout.directory;
      assert.ok(existsSync(join(directory, 'built')));
    }
    assert.equal(existsSync(directory), false);
    assert.equal(existsSync(join(root, 'built')), false, 'this tree is left alone');
    await assert.rejects(Checkout.build(root, await findCommit(root, 'bad')), /^UsageError: bad does not build.*last/s);
    await assert.rejects(findCommit(root, 'nonsense'), /^UsageError: git knows no commit nonsense$/);
    await assert.rejects(findCommit(root, '--all'), /^UsageError: git knows no commit --all$/);
    rmSync(join(root, '.git'), { recursive: true });
    await assert.rejects(findCommit(root, 'good'), /^UsageError: this is not a git checkout/);
  } finally {
    rmSync(root, { recursive: true });
  }
});
