/** A promise that is settled from outside. */
export class Deferred<T> {
  declare resolve: (value: T) => void;
  declare reject: (reason: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/**
 * The same promise, but it rejects with the signal's reason when the signal is aborted.
 * @param aborted called in that case.
 */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined, aborted?: () => void): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      aborted?.();
    };
    const forget = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    promise.then(resolve, reject).finally(forget);
  });
}
