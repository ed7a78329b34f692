import type { Readable, Writable } from 'node:stream';
import type { Accepted, Arguments } from './arguments.ts';

/** What a tool has of the process it runs in. */
export interface Surroundings {
  /** How this program is started: the executable, and what stands before its arguments. */
  readonly program: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** From now on, a signal that asks the process to end does not end it, but is handed to the listener. */
  readonly onEnd: (listener: (signal: NodeJS.Signals) => void) => void;
}

/** One of the commands, and what may stand behind it besides what may stand behind all. */
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
