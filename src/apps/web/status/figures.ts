/** What the status page makes of the server's figures. */
import type { Figures } from '../../../protocol/figures.ts';

/** How much is shown, in milliseconds. */
export const span = 5 * 60_000;

/**
 * Adds what has come. What is there already, after a reconnection, is taken once, and so is the time that comes again where
 * the server's clock was set back. A server that has started anew counts anew.
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

/** A figure as it is at each moment. */
export function levels(figures: readonly Figures[], value: (one: Figures) => number): Point[] {
  return figures.map((one) => ({ at: one.at, value: value(one) }));
}

/** Of a figure that counts from the start of the server: how many in each second. */
export function rates(figures: readonly Figures[], value: (one: Figures) => number): Point[] {
  return figures.slice(1).map((one, index) => {
    const before = figures[index] ?? one;
    const seconds = (one.at - before.at) / 1000;
    return { at: one.at, value: seconds > 0 ? Math.max(0, value(one) - value(before)) / seconds : 0 };
  });
}
