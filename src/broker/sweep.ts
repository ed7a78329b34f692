import type { Sweeper } from '../log/retention.ts';

/** How often it is looked whether something is to be removed from the log, in milliseconds. */
const interval = 100;

/**
 * Lets the sweeper go about its work, one step in a turn of the loop.
 * @returns ends it.
 */
export function sweepRegularly(sweeper: Sweeper, now: () => number, failed: (error: unknown) => void): () => void {
  let isBusy = false;
  let isOver = false;
  const step = () => {
    if (isOver) return;
    try {
      isBusy = sweeper.step(now()).more;
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
