/** The figures of the server, once a second: the status page shows them. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../hub/clock.ts';
import type { Figures, Gauges } from '../protocol/figures.ts';
import type { Failed } from './guard.ts';

/** The functions that measure the process. */
export type Meters = Pick<NodeJS.Process, 'cpuUsage' | 'memoryUsage'>;

/** How often figures are taken, in milliseconds. */
export const figuresInterval = 1000;

/** How many are kept: five minutes. */
const kept = 300;

/** The resolution of delays, in milliseconds. */
const resolution = 20;

const nanoseconds = 1e6;

export class FigureTaker {
  readonly #gauges: () => Gauges;
  readonly #meters: Meters;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution });
  readonly #clock: Clock;
  readonly #failed: Failed;
  /** The CPU time of the process, in microseconds, and its memory, when they could last be read. */
  #cpu = 0;
  #memory: Figures['memory'] = { resident: 0, heap: 0 };
  /** When figures were last taken, on the monotonic clock. */
  #taken: number;
  #latest: Figures[] = [];

  /** @param failed is called when the process cannot be measured; then its last figures are used. */
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

  /** Call it once per interval. */
  take(): Figures {
    const time = this.#clock.monotonic();
    const used = this.#cpu;
    this.#measure();
    const figures: Figures = {
      ...this.#gauges(),
      // With the trusted clock the curves go on when the wall clock jumps.
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

  /** The meters read `/proc`, and throw if no more files can be opened. */
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

  /** The histogram has the time from one sample to the next. */
  #late(time: number): number {
    return Math.max(0, time / nanoseconds - resolution);
  }
}
