/** The input line. Pure: each operation returns a new state. */
import { graphemes } from './width.ts';

export interface Editing {
  /** The text before the cursor, and after it. */
  readonly before: string;
  readonly after: string;
  /** The last text that was cut, for `yank`. */
  readonly cut: string;
}

export const empty: Editing = { before: '', after: '', cut: '' };

export function textIn({ before, after }: Editing): string {
  return before + after;
}

/** With the cursor at the end. */
export function withText(editing: Editing, text: string): Editing {
  return { ...editing, before: text, after: '' };
}

/** Line ends become line feeds, tabs spaces; other control characters are left out. */
export function insert(editing: Editing, text: string): Editing {
  const clean = text
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', '    ')
    .replace(/(?!\n)\p{Cc}/gu, '');
  return { ...editing, before: editing.before + clean };
}

export type Operation =
  | 'left'
  | 'right'
  | 'word left'
  | 'word right'
  | 'start'
  | 'end'
  | 'delete before'
  | 'delete after'
  | 'cut word before'
  | 'cut word after'
  | 'cut to start'
  | 'cut to end'
  | 'yank';

const operations: Record<Operation, (editing: Editing) => Editing> = {
  left: (editing) => moved(editing, -(graphemes(editing.before).at(-1)?.length ?? 0)),
  right: (editing) => moved(editing, graphemes(editing.after)[0]?.length ?? 0),
  'word left': (editing) => moved(editing, -wordBefore(editing).length),
  'word right': (editing) => moved(editing, wordAfter(editing).length),
  start: (editing) => moved(editing, -lineBefore(editing).length),
  end: (editing) => moved(editing, lineAfter(editing).length),
  'delete before': (editing) => ({ ...editing, before: graphemes(editing.before).slice(0, -1).join('') }),
  'delete after': (editing) => ({ ...editing, after: graphemes(editing.after).slice(1).join('') }),
  'cut word before': (editing) => cutBefore(editing, /(?:\S+\s*|\s+)$/u.exec(editing.before)?.[0] ?? ''),
  'cut word after': (editing) => cutAfter(editing, wordAfter(editing)),
  'cut to start': (editing) => cutBefore(editing, lineBefore(editing)),
  'cut to end': (editing) => cutAfter(editing, lineAfter(editing)),
  yank: (editing) => insert(editing, editing.cut),
};

export function edit(editing: Editing, operation: Operation): Editing {
  return operations[operation](editing);
}

/** Moves one line up or down in a text of several lines; undefined if there is none. */
export function upOrDown(editing: Editing, by: -1 | 1): Editing | undefined {
  const text = textIn(editing);
  const lines = text.split('\n');
  const row = editing.before.split('\n').length - 1;
  const line = lines[row + by];
  if (line === undefined) return undefined;
  const column = graphemes(lineBefore(editing)).length;
  const start = lines.slice(0, row + by).reduce((sum, { length }) => sum + length + 1, 0);
  const at = start + graphemes(line).slice(0, column).join('').length;
  return { ...editing, before: text.slice(0, at), after: text.slice(at) };
}

function moved(editing: Editing, by: number): Editing {
  const text = textIn(editing);
  const at = editing.before.length + by;
  return { ...editing, before: text.slice(0, at), after: text.slice(at) };
}

function cutBefore(editing: Editing, cut: string): Editing {
  if (cut === '') return editing;
  return { before: editing.before.slice(0, editing.before.length - cut.length), after: editing.after, cut };
}

function cutAfter(editing: Editing, cut: string): Editing {
  return cut === '' ? editing : { before: editing.before, after: editing.after.slice(cut.length), cut };
}

function wordBefore({ before }: Editing): string {
  return /[\p{L}\p{N}\p{M}_]*[^\p{L}\p{N}\p{M}_]*$/u.exec(before)?.[0] ?? '';
}

function wordAfter({ after }: Editing): string {
  return /^[^\p{L}\p{N}\p{M}_]*[\p{L}\p{N}\p{M}_]*/u.exec(after)?.[0] ?? '';
}

function lineBefore({ before }: Editing): string {
  return before.slice(before.lastIndexOf('\n') + 1);
}

function lineAfter({ after }: Editing): string {
  return after.split('\n')[0] ?? '';
}

/** Earlier inputs, for the up and down keys. */
export class History {
  readonly #lines: string[] = [];
  /** The index of the shown one; the length of the list means the present input. */
  #at = 0;
  #draft = '';

  add(line: string): void {
    if (line !== '' && line !== this.#lines.at(-1)) this.#lines.push(line);
    if (this.#lines.length > 500) this.#lines.shift();
    this.#at = this.#lines.length;
    this.#draft = '';
  }

  /** @param typed the present text. @returns the text to show; undefined at the end of the list. */
  move(by: -1 | 1, typed: string): string | undefined {
    const at = this.#at + by;
    if (at < 0 || at > this.#lines.length) return undefined;
    if (this.#at === this.#lines.length) this.#draft = typed;
    this.#at = at;
    return this.#lines[at] ?? this.#draft;
  }
}
