import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matcher } from '../../src/policy/match.ts';

const cases: [pattern: string, matches: string[], others: string[]][] = [
  ['lobby', ['lobby'], ['lobby2', 'the-lobby', 'Lobby', 'lobb', '']],
  ['*', ['', 'a', '*', '日本語'], []],
  ['news.*', ['news.', 'news.de', 'news.de.berlin', 'news.*'], ['news', 'newsXde', 'the-news.de']],
  ['*.news', ['.news', 'de.news'], ['news', 'de.news.old']],
  ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab']],
  ['ab*ba', ['abba', 'abXba'], ['aba']],
  ['a*b*c', ['abc', 'aXbYc', 'abcbc', 'a*b*c'], ['acb', 'ab', 'abcd']],
  ['a**b', ['ab', 'aXb'], ['a', 'b']],
  ['a.+?[x](y)|^$\\', ['a.+?[x](y)|^$\\'], ['ab', 'a', '']],
];

for (const [pattern, matches, others] of cases) {
  test(`"${pattern}"`, () => {
    const fits = matcher(pattern);
    for (const room of matches) assert.ok(fits(room), room);
    for (const room of others) assert.ok(!fits(room), room);
  });
}

test('it matches what a regular expression with .* for each * matches', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  const check = (pattern: string, room: string) => {
    const expected = new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(room);
    assert.equal(matcher(pattern)(room), expected);
  };
  fc.assert(fc.property(text, text, check), { numRuns: 2000 });
});

test('many * take no longer for a name that nearly matches', () => {
  const fits = matcher(`${'a*'.repeat(64)}b`);
  assert.ok(!fits('a'.repeat(128)));
  assert.ok(fits(`${'a'.repeat(127)}b`));
});
