/** Contains defects where they happen. */

/** Called for a failure of which no caller would hear. It does not throw. */
export type Failed = (what: string, error: unknown) => void;

/**
 * Wraps a callback of a timer, a stream or native code, where an uncaught error would end the process.
 * @param what words for the operator, if the callback fails.
 * @returns `run`, whose errors go to `failed` instead.
 */
export function guarded<Args extends unknown[]>(
  what: string,
  failed: Failed,
  run: (...args: Args) => void,
): (...args: Args) => void {
  return (...args) => {
    try {
      run(...args);
    } catch (error) {
      failed(what, error);
    }
  };
}
