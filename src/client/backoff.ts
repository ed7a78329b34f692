import type { ConnectOptions } from './api.ts';

/**
 * How long to wait before connecting again: exponential, with full jitter, so that many clients do not come at once.
 * @returns a function that is called when a connection has ended. `lasted` is how long it was up; `retry` is when the
 *   server said to come back. That is a different time for each client; only after a failure the pause may be longer.
 */
export function createBackoff(
  { base = 500, max = 30_000, reset = 5000 }: NonNullable<ConnectOptions['backoff']>,
  random: () => number,
): (lasted: number, retry?: number) => number {
  let failures = 0;
  return (lasted, retry) => {
    if (lasted >= reset) failures = 0;
    const wait = random() * Math.min(max, base * 2 ** failures);
    const isFirst = failures === 0;
    failures = Math.min(failures + 1, 30);
    if (retry === undefined) return wait;
    return isFirst ? retry : Math.max(retry, wait);
  };
}

/** Whether to come back after this close code (PROTOCOL.md, "Close codes"). */
export function mayReturn(code: number): boolean {
  return code !== 1000 && code !== 1009 && !(code >= 4500 && code <= 4999);
}
