import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kinds } from '../../bench/abuse/kinds.ts';
import { readCommandLine, scenarios, withoutSecrets } from '../../bench/command-line.ts';
import { UsageError } from '../../bench/options.ts';

function parts(...args: string[]) {
  const request = readCommandLine(args);
  assert.ok(request);
  return request.parts;
}

test('the default suite has the brief of each scenario that has one; what is named is there as a whole', () => {
  const brief = parts();
  assert.deepEqual(
    brief.map(({ scenario }) => scenario),
    scenarios.filter(({ brief }) => brief),
  );
  for (const { scenario, settings } of brief)
    assert.deepEqual({ ...settings, ...scenario.brief }, settings, scenario.name);
  assert.deepEqual(
    parts('--scenarios', 'all').map(({ scenario }) => scenario),
    scenarios,
  );
  const [fanOut] = parts('--scenarios', 'fan-out');
  assert.deepEqual([fanOut?.settings.members, fanOut?.settings.bursts], [undefined, [32, 1]]);
});

test('what is said goes before what a scenario has of its own', () => {
  for (const { settings } of parts('--members', '7', '--seconds', '9', '--rounds', '5')) {
    assert.deepEqual([settings.members, settings.seconds, settings.rounds], [[7], 9, 5]);
  }
  assert.deepEqual(parts('--quick', '--seconds', '4')[0]?.settings.seconds, 4);
});

test('a rate is messages in a run, one by one unless bursts are asked for', () => {
  const settings = (...args: string[]) => {
    const [first] = parts('--scenarios', 'fan-out', ...args);
    return [first?.settings.messages, first?.settings.seconds, first?.settings.bursts];
  };
  assert.deepEqual(settings('--rate', '50', '--seconds', '10'), [500, 10, [1]]);
  assert.deepEqual(settings('--rate', '50', '--messages', '1000'), [1000, 20, [1]]);
  assert.deepEqual(settings('--rate', '50', '--bursts', '8'), [150, 3, [8]]);
});

test('a server that runs already is measured by fan-out, alone, under the name of its dialect', () => {
  const [part, ...others] = parts(
    '--url',
    'ws://127.0.0.1:1',
    '--dialect',
    'pusher',
    '--clients',
    '50',
    '--app-key',
    'k',
  );
  assert.deepEqual([part?.scenario.name, others.length, part?.settings.members], ['fan-out', 0, [50]]);
  assert.deepEqual(
    part?.settings.targets?.map(({ name, dialect, running }) => [name, dialect, running?.credentials?.appKey]),
    [['pusher', 'pusher', 'k']],
  );
  const beside = parts('--url', 'ws://127.0.0.1:1', '--dialect', 'socket.io', '--targets', 'hubbub,socket.io');
  assert.deepEqual(
    beside[0]?.settings.targets?.map(({ name, running }) => [name, running !== undefined]),
    [
      ['hubbub', false],
      ['socket.io', true],
    ],
  );
});

test('kinds of abuse and attackers are chosen by name and number, and nothing else is run then', () => {
  const [part, ...others] = parts('--abuse', 'rooms,history', '--attackers', '5');
  assert.deepEqual([part?.scenario.name, others.length], ['abuse', 0]);
  assert.deepEqual([part?.settings.abuse, part?.settings.attackers], [['rooms', 'history'], [5]]);
  const cases = (...args: string[]) =>
    parts(...args).flatMap(({ scenario, settings }) => scenario.cases(settings).cases.map(({ traits }) => traits));
  assert.deepEqual(cases('--abuse', 'history'), [
    { history: true, attackers: 1 },
    { history: true, attackers: 50 },
  ]);
  assert.equal(cases('--scenarios', 'abuse').length, 2 * kinds.length);
  assert.equal(cases('--abuse', 'all', '--attackers', '1').length, kinds.length);
});

test('a scenario has rounds of its own, unless something else is said', () => {
  const roundsOf = (...args: string[]) => parts('--scenarios', 'abuse', ...args)[0]?.settings.rounds;
  assert.equal(roundsOf(), 1);
  assert.equal(roundsOf('--rounds', '3'), 3);
});

test('what cannot be meant is refused', () => {
  for (const wrong of [
    ['--nonsense'],
    ['--dialect', 'raw'],
    ['--url', 'http://localhost'],
    ['--url', 'ws://localhost', '--dialect', 'raw,pusher'],
    ['--members', '0'],
    ['--members', '1', '--clients', '1'],
    ['--rate', '1', '--messages', '1', '--seconds', '1'],
    ['--scenarios', 'fan-out,nonsense'],
    ['--abuse', 'nonsense'],
    ['--abuse', 'history', '--attackers', '0'],
  ]) {
    assert.throws(() => readCommandLine(wrong), UsageError, wrong.join(' '));
  }
});

test('a report does not show secrets', () => {
  assert.deepEqual(withoutSecrets(['--token', 'a', '--app-secret=b', '--app-key', 'c']), [
    ...['--token', '…', '--app-secret=…', '--app-key', 'c'],
  ]);
});
