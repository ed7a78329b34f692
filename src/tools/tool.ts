import type { Readable, Writable } from 'node:stream';
import type { Accepted, Arguments } from './arguments.ts';

/** The part of the process that a tool uses. */
export interface Surroundings {
  /** The command that starts this program: the executable, and the arguments before its own. */
  readonly program: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** From now on, a signal to end does not end the process, but calls the listener. */
  readonly onEnd: (listener: (signal: NodeJS.Signals) => void) => void;
}

/** One of the commands, with the arguments that it accepts besides the common ones. */
export interface Tool extends Accepted {
  /**
   * @returns the exit code.
   * @throws ConfigError if it is used wrongly, LogError, OutputError.
   */
  run(task: Task): Promise<number>;
}

export interface Task extends Arguments, Surroundings {
  /** Where the store is. */
  readonly directory: string;
}

/**
 * How a tool ended.
 * - `well`: everything was done.
 * - `partly`: something is damaged, could not be imported, or could not be written.
 * - `refused`: nothing was done; the operator has to change something.
 */
export const exitCodes = { well: 0, partly: 1, refused: 2 } as const;
