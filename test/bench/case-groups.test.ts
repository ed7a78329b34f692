import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caseGroups } from '../../bench/case-groups.ts';
import { CaseResult } from '../../bench/results.ts';

function result(scenario: string, title: string, traits: Record<string, number | boolean>): CaseResult {
  return new CaseResult(
    {
      ...{ scenario, title, traits, targets: [], control: 'bare' },
      columns: [{ figure: 'f', label: 'f', format: String }],
      measure: () => Promise.reject(new Error('not to be run')),
    },
    [],
  );
}

function shown(results: readonly CaseResult[]) {
  return caseGroups(results).map(({ heading, axis, cases }) => [heading, axis, cases.length]);
}

test('cases stand together over the number that brings most of them together', () => {
  const results = [10, 100, 1000].flatMap((members) =>
    [32, 1].flatMap((burst) =>
      [false, true].map((ids) => result('fan-out', 'x', { members, burst, ids, interval: members * burst })),
    ),
  );
  assert.deepEqual(shown(results), [
    ['fan-out: by room size, bursts of 32', 'members', 3],
    ['fan-out: by room size, bursts of 32, with ids', 'members', 3],
    ['fan-out: by room size, bursts of 1', 'members', 3],
    ['fan-out: by room size, bursts of 1, with ids', 'members', 3],
  ]);
});

test('a load that follows from what differs does not keep cases apart', () => {
  const sizes = [
    { messageSize: 32, burst: 32, interval: 16 },
    { messageSize: 512, burst: 32, interval: 20 },
    { messageSize: 4096, burst: 4, interval: 60 },
  ].map((traits) => result('sizes', 'x', traits));
  assert.deepEqual(shown(sizes), [['sizes: by bytes of a message', 'messageSize', 3]]);
  const peers = [32, 1].map((burst) => result('peers', 'x', { members: 1000, burst, interval: burst * 20 }));
  assert.deepEqual(shown(peers), [['peers: by size of bursts', 'burst', 2]]);
});

test('cases that differ in anything else, or in nothing, stand alone with their title', () => {
  const forms = [
    result('forms', 'forms: one', { members: 10, one: true }),
    result('forms', 'forms: two', { members: 10, two: true }),
  ];
  assert.deepEqual(shown(forms), [
    ['forms: one', undefined, 1],
    ['forms: two', undefined, 1],
  ]);
  assert.deepEqual(shown([result('idle', 'idle: all', { members: 10 })]), [['idle: all', undefined, 1]]);
});
