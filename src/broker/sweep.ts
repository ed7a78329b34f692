import type { Sweeper } from '../log/retention.ts';
import type { ClockWatch } from './clock-watch.ts';

/** How often to look for entries to remove from the log, in milliseconds. */
const interval = 100;

/**
 * Runs the sweeper, one step per turn of the loop, and checks before each step whether the wall clock can be trusted.
 * @returns a function that ends it.
 */
export function sweepRegularly(sweeper: Sweeper, watch: ClockWatch, failed: (error: unknown) => void): () => void {
  const { now, monotonic } = watch.clock;
  let isBusy = false;
  let isOver = false;
  const step = () => {
    if (isOver) return;
    try {
      isBusy = sweeper.step(monotonic(), watch.check() ? now() : undefined).more;
    } catch (error) {
      isBusy = false;
      failed(error);
    }
    if (isBusy) setImmediate(step);
  };
  const timer = setInterval(() => {
    if (!isBusy) step();
  }, interval);
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}
