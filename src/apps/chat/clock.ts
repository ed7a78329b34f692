import type { Clock } from './chat.ts';

/** The real clock. */
export const clock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  after(delay, then) {
    const timer = setTimeout(then, delay);
    return () => clearTimeout(timer);
  },
};
