/** How often to check for a jump of the clock, and the least jump that counts as sleep, in milliseconds. */
const glance = 5000;
const jump = 5000;

const signs = ['online', 'offline', 'pageshow', 'visibilitychange'] as const;

/** A window; not in Node. */
interface Target {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/**
 * Calls `check` when the network comes or goes, when a page becomes visible again, and when the machine has slept,
 * which shows in the wall clock: timers stand still during sleep. A wall clock that is set ahead looks the same, and
 * costs one request; one that is set back can hide a sleep, which the heartbeat notices then.
 * @param now milliseconds since 1970.
 */
export function onWaking(check: () => void, now: () => number): () => void {
  const target = globalThis as Target;
  for (const sign of signs) target.addEventListener?.(sign, check);
  let last = now();
  const timer = setInterval(() => {
    const slept = now() - last - glance;
    last = now();
    if (slept > jump) check();
  }, glance);
  return () => {
    clearInterval(timer);
    for (const sign of signs) target.removeEventListener?.(sign, check);
  };
}
