/** How long it took clients to become members, or members again. */
import { Histogram } from '../statistics.ts';
import { microseconds } from './clock.ts';

/** The form for the IPC channel. */
export interface Entries {
  /** The counts of the histogram of times from the start of connecting, in microseconds. */
  readonly times: readonly number[];
  /** Missed messages that they got. */
  readonly recovered: number;
}

export const noEntries: Entries = { times: [], recovered: 0 };

/** Measures the time of each entry. */
export class EntryBook {
  readonly #times = new Histogram();
  #recovered = 0;

  /** @param enter returns how many messages the client had missed. */
  async time(enter: () => Promise<number>): Promise<void> {
    const start = microseconds();
    const recovered = await enter();
    this.#recovered += recovered;
    this.#times.record(microseconds() - start);
  }

  get entries(): Entries {
    return { times: this.#times.counts, recovered: this.#recovered };
  }
}

export function addEntries(all: readonly Entries[]): Entries {
  const times = new Histogram();
  for (const one of all) times.merge(new Histogram(one.times));
  return { times: times.counts, recovered: all.reduce((sum, { recovered }) => sum + recovered, 0) };
}
