import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusals } from '../../src/broker/refusals.ts';
import type { Fields } from '../../src/observe/logger.ts';

const busy = { address: '192.0.2.1', status: '429 Too Many Requests', message: 'too many' };
const wrong = { address: '192.0.2.2', status: '400 Bad Request', message: 'no key' };

function fields({ message, ...others }: typeof busy) {
  return { ...others, reason: message };
}

function setUp() {
  let now = 0;
  const told: [level: string, message: string, fields: Fields | undefined][] = [];
  const keep = (level: string) => (message: string, fields?: Fields) => told.push([level, message, fields]);
  const refusals = new Refusals({ info: keep('info'), debug: keep('debug') }, () => now);
  const at = (level: string) => told.filter(([one]) => one === level).map(([, , fields]) => fields);
  return { refusals, told, at, pass: (time: number) => (now += time) };
}

test('each is told at debug, and of each kind one a minute at info', () => {
  const { refusals, at, pass } = setUp();
  for (const refusal of [busy, busy, wrong, busy]) refusals.tell(refusal);
  assert.deepEqual(at('debug'), [busy, busy, wrong, busy].map(fields));
  assert.deepEqual(at('info'), [
    { ...fields(busy), count: 1 },
    { ...fields(wrong), count: 1 },
  ]);
  pass(60_000);
  refusals.tell(busy);
  assert.deepEqual(at('info').at(-1), { ...fields(busy), count: 3 });
  assert.equal(refusals.count, 5);
});

test('a connection without a whole request is told at debug only, and counted', () => {
  const { refusals, told } = setUp();
  refusals.unheard('192.0.2.1', 12.4);
  assert.deepEqual(told, [
    ['debug', 'a connection ended without a whole request', { address: '192.0.2.1', duration: 12 }],
  ]);
  assert.equal(refusals.count, 1);
});
