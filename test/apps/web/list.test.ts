import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { offsetsOf, placeOf, rangeOf, rowAt } from '../../../src/apps/web/list/offsets.ts';
import { contentOf } from '../../../src/apps/web/state/content.ts';
import { createConversation } from '../../../src/apps/web/state/conversation.ts';
import { listOf, wordsFor } from '../../../src/apps/web/state/people.ts';
import { rowsOf } from '../../../src/apps/web/state/rows.ts';
import type { Entry, Move } from '../../../src/apps/web/state/state.ts';
import { added, rates } from '../../../src/apps/web/status/figures.ts';
import { roundBytes, roundTop } from '../../../src/apps/web/status/scale.ts';
import type { Figures } from '../../../src/protocol/figures.ts';

describe('where rows are', () => {
  const rows = ['a', 'b', 'c', 'd'].map((key) => ({ key, height: 100 }));
  const offsets = offsetsOf(rows, new Map([['b', 50]]));

  test('by their heights, measured or estimated', () => {
    assert.deepEqual([...offsets], [0, 100, 150, 250, 350]);
    assert.deepEqual(
      [0, 99, 100, 149, 150, 349, 350, 1000, -5].map((place) => rowAt(offsets, place)),
      [0, 0, 1, 1, 2, 3, 3, 3, 0],
    );
    assert.deepEqual(rangeOf(offsets, 120, 200), { from: 1, to: 3 });
    assert.deepEqual(rangeOf(offsetsOf([], new Map()), 0, 100), { from: 0, to: 0 });
  });

  test('what stays in its place, whatever comes before it', () => {
    assert.equal(placeOf('end', rows, offsets, 200), 150);
    assert.equal(placeOf({ key: 'b', above: 10 }, rows, offsets, 100), 110);
    const more = [{ key: 'z', height: 30 }, ...rows];
    assert.equal(placeOf({ key: 'b', above: 10 }, more, offsetsOf(more, new Map()), 100), 140);
    assert.equal(placeOf({ key: 'gone', above: 0 }, rows, offsets, 100), undefined);
    assert.equal(placeOf({ key: 'd', above: 90 }, rows, offsets, 200), 150);
  });
});

test('rows: a day is said once, and so is who speaks', () => {
  const day = 86_400_000;
  const say = (key: string, at: number, id: string): Entry => ({
    kind: 'message',
    key,
    position: undefined,
    at,
    from: { id, name: id },
    content: contentOf(key, undefined),
  });
  const entries = [
    say('1', 0, 'a'),
    say('2', 1000, 'a'),
    say('3', 2000, 'b'),
    say('4', day, 'b'),
    say('5', day * 1.5, 'b'),
  ];
  const outbox = [{ id: 'o', at: 0, content: contentOf('o', undefined) }];
  const conversation = { ...createConversation('#x'), entries, outbox, mark: '2' };
  const rows = rowsOf(conversation, 'b', (at) => Math.floor(at / day));
  const words = rows.map((row) => ('isHead' in row ? `${row.key}${row.isHead ? ' head' : ''}` : row.kind));
  const expected = ['start', 'day', '1 head', 'new', '2 head', '3 head', 'day', '4 head', '5 head', 'out o'];
  assert.deepEqual(words, expected);
  assert.equal(rowsOf(conversation, 'b', (at) => Math.floor(at / day))[2], rows[2], 'the same row for the same entry');
});

test('who came and went, in words', () => {
  const move = (name: string, what: Move['what'], was?: string): Move => ({
    id: name,
    name,
    what,
    ...(was && { was }),
  });
  const words = (...moves: Move[]) => wordsFor({ kind: 'people', key: 'k', at: 0, moves });
  assert.equal(
    words(move('ada', 'joined'), move('bob', 'joined'), move('carol', 'left')),
    'ada and bob joined; carol left',
  );
  assert.equal(words(move('ada l', 'renamed', 'ada')), 'ada is now called ada l');
  assert.equal(listOf(['a', 'b', 'c', 'd']), 'a, b, c and d');
  assert.equal(listOf(['a', 'b', 'c', 'd', 'e']), 'a, b, c and 2 others');
});

describe('figures', () => {
  const figures = (at: number, messages = 0) => ({ at, messages }) as Figures;

  test('each second is taken once, and what is too long ago goes', () => {
    const all = added([figures(1000), figures(2000)], [figures(1000), figures(2000), figures(3000)]);
    assert.deepEqual(
      all.map(({ at }) => at),
      [1000, 2000, 3000],
    );
    assert.equal(added(all, [figures(302_500)]).length, 2);
  });

  test('a server whose clock was set back goes on to be shown', () => {
    const before = added([figures(1000), figures(2000)], [figures(3000)]);
    const all = [figures(1500), figures(2500)].reduce<readonly Figures[]>((all, one) => added(all, [one]), before);
    assert.deepEqual(
      all.map(({ at }) => at),
      [1000, 1500, 2500],
    );
  });

  test('what counts from the start becomes a rate; a server that started anew counts from nothing', () => {
    const points = rates(
      [figures(1000, 10), figures(2000, 30), figures(4000, 30), figures(5000, 5)],
      (one) => one.messages,
    );
    assert.deepEqual(
      points.map(({ value }) => value),
      [20, 0, 0],
    );
  });

  test('the top of a plot is a round number', () => {
    assert.deepEqual(
      [0, 11, 20, 21, 51, 1001].map((value) => roundTop([value], 10)),
      [10, 20, 20, 50, 100, 2000],
    );
    assert.equal(roundBytes([3 << 20], 1 << 20), 4 << 20);
  });
});
