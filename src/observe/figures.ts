/** How the server is doing, once a second: what the status page shows. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../hub/clock.ts';
import type { Figures, Gauges } from '../protocol/figures.ts';

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
  readonly #clock: Clock;
  #cpu: NodeJS.CpuUsage;
  /** When that was, on the monotonic clock. */
  #taken: number;
  #latest: Figures[] = [];

  constructor(gauges: () => Gauges, meters: Meters, clock: Clock) {
    this.#gauges = gauges;
    this.#meters = meters;
    this.#clock = clock;
    this.#cpu = meters.cpuUsage();
    this.#taken = clock.monotonic();
    this.#delay.enable();
  }

  /** The figures of the last minutes, the oldest first. */
  get latest(): readonly Figures[] {
    return this.#latest;
  }

  /** To be called once in an interval. */
  take(): Figures {
    const time = this.#clock.monotonic();
    const { user, system } = this.#meters.cpuUsage(this.#cpu);
    this.#cpu = this.#meters.cpuUsage();
    const { rss: resident, heapUsed: heap } = this.#meters.memoryUsage();
    const figures: Figures = {
      ...this.#gauges(),
      // The curves go on where the wall clock jumps.
      at: this.#clock.trusted(),
      delay: { p99: this.#late(this.#delay.percentile(99)), max: this.#late(this.#delay.max) },
      cpu: (user + system) / 1000 / Math.max(1, time - this.#taken),
      memory: { resident, heap },
    };
    this.#taken = time;
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
