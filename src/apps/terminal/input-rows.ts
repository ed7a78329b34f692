/** The input as rows with a cursor. */
import { type Editing, textIn } from './editor.ts';
import { type Line, type Span, span } from './line.ts';
import { graphemes, width } from './width.ts';

export interface InputRows {
  readonly rows: Line[];
  readonly cursor: { readonly row: number; readonly column: number };
}

/** @param most the most rows: if there are more, those around the cursor are shown. */
export function inputRows(editing: Editing, prompt: Span, columns: number, most: number): InputRows {
  const margin = width(prompt.text);
  const rows: string[] = [''];
  let column = margin;
  let cursor = { row: 0, column };
  let place = 0;
  const newRow = () => {
    rows.push('');
    column = margin;
  };
  for (const grapheme of graphemes(textIn(editing))) {
    const shown = grapheme === '\n' ? '' : span(grapheme).text;
    if (column + width(shown) > columns) newRow();
    if (place === editing.before.length) cursor = { row: rows.length - 1, column };
    place += grapheme.length;
    if (grapheme === '\n') newRow();
    rows.push(`${rows.pop()}${shown}`);
    column += width(shown);
  }
  if (place === editing.before.length) {
    if (column >= columns) newRow();
    cursor = { row: rows.length - 1, column };
  }
  const first = Math.max(0, Math.min(cursor.row - most + 1 + Math.floor(most / 2), rows.length - most));
  const lines = rows.map((text, index) => [index === 0 ? prompt : span(' '.repeat(margin)), span(text)]);
  return { rows: lines.slice(first, first + most), cursor: { row: cursor.row - first, column: cursor.column } };
}
