import type { MachineClocks } from '../../src/broker/clock-watch.ts';

/** The clocks of a machine, set by the test. In milliseconds. */
export class FakeClocks implements MachineClocks {
  wall = Date.UTC(2026, 11, 1);
  #monotonic = 500;
  #asleep = 20_000;

  readonly now = () => this.wall;
  readonly monotonic = () => this.#monotonic;
  readonly uptime = () => this.#monotonic + this.#asleep;

  /** Time passes. */
  pass(duration: number): void {
    this.wall += duration;
    this.#monotonic += duration;
  }

  /** The machine sleeps. */
  sleep(duration: number): void {
    this.wall += duration;
    this.#asleep += duration;
  }
}
