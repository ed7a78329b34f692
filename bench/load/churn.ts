/** Members that keep losing their connections and coming back, as on a bad network. */
import { setTimeout as wait } from 'node:timers/promises';
import { microseconds } from './clock.ts';
import { type Entries, EntryBook } from './entries.ts';
import type { Member } from './member.ts';

export interface Churn {
  /** Milliseconds between two cuts, each of a different member. */
  readonly every: number;
  /** How long a member is away, in milliseconds. */
  readonly away: number;
}

/** The start, in microseconds, and the duration. */
interface Span {
  readonly start: number;
  readonly interval: number;
  readonly bursts: number;
}

/** No member is cut too late to be back before the end. Settles when all are back. */
export async function churn(
  members: readonly Member[],
  { every, away }: Churn,
  { start, interval, bursts }: Span,
): Promise<Entries> {
  const book = new EntryBook();
  const cuts = Math.min(members.length, Math.floor((interval * bursts - away) / every));
  // Different members each time.
  const offset = Math.floor(start / 1000) % members.length;
  await Promise.all(
    Array.from({ length: Math.max(0, cuts) }, async (_, at) => {
      const member = members[(offset + at) % members.length];
      await wait(start / 1000 + at * every - microseconds() / 1000);
      member?.cut();
      await wait(away);
      await book.time(async () => (await member?.comeBack()) ?? 0);
    }),
  );
  return book.entries;
}
