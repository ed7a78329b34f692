/** Lines as data: text with styles. Only `paint` makes escape sequences; none from a text gets through. */
import { undirected } from '../../protocol/printable.ts';
import { colourOf, type Depth } from './colour.ts';
import { graphemes, width } from './width.ts';

export interface Style {
  /** One of the basic colours, or a user's. */
  readonly colour?: 'red' | 'green' | 'yellow' | 'cyan' | { readonly user: string };
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly italic?: boolean;
  readonly inverse?: boolean;
}

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Span[];

const plain: Style = {};
export const dim: Style = { dim: true };

/** The most combining marks on a character: more would cover the lines around. */
const manyMarks = /(\p{M}{4})\p{M}+/gu;

/** The only way to make a span: whatever the text contains, it takes one line and controls nothing. */
export function span(text: string, style: Style = plain): Span {
  return { text: undirected(text.replaceAll('\t', '    ')).replace(manyMarks, '$1'), style };
}

export function widthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + width(text), 0);
}

interface Cell {
  readonly text: string;
  readonly columns: number;
  readonly style: Style;
}

/**
 * Breaks a line between words, or within a word that is too long. @param indent the beginning of all rows but the
 * first.
 */
export function wrap(line: Line, columns: number, indent: Line = []): Line[] {
  const rows: Line[] = [];
  const room = Math.max(2, columns - widthOf(indent));
  let limit = Math.max(2, columns);
  let row: Cell[] = [];
  let used = 0;
  const end = (cells: readonly Cell[]) => {
    rows.push([...(rows.length > 0 ? indent : []), ...joined(cells)]);
    limit = room;
  };
  for (const cell of cells(line)) {
    if (used + cell.columns > limit && row.length > 0) {
      if (cell.text === ' ') {
        // The space at which a line is broken is not shown.
        end(row);
        row = [];
        used = 0;
        continue;
      }
      const space = lastSpace(row);
      end(row.slice(0, space < 0 ? row.length : space));
      row = space < 0 ? [] : row.slice(space + 1);
      used = row.reduce((sum, { columns }) => sum + columns, 0);
    }
    row.push(cell);
    used += cell.columns;
  }
  if (row.length > 0 || rows.length === 0) end(row);
  return rows;
}

/** As much of a line as fits. */
export function clip(line: Line, columns: number): Line {
  if (widthOf(line) <= columns) return line;
  const kept: Cell[] = [];
  let used = 1;
  for (const cell of cells(line)) {
    used += cell.columns;
    if (used > columns) break;
    kept.push(cell);
  }
  return [...joined(kept), { text: '…', style: plain }];
}

function* cells(line: Line): Generator<Cell> {
  for (const { text, style } of line) {
    for (const grapheme of graphemes(text)) yield { text: grapheme, columns: width(grapheme), style };
  }
}

/** Where to break: a space that is not part of the beginning. */
function lastSpace(row: readonly Cell[]): number {
  const at = row.findLastIndex(({ text }) => text === ' ');
  return row.slice(0, Math.max(at, 0)).some(({ text }) => text !== ' ') ? at : -1;
}

function joined(cells: readonly Cell[]): Span[] {
  const spans: { text: string; style: Style }[] = [];
  for (const { text, style } of cells) {
    const last = spans.at(-1);
    if (last?.style === style) last.text += text;
    else spans.push({ text, style });
  }
  return spans;
}

/** Adds the escape sequences that the terminal understands. */
export function paint(line: Line, depth: Depth): string {
  return line.map(({ text, style }) => painted(text, codes(style, depth))).join('');
}

/** The text without escape sequences. */
export function textOf(line: Line): string {
  return line.map(({ text }) => text).join('');
}

function painted(text: string, codes: readonly string[]): string {
  return codes.length === 0 || text === '' ? text : `\x1b[${codes.join(';')}m${text}\x1b[0m`;
}

const basicCodes = { red: '31', green: '32', yellow: '33', cyan: '36' } as const;

/** The parameters of Select Graphic Rendition (ECMA-48, 8.3.117). */
function codes({ colour, bold, dim, italic, inverse }: Style, depth: Depth): string[] {
  if (depth === 'none') return [];
  const list: string[] = [];
  if (bold) list.push('1');
  if (dim) list.push('2');
  if (italic) list.push('3');
  if (inverse) list.push('7');
  if (typeof colour === 'string') list.push(basicCodes[colour]);
  else if (colour) list.push(userCode(colour.user, depth));
  return list;
}

function userCode(user: string, depth: Depth): string {
  const colour = colourOf(user, depth);
  return depth === 'full' ? `38;5;${colour}` : `${30 + colour}`;
}
