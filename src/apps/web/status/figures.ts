/** Prepares the server's figures for the status page. */
import type { Figures } from '../../../protocol/figures.ts';

/** The time span that is shown, in milliseconds. */
export const span = 5 * 60_000;

/**
 * Adds new figures. Figures that are there already (after a reconnection, or because the server's clock was set back)
 * are taken once. A server that was restarted counts from zero.
 */
export function added(before: readonly Figures[], news: readonly Figures[]): readonly Figures[] {
  const start = news[0]?.at ?? Number.POSITIVE_INFINITY;
  const all = [...before.filter(({ at }) => at < start), ...news];
  const end = all.at(-1)?.at ?? 0;
  return all.filter(({ at }) => at > end - span);
}

export interface Point {
  readonly at: number;
  readonly value: number;
}

/** The values of a figure over time. */
export function levels(figures: readonly Figures[], value: (one: Figures) => number): Point[] {
  return figures.map((one) => ({ at: one.at, value: value(one) }));
}

/** The growth per second of a figure that counts from the start of the server. */
export function rates(figures: readonly Figures[], value: (one: Figures) => number): Point[] {
  return figures.slice(1).map((one, index) => {
    const before = figures[index] ?? one;
    const seconds = (one.at - before.at) / 1000;
    return { at: one.at, value: seconds > 0 ? Math.max(0, value(one) - value(before)) / seconds : 0 };
  });
}
