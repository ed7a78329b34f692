/** How the server is doing, once a second: what the status page shows. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../hub/clock.ts';
import type { Figures, Gauges } from '../protocol/figures.ts';
import type { Failed } from './guard.ts';

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
  readonly #failed: Failed;
  /** What the process had used of the CPU, in microseconds, and of the memory when that was last to be had. */
  #cpu = 0;
  #memory: Figures['memory'] = { resident: 0, heap: 0 };
  /** When figures were taken last, on the monotonic clock. */
  #taken: number;
  #latest: Figures[] = [];

  /** @param failed is told when the process cannot be measured: the figures are those of the time before then. */
  constructor(gauges: () => Gauges, meters: Meters, clock: Clock, failed: Failed) {
    this.#gauges = gauges;
    this.#meters = meters;
    this.#clock = clock;
    this.#failed = failed;
    this.#taken = clock.monotonic();
    this.#measure();
    this.#delay.enable();
  }

  /** The figures of the last minutes, the oldest first. */
  get latest(): readonly Figures[] {
    return this.#latest;
  }

  /** To be called once in an interval. */
  take(): Figures {
    const time = this.#clock.monotonic();
    const used = this.#cpu;
    this.#measure();
    const figures: Figures = {
      ...this.#gauges(),
      // The curves go on where the wall clock jumps.
      at: this.#clock.trusted(),
      delay: { p99: this.#late(this.#delay.percentile(99)), max: this.#late(this.#delay.max) },
      cpu: (this.#cpu - used) / 1000 / Math.max(1, time - this.#taken),
      memory: this.#memory,
    };
    this.#taken = time;
    this.#delay.reset();
    this.#latest = [...this.#latest.slice(1 - kept), figures];
    return figures;
  }

  stop(): void {
    this.#delay.disable();
  }

  /** They read `/proc`, and throw where no more files can be opened. */
  #measure(): void {
    try {
      const { user, system } = this.#meters.cpuUsage();
      this.#cpu = user + system;
      const { rss: resident, heapUsed: heap } = this.#meters.memoryUsage();
      this.#memory = { resident, heap };
    } catch (error) {
      this.#failed('the process cannot be measured', error);
    }
  }

  /** What is measured is the time from one look to the next. */
  #late(time: number): number {
    return Math.max(0, time / nanoseconds - resolution);
  }
}
