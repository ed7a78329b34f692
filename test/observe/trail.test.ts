import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../../src/observe/logger.ts';
import { LoggedTrail } from '../../src/observe/trail.ts';

const ada = { id: 'u1', name: 'ada' };
const tooFast = { type: 'error', code: 'rate_limited', message: 'too fast; try again in 20 ms' } as const;

function setUp() {
  let now = 1000;
  const told: [level: string, message: string, fields: Fields | undefined][] = [];
  const keep = (level: string) => (message: string, fields?: Fields) => told.push([level, message, fields]);
  const trail = new LoggedTrail({ info: keep('info'), debug: keep('debug') }, 'c1', '192.0.2.1', () => now);
  trail.opened(ada, 'json');
  const count = (level: string) => told.filter(([one]) => one === level).length;
  return { trail, told, count, last: () => told.at(-1), pass: (time: number) => (now += time) };
}

const who = { connection: 'c1', user: 'u1', name: 'ada' };

test('each thing that happens to a connection is one record, with its user', () => {
  const { trail, told, pass } = setUp();
  trail.joined('cats');
  trail.named({ id: 'u1', name: 'ada' });
  trail.named({ id: 'u1', name: 'countess' });
  trail.named({ id: 'u2', name: 'bob' });
  trail.left('cats');
  trail.received(10);
  trail.received(20);
  pass(1500.4);
  trail.ended(4008, 'slow_reader');
  trail.ended(1006, '');
  const bob = { ...who, user: 'u2', name: 'bob' };
  assert.deepEqual(told, [
    ['info', 'connected', { ...who, address: '192.0.2.1', dialect: 'json' }],
    ['info', 'joined', { ...who, room: 'cats' }],
    ['info', 'named', { ...who, name: 'countess', was: 'ada' }],
    ['info', 'named', { ...bob, was: 'countess', wasUser: 'u1' }],
    ['info', 'left', { ...bob, room: 'cats' }],
    [
      'info',
      'disconnected',
      {
        ...{ ...bob, address: '192.0.2.1', code: 4008, reason: 'slow_reader' },
        ...{ duration: 1500, messages: 2, bytes: 30 },
      },
    ],
  ]);
});

test('of the refusals of a kind the first is told at info, the others at debug, and all are counted', () => {
  const { trail, told, last } = setUp();
  for (let count = 0; count < 3; count += 1) trail.refused(tooFast);
  assert.deepEqual(told.slice(1), [
    ['info', 'refused', { ...who, code: 'rate_limited', reason: tooFast.message }],
    ...Array(2).fill(['debug', 'refused', { ...who, code: 'rate_limited', reason: tooFast.message }]),
  ]);
  trail.ended(1000, '');
  assert.equal(last()?.[2]?.['refusals'], 3);
});

test('a reason that may repeat what was said is left out', () => {
  const { trail, last } = setUp();
  trail.refused({ type: 'error', code: 'unknown_type', message: 'there is no frame "my secret"' });
  assert.deepEqual(last(), ['info', 'refused', { ...who, code: 'unknown_type' }]);
});

test('a client that comes and goes again and again does not flood the log', () => {
  const { trail, count, last, pass } = setUp();
  for (let n = 0; n < 150; n += 1) trail.joined(`r${n}`);
  assert.equal(count('info'), 101);
  assert.equal(count('debug'), 50);
  pass(10_000);
  for (let n = 0; n < 20; n += 1) trail.left(`r${n}`);
  assert.equal(count('info'), 111);
  trail.ended(1000, '');
  assert.equal(last()?.[2]?.['unlogged'], 60);
});
