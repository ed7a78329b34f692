import type { Writable } from 'node:stream';
import type { Problem } from '../log/verify.ts';

/** Output could not be written. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
  /** Whether the reader has gone away: then there is nobody to report to. */
  readonly isClosed: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super(`cannot write the output (${cause.message})`, { cause });
    this.isClosed = cause.code === 'EPIPE' || cause.code === 'ERR_STREAM_DESTROYED';
  }
}

/**
 * Settles when the operating system has taken the text, so that it is not lost if the process is killed then.
 * @throws OutputError
 */
export function write(output: Writable, text: string): Promise<void> {
  return new Promise((settle, fail) => {
    output.write(text, (error) => {
      if (error) fail(new OutputError(error));
      else settle();
    });
  });
}

/**
 * Writes lines, no faster than the reader takes them, and returns the generator's result.
 * @param atOnce how many characters are gathered before they are written.
 * @throws OutputError, and the errors of the generator.
 */
export async function writeLines<Result>(
  output: Writable,
  lines: Generator<string, Result>,
  atOnce: number,
): Promise<Result> {
  let text = '';
  for (;;) {
    const { done, value } = lines.next();
    if (!done) text += `${value}\n`;
    if (text.length >= (done ? 1 : atOnce)) {
      await write(output, text);
      text = '';
    }
    if (done) return value;
  }
}

/** `room "lobby", number 17: it is damaged` */
export function describe({ room, seq, what }: Problem): string {
  if (room === undefined) return what;
  const number = seq === 0 ? '' : `, number ${seq}`;
  return `room ${JSON.stringify(room)}${number}: ${what}`;
}

/** `1 room`, `2 rooms` */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
