/** How often to look whether time has jumped, and from how much on that is a sleep; in milliseconds. */
const glance = 5000;
const jump = 5000;

const signs = ['online', 'offline', 'pageshow', 'visibilitychange'] as const;

/** A window; nothing in Node. */
interface Target {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/**
 * Calls `check` when the network comes or goes, when a page is looked at again, and when the machine has slept, which
 * is seen by the wall clock: a timer stands still meanwhile. A wall clock that is set ahead looks the same, and costs one
 * question to the server; one that is set back hides a sleep at most, of which the heartbeat tells then.
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
