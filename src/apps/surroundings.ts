import type { Readable, Writable } from 'node:stream';

/** What an app has of the process it runs in. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: Output;
  readonly stderr: Writable;
  /** From now on, a signal that asks the process to end does not end it, but is handed to the listener. */
  readonly onEnd: (listener: (signal: NodeJS.Signals) => void) => void;
}

/** A terminal, or a pipe. A terminal emits `resize`. */
export type Output = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  getColorDepth?(env?: object): number;
};

/** How an app ended: `misused` is for what stands on its command line. */
export const exitCodes = { well: 0, failed: 1, misused: 2 } as const;

/** The command line cannot be followed; the message is one line for a person. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
