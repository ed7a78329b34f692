import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { colourOf, palette } from '../../src/apps/terminal/colour.ts';
import { clip, paint, span, textOf, widthOf, wrap } from '../../src/apps/terminal/line.ts';
import { graphemes, shorten, width } from '../../src/apps/terminal/width.ts';

describe('the width of text', () => {
  const widths: readonly [string, number][] = [
    ['', 0],
    ['hello', 5],
    ['日本語', 6],
    ['ﾊﾝｶｸ', 4],
    ['한국어', 6],
    ['e\u0301', 1],
    ['👩‍👩‍👧', 2],
    ['🇩🇪', 2],
    ['❤️', 2],
    ['שלום', 4],
  ];
  for (const [text, columns] of widths)
    test(`${text || 'nothing'}: ${columns}`, () => assert.equal(width(text), columns));

  test('what a person sees as one character is one', () => {
    assert.deepEqual(graphemes('ae\u0301👩‍👩‍👧🇩🇪'), ['a', 'e\u0301', '👩‍👩‍👧', '🇩🇪']);
  });

  test('text is shortened to fit, never in the middle of a character', () => {
    assert.equal(shorten('hello', 5), 'hello');
    assert.equal(shorten('hello', 4), 'hel…');
    assert.equal(shorten('日本語', 4), '日…');
    assert.equal(shorten('👩‍👩‍👧👩‍👩‍👧', 3), '👩‍👩‍👧…');
  });
});

describe('a line', () => {
  const wrapped = (text: string, columns: number, indent = '') =>
    wrap([span(text)], columns, indent === '' ? [] : [span(indent)]).map(textOf);

  test('is broken between words', () => {
    assert.deepEqual(wrapped('one two three', 7), ['one two', 'three']);
    assert.deepEqual(wrapped('one two three', 8), ['one two', 'three']);
    assert.deepEqual(wrapped('one two three', 9, '> '), ['one two', '> three']);
  });

  test('is broken in a word that is too long', () => {
    assert.deepEqual(wrapped('abcdefghij', 4), ['abcd', 'efgh', 'ij']);
    assert.deepEqual(wrapped('日本語日本語', 5), ['日本', '語日', '本語']);
  });

  test('is one row even if it is empty', () => assert.deepEqual(wrapped('', 10), ['']));

  test('keeps the blanks it starts with', () => assert.deepEqual(wrapped('    four five', 9), ['    four', 'five']));

  test('of any text and width fits', () => {
    const text = 'The 日本語 text 👩‍👩‍👧 with e\u0301 and averyveryveryverylongword in it. '.repeat(5);
    for (let columns = 4; columns < 60; columns += 1) {
      const rows = wrap([span(text)], columns, [span('  ')]);
      for (const row of rows) assert.ok(widthOf(row) <= columns, `${columns}: ${textOf(row)}`);
      const letters = (line: string) => line.replace(/\s/g, '');
      assert.equal(letters(rows.map(textOf).join('')), letters(text));
    }
  });

  test('is clipped', () => {
    assert.equal(textOf(clip([span('hello '), span('world')], 8)), 'hello w…');
    assert.equal(textOf(clip([span('hello')], 5)), 'hello');
  });

  test('keeps its styles when it is broken', () => {
    const rows = wrap([span('one '), span('two three', { bold: true })], 8);
    assert.deepEqual(rows, [
      [
        { text: 'one ', style: {} },
        { text: 'two', style: { bold: true } },
      ],
      [{ text: 'three', style: { bold: true } }],
    ]);
  });
});

describe('what a text holds never steers the terminal', () => {
  const hostile: readonly [string, string][] = [
    ['an escape sequence', '\x1b[2J\x1b]0;owned\x07'],
    ['the 8 bit form of one', '\x9b2J\x9d0;owned\x9c'],
    ['a carriage return', 'hello\rroot'],
    ['a line feed', 'hello\nroot'],
    ['backspaces', 'hello\b\b\b\b\broot\x7f'],
    ['line separators', 'a\u2028b\u2029c\x85d'],
    ['overrides of the direction', '\u202Egpj.exe\u202C \u2066x\u2069'],
    ['half a character', 'a\uD800b'],
    ['a null and a bell', '\0\x07'],
  ];
  for (const [what, text] of hostile) {
    test(what, () => {
      const painted = paint([span(text)], 'full');
      assert.doesNotMatch(painted, /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u);
      assert.match(painted, /\uFFFD/);
    });
  }

  test('a tower of combining marks', () => {
    assert.equal(span(`a${'\u0301'.repeat(100)}b`).text, `a${'\u0301'.repeat(4)}b`);
  });

  test('a tab is four spaces, and a family stays one', () => {
    assert.equal(span('a\tb 👩‍👩‍👧').text, 'a    b 👩‍👩‍👧');
  });
});

describe('colours', () => {
  test('only a terminal that has them gets them', () => {
    const line = [span('ada', { colour: { user: 'u1' }, bold: true }), span(': hi')];
    assert.equal(paint(line, 'none'), 'ada: hi');
    assert.match(paint(line, 'basic'), /^\x1b\[1;3[1-6]mada\x1b\[0m: hi$/);
    assert.match(paint(line, 'full'), /^\x1b\[1;38;5;\d+mada\x1b\[0m: hi$/);
  });

  test('a user keeps theirs, and users get all of them', () => {
    assert.equal(colourOf('u1', 'full'), colourOf('u1', 'full'));
    const ids = Array.from({ length: 1000 }, (_, index) => `0193b5a6-7c1e-7aaf-8d5c-${index}`);
    assert.deepEqual(new Set(ids.map((id) => colourOf(id, 'full'))), new Set(palette));
  });

  test('each can be read on black and on white (WCAG 2: 3 to 1 for large or bold text)', () => {
    for (const colour of palette) {
      const light = luminance(colour);
      assert.ok((light + 0.05) / 0.05 >= 3, `${colour} on black`);
      assert.ok(1.05 / (light + 0.05) >= 3, `${colour} on white`);
    }
  });
});

/** The luminance of one of the colours 16 to 231, a cube of 6 by 6 by 6. */
function luminance(colour: number): number {
  const levels = [0, 95, 135, 175, 215, 255];
  const at = colour - 16;
  const [red = 0, green = 0, blue = 0] = [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((index) => {
    const level = (levels[index] ?? 0) / 255;
    return level <= 0.03928 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
