/** What keeps a defect where it was met. */

/** Is told of what failed where nobody waits for an answer. It does not throw. */
export type Failed = (what: string, error: unknown) => void;

/**
 * For a timer, a stream or native code: an error that left it there would end the process.
 * @param what failed, if it does, in words for the operator.
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
