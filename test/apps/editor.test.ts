import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, test } from 'node:test';
import {
  type Editing,
  edit,
  empty,
  History,
  insert,
  type Operation,
  upOrDown,
} from '../../src/apps/terminal/editor.ts';
import { inputRows } from '../../src/apps/terminal/input-rows.ts';
import { type KeyAction, listen } from '../../src/apps/terminal/keys.ts';
import { span, textOf } from '../../src/apps/terminal/line.ts';

/** `|` stands for the cursor. */
function at(marked: string): Editing {
  const [before = '', after = ''] = marked.split('|');
  return { before, after, cut: '' };
}

function shown({ before, after }: Editing): string {
  return `${before}|${after}`;
}

describe('editing', () => {
  const cases: readonly [Operation, string, string][] = [
    ['left', 'ab|c', 'a|bc'],
    ['left', '|abc', '|abc'],
    ['left', 'a👩‍👩‍👧|', 'a|👩‍👩‍👧'],
    ['right', 'a|e\u0301b', 'ae\u0301|b'],
    ['right', 'abc|', 'abc|'],
    ['word left', 'one two  |', 'one |two  '],
    ['word left', 'schön-日本|', 'schön-|日本'],
    ['word right', '|one, two', 'one|, two'],
    ['word right', 'one|, two', 'one, two|'],
    ['start', 'a\nbc|d', 'a\n|bcd'],
    ['end', 'a|b\nc', 'ab|\nc'],
    ['delete before', 'ae\u0301|b', 'a|b'],
    ['delete after', 'a|🇩🇪b', 'a|b'],
    ['cut word before', '/msg bob  |x', '/msg |x'],
    ['cut word before', '|x', '|x'],
    ['cut word after', 'a| bc d', 'a| d'],
    ['cut to start', 'ab|c', '|c'],
    ['cut to end', 'a|bc\nd', 'a|\nd'],
  ];
  for (const [operation, before, after] of cases) {
    test(`${operation}: ${JSON.stringify(before)}`, () => assert.equal(shown(edit(at(before), operation)), after));
  }

  test('what was cut can be put back', () => {
    assert.equal(shown(edit(edit(edit(at('one two|'), 'cut word before'), 'start'), 'yank')), 'two|one ');
  });

  test('a paste keeps its lines, and no control characters', () => {
    assert.equal(shown(insert(at('a|z'), 'b\r\nc\rd\te\x1b[2J')), 'ab\nc\nd    e[2J|z');
  });

  test('marks are combined with what stands before them', () => {
    assert.equal(shown(edit(insert(insert(empty, 'e'), '\u0301'), 'delete before')), '|');
  });

  test('up and down go through the lines', () => {
    const text = at('first\nsec|ond\nthe third');
    assert.equal(shown(upOrDown(text, -1) ?? empty), 'fir|st\nsecond\nthe third');
    assert.equal(shown(upOrDown(text, 1) ?? empty), 'first\nsecond\nthe| third');
    assert.equal(upOrDown(at('one|'), -1), undefined);
  });
});

test('the history goes up and down, and gives the draft back', () => {
  const history = new History();
  for (const line of ['one', 'two', 'two']) history.add(line);
  assert.equal(history.move(-1, 'draft'), 'two');
  assert.equal(history.move(-1, 'two'), 'one');
  assert.equal(history.move(-1, 'one'), undefined);
  assert.equal(history.move(1, 'one'), 'two');
  assert.equal(history.move(1, 'two'), 'draft');
  assert.equal(history.move(1, 'draft'), undefined);
});

describe('the rows of the input', () => {
  const rows = (marked: string, columns = 10, most = 4) => {
    const { rows, cursor } = inputRows(at(marked), span('> '), columns, most);
    return [rows.map(textOf), cursor.row, cursor.column];
  };

  test('the cursor stands where it is', () => {
    assert.deepEqual(rows('|'), [['> '], 0, 2]);
    assert.deepEqual(rows('ab|c'), [['> abc'], 0, 4]);
    assert.deepEqual(rows('日本|語'), [['> 日本語'], 0, 6]);
  });

  test('long text goes on in the next row', () => {
    assert.deepEqual(rows('abcdefghijk|'), [['> abcdefgh', '  ijk'], 1, 5]);
    assert.deepEqual(rows('abcdefgh|'), [['> abcdefgh', '  '], 1, 2]);
    assert.deepEqual(rows('abcdefgh|i'), [['> abcdefgh', '  i'], 1, 2]);
    assert.deepEqual(rows('日本語日本|'), [['> 日本語日', '  本'], 1, 4]);
  });

  test('several lines are several rows', () => {
    assert.deepEqual(rows('a\nb|\nc'), [['> a', '  b', '  c'], 1, 3]);
    assert.deepEqual(rows('a\n|'), [['> a', '  '], 1, 2]);
  });

  test('of many rows, those around the cursor are there', () => {
    assert.deepEqual(rows('1\n2\n3\n4\n5\n6|', 10, 3), [['  4', '  5', '  6'], 2, 3]);
    assert.deepEqual(rows('|1\n2\n3\n4\n5\n6', 10, 3), [['> 1', '  2', '  3'], 0, 2]);
    const [, row] = rows('1\n2\n3\n4|\n5\n6', 10, 3);
    assert.equal(row, 1);
  });
});

test('keys are told apart, and a paste comes as one', async () => {
  const input = new PassThrough();
  const actions: KeyAction[] = [];
  const stop = listen(input, (action) => actions.push(action));
  input.write(
    'é日\r\x01\x1bb\x1b[D\x1b[1;5C\x1b[3~\t\x0a\x1b\r\x03\x04\x1b[200~/quit\rtwo\tlines\x1b[201~x\x1b2\x1b[15~',
  );
  await new Promise(setImmediate);
  stop();
  assert.deepEqual(actions, [
    { kind: 'insert', text: 'é' },
    { kind: 'insert', text: '日' },
    { kind: 'enter' },
    { kind: 'edit', operation: 'start' },
    { kind: 'edit', operation: 'word left' },
    { kind: 'edit', operation: 'left' },
    { kind: 'edit', operation: 'word right' },
    { kind: 'edit', operation: 'delete after' },
    { kind: 'complete' },
    { kind: 'insert', text: '\n' },
    { kind: 'insert', text: '\n' },
    { kind: 'interrupt' },
    { kind: 'end' },
    { kind: 'insert', text: '/quit\rtwo\tlines' },
    { kind: 'insert', text: 'x' },
    { kind: 'room', number: 2 },
  ]);
});
