/** Text with one line below that is rewritten; only the text if the output is not a terminal. */
import type { WriteStream } from 'node:tty';

/** A terminal adds this to the line at Ctrl-C; and some wrap after the last column. */
const echo = '^C';

export type Output = Pick<WriteStream, 'write' | 'isTTY' | 'columns'>;

export class StatusLine {
  readonly #output: Output;
  /** The present line, which has no line break. */
  #line = '';

  constructor(output: Output) {
    this.#output = output;
  }

  /** Writes lines above. */
  print(text: string): void {
    this.#output.write(`${this.#erasing()}${text}\n${this.#line}`);
  }

  /** @param compose makes a line of at most this many characters. */
  show(compose: (columns: number) => string): void {
    if (!this.#output.isTTY) return;
    const erasing = this.#erasing();
    this.#line = compose(Math.max(0, this.#output.columns - echo.length - 1));
    this.#output.write(erasing + this.#line);
  }

  /** Leaves the terminal as it would be without the line. */
  clear(): void {
    if (this.#line === '') return;
    this.#output.write(this.#erasing());
    this.#line = '';
  }

  /** A line that was written when the terminal was wider may take several rows now. */
  #erasing(): string {
    if (this.#line === '') return '';
    const above = Math.ceil(this.#line.length / this.#output.columns) - 1;
    return `\r${above > 0 ? `\x1b[${above}A` : ''}\x1b[J`;
  }
}
