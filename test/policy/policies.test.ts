import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Policies, type RoomRule } from '../../src/policy/policies.ts';

const defaultRetention = { count: 10_000, age: 2_592_000_000 };

/** Rules as the configuration has them; the first one is "rule 0". */
function policies(...rules: readonly Omit<RoomRule, 'origin'>[]): Policies {
  return new Policies(rules.map((rule, index) => ({ origin: `rule ${index}`, ...rule })));
}

test('a room without a rule keeps 10,000 messages and 30 days, and takes any body', () => {
  const unruled = { retention: defaultRetention, check: undefined, schema: undefined };
  assert.deepEqual(policies().of('lobby'), unruled);
  assert.deepEqual(policies({ match: 'news.*', log: 'off' }).of('lobby'), unruled);
});

test('the first rule that matches counts, and no other', () => {
  const rooms = policies(
    { match: 'news.de', log: { count: 1 } },
    { match: 'news.*', log: { count: 2 }, body: { origin: 'a schema', schema: true } },
    { match: '*', log: { count: 3 } },
  );
  assert.deepEqual(rooms.of('news.de'), { retention: { count: 1 }, check: undefined, schema: undefined });
  assert.deepEqual(rooms.of('news.fr').retention, { count: 2 });
  assert.equal(rooms.of('news.fr').schema, true);
  assert.deepEqual(rooms.of('lobby').retention, { count: 3 });
});

test('a rule that does not speak of the log leaves it as it is without a rule', () => {
  assert.deepEqual(policies({ match: '*', body: { origin: '', schema: {} } }).of('a').retention, defaultRetention);
});

test('the limits of a rule are all there are', () => {
  const rooms = policies({ match: 'a', log: { bytes: 1024 } }, { match: 'b', log: {} }, { match: 'c', log: 'off' });
  assert.deepEqual(rooms.of('a').retention, { bytes: 1024 });
  assert.deepEqual(rooms.of('b').retention, {});
  assert.equal(rooms.of('c').retention, undefined);
});

test('rooms of one rule share one policy, and nothing is remembered of their names', () => {
  const rooms = policies({ match: 'a*' });
  assert.equal(rooms.of('a1'), rooms.of('a2'));
  assert.equal(rooms.of('b1'), rooms.of('b2'));
});

test('a rule that never counts is an error', () => {
  const late = (...matches: string[]) => policies(...matches.map((match) => ({ match })));
  const message = 'rule 2 never applies: "news.*" before it matches all of "news.de.*"';
  assert.throws(() => late('lobby', 'news.*', 'news.de.*'), { name: 'PolicyError', message });
  assert.throws(() => late('*', 'a'), { message: 'rule 1 never applies: "*" before it matches all of "a"' });
  assert.throws(() => late('a', 'a'), { message: 'rule 1 never applies: "a" before it matches all of "a"' });
  late('news.de.*', 'news.*', 'new*', '*s*', '*');
});

test('an error of a schema names the schema and the rooms', () => {
  const body = { origin: 'hubbub.json: "rooms[0].body"', schema: { typ: 'string' } };
  assert.throws(() => policies({ match: 'news.*', body }), {
    name: 'PolicyError',
    message: 'hubbub.json: "rooms[0].body", for "news.*": typ is not a keyword of JSON Schema',
  });
});
