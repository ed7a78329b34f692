import { setTimeout as wait } from 'node:timers/promises';
import type { ConnectionId } from '../hub/user.ts';
import type { Session } from '../session/session.ts';

/** How many connections are closed at once. */
const batchSize = 500;

/** The longest pause between two batches, in milliseconds. */
const batchPause = 100;

/** Clients are asked to come back within this many milliseconds, each at a different moment. */
const comeBackWithin = 5000;

/**
 * Says goodbye to every connection and closes it, batch by batch, so that neither this server nor the one that takes
 * over has to handle all of them at once.
 *
 * @param timeout how long it may take in all, in milliseconds
 */
export async function drain(sessions: ReadonlyMap<ConnectionId, Session>, timeout: number): Promise<void> {
  const all = [...sessions.values()];
  const batches = Math.ceil(all.length / batchSize);
  const pause = Math.min(batchPause, timeout / (batches + 1));
  for (let from = 0; from < all.length; from += batchSize) {
    for (const session of all.slice(from, from + batchSize)) {
      session.end('shutdown', Math.round(Math.random() * comeBackWithin));
    }
    await wait(pause);
  }
}
