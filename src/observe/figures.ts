/** How the server is doing, once a second: what the status page shows. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** What there is at a moment, and how much there has been since the start. */
export interface Gauges {
  readonly connections: number;
  readonly users: number;
  readonly rooms: number;
  /** Messages to rooms so far. */
  readonly messages: number;
  /** To how many connections they went. */
  readonly deliveries: number;
  /** Messages that wait to be committed. */
  readonly queued: number;
  /** What the log takes, in bytes. */
  readonly stored: number;
}

/** One second of it. */
export interface Figures extends Gauges {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** By how much the event loop was late, at the 99th percentile and at worst, in milliseconds. */
  readonly delay: { readonly p99: number; readonly max: number };
  /** The share of a core that the process took. */
  readonly cpu: number;
  /** What the process takes of the memory, and its JavaScript heap of that, in bytes. */
  readonly memory: { readonly resident: number; readonly heap: number };
}

/** What tells of the process. */
export type Meters = Pick<NodeJS.Process, 'cpuUsage' | 'memoryUsage'>;

/** How often figures are taken, in milliseconds. */
export const figuresInterval = 1000;

/** How many are kept: five minutes. */
const kept = 300;

/** How exactly delays are measured, in milliseconds. */
const resolution = 20;

const nanoseconds = 1e6;

export class FigureTaker {
  readonly #gauges: () => Gauges;
  readonly #meters: Meters;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution });
  #cpu: NodeJS.CpuUsage;
  #latest: Figures[] = [];

  constructor(gauges: () => Gauges, meters: Meters) {
    this.#gauges = gauges;
    this.#meters = meters;
    this.#cpu = meters.cpuUsage();
    this.#delay.enable();
  }

  /** The figures of the last minutes, the oldest first. */
  get latest(): readonly Figures[] {
    return this.#latest;
  }

  /** To be called once in an interval. */
  take(at: number): Figures {
    const { user, system } = this.#meters.cpuUsage(this.#cpu);
    this.#cpu = this.#meters.cpuUsage();
    const { rss: resident, heapUsed: heap } = this.#meters.memoryUsage();
    const before = this.#latest.at(-1)?.at ?? at - figuresInterval;
    const figures: Figures = {
      ...this.#gauges(),
      at,
      delay: { p99: this.#late(this.#delay.percentile(99)), max: this.#late(this.#delay.max) },
      cpu: (user + system) / 1000 / Math.max(1, at - before),
      memory: { resident, heap },
    };
    this.#delay.reset();
    this.#latest = [...this.#latest.slice(1 - kept), figures];
    return figures;
  }

  stop(): void {
    this.#delay.disable();
  }

  /** What is measured is the time from one look to the next. */
  #late(time: number): number {
    return Math.max(0, time / nanoseconds - resolution);
  }
}
