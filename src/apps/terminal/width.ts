/** How many columns text takes in a terminal. */
import stringWidth from 'string-width';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ascii = /^[ -~]*$/;

/** Splits text into user-perceived characters: `e` with an accent, a flag, a family. */
export function graphemes(text: string): string[] {
  return ascii.test(text) ? [...text] : Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The width in columns: 2 for CJK and emoji, 0 for combining characters. */
export function width(text: string): number {
  return ascii.test(text) ? text.length : stringWidth(text);
}

/** As much of the beginning as fits, with `…` if something was cut off. */
export function shorten(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let shortened = '';
  let used = 1;
  for (const grapheme of graphemes(text)) {
    used += width(grapheme);
    if (used > columns) break;
    shortened += grapheme;
  }
  return `${shortened}…`;
}
