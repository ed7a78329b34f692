import type { Sweeper } from '../log/retention.ts';
import type { ClockWatch } from './clock-watch.ts';

/** How often it is looked whether something is to be removed from the log, in milliseconds. */
const interval = 100;

/**
 * Lets the sweeper go about its work, one step in a turn of the loop, and looks before each whether the wall clock can be
 * believed.
 * @returns ends it.
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
