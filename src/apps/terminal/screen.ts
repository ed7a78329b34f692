/**
 * A terminal in which lines scroll by and a few rows at the bottom stay: arriving messages never tear the input apart.
 * Only the rows at the bottom are ever overwritten, so lines that have scrolled away stay as they were.
 */
import type { Output } from '../surroundings.ts';
import type { Depth } from './colour.ts';
import { type Line, paint, widthOf } from './line.ts';

/** The rows that stay at the bottom. */
export interface Bottom {
  /** Each no wider than the terminal. */
  readonly rows: readonly Line[];
  /** The position of the cursor; left out, it is hidden. */
  readonly cursor?: { readonly row: number; readonly column: number };
}

const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';
/** Erases from the cursor to the end of the row, and to the end of the screen. */
const eraseRow = '\x1b[K';
const eraseRest = '\x1b[J';
/** Bracketed paste: the terminal marks pasted text. */
const pasteOn = '\x1b[?2004h';
const pasteOff = '\x1b[?2004l';

/** The size of a terminal that does not report one. */
const usual = { columns: 80, rows: 24 };

export class Screen {
  readonly #output: Output;
  readonly #depth: Depth;
  readonly #bottom: () => Bottom;
  readonly #resized = () => this.update();
  #lines: string[] = [];
  /** The widths of the rows now at the bottom, and the row of the cursor. */
  #drawn: readonly number[] = [];
  #cursor = { row: 0, column: 0 };
  #isDue = false;
  #isOpen = true;

  /** @param bottom is called whenever the bottom is drawn. */
  constructor(output: Output, depth: Depth, bottom: () => Bottom) {
    this.#output = output;
    this.#depth = depth;
    this.#bottom = bottom;
    output.on('resize', this.#resized);
    output.write(pasteOn);
  }

  /** One column is left free: some terminals wrap a line that is exactly as wide as they are. */
  get columns(): number {
    return Math.max(10, (this.#output.columns || usual.columns) - 1);
  }

  get rows(): number {
    return Math.max(4, this.#output.rows || usual.rows);
  }

  /** Puts lines above the bottom, where they scroll away. */
  print(lines: readonly Line[]): void {
    for (const line of lines) this.#lines.push(paint(line, this.#depth));
    this.update();
  }

  /** Schedules a redraw: one for everything that happens in the same turn. */
  update(): void {
    if (this.#isDue || !this.#isOpen) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#flush();
    });
  }

  /** Clears the screen, except for the bottom. */
  clear(): void {
    this.#output.write('\x1b[2J\x1b[H');
    this.#drawn = [];
    this.#cursor = { row: 0, column: 0 };
    this.update();
  }

  /** Removes the bottom. Printed lines stay. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#output.off('resize', this.#resized);
    const rows = Array.from({ length: this.#rowsAbove() + 1 }, () => eraseRow).join('\x1b[B');
    const back = up(this.#rowsAbove());
    this.#output.write(`${this.#toTop()}${rows}${back}${this.#takeLines()}${pasteOff}${showCursor}`);
  }

  #flush(): void {
    if (!this.#isOpen) return;
    const { rows, cursor } = this.#bottom();
    const drawn = rows.map((row) => eraseRow + paint(row, this.#depth)).join('\r\n');
    const { row, column } = cursor ?? { row: rows.length - 1, column: 0 };
    const place = `${up(rows.length - 1 - row)}\r${right(column)}${cursor ? showCursor : ''}`;
    this.#output.write(`${hideCursor}${this.#toTop()}${this.#takeLines()}${drawn}${eraseRest}${place}`);
    this.#drawn = rows.map(widthOf);
    this.#cursor = { row, column };
  }

  #takeLines(): string {
    const lines = this.#lines.map((line) => `${eraseRow}${line}\r\n`).join('');
    this.#lines = [];
    return lines;
  }

  /**
   * Moves to the start of the bottom. It is overwritten row by row: if it were erased at once, tmux would keep it in
   * its scrollback.
   */
  #toTop(): string {
    return `\r${up(this.#rowsAbove())}`;
  }

  /** How many rows of the bottom are above the cursor. A terminal that has become narrower wraps rows. */
  #rowsAbove(): number {
    const columns = this.#output.columns || usual.columns;
    const above = this.#drawn.slice(0, this.#cursor.row).map((width) => Math.max(1, Math.ceil(width / columns)));
    return above.reduce((sum, rows) => sum + rows, Math.floor(this.#cursor.column / columns));
  }
}

function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : '';
}

function right(columns: number): string {
  return columns > 0 ? `\x1b[${columns}C` : '';
}

/** The colours of a terminal; respects `NO_COLOR` (no-color.org). */
export function depthOf(output: Output, env: Readonly<Record<string, string | undefined>>, isWanted: boolean): Depth {
  if (!isWanted || !output.isTTY || (env['NO_COLOR'] ?? '') !== '') return 'none';
  const bits = output.getColorDepth?.({ ...env }) ?? 1;
  return bits >= 8 ? 'full' : bits >= 4 ? 'basic' : 'none';
}
