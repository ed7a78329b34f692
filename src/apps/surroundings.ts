import type { Readable, Writable } from 'node:stream';

/** The part of the process that an app uses. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: Output;
  readonly stderr: Writable;
  /** What a person types to start the program: `hubbub`. */
  readonly command: () => string;
  /** From now on, a signal to end does not end the process, but calls the listener. */
  readonly onEnd: (listener: (signal: NodeJS.Signals) => void) => void;
}

/** A terminal, or a pipe. A terminal emits `resize`. */
export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  getColorDepth?(env?: object): number;
};

/** How an app ended: `misused` for a wrong command line. */
export const exitCodes = { well: 0, failed: 1, misused: 2 } as const;

/** The command line is wrong; the message is one line for a person. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
