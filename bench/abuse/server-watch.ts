import { microseconds } from '../load/clock.ts';
import { mebibytes } from '../scenarios/format.ts';
import type { Server } from '../targets/server.ts';
import type { SchedulerTimes } from '../targets/usage.ts';

/** How often the server's memory is sampled, in milliseconds. */
const lookEvery = 20;

/** A server that takes more than this, in bytes, is killed, to protect the machine. */
const ceiling = 3 * 1024 ** 3;

/** Measures the memory and CPU time of the server from the beginning of an attack. */
export class ServerWatch implements Disposable {
  readonly first: number;
  highest: number;
  /** Shares of time of the server's main thread until the mark: running, and waiting for a CPU. */
  busy = Number.NaN;
  waiting = Number.NaN;
  readonly #server: Server;
  readonly #timer: NodeJS.Timeout;
  readonly #start = microseconds();
  readonly #used: SchedulerTimes;
  #isTooLarge = false;

  constructor(server: Server) {
    this.#server = server;
    this.#used = server.mainThreadTimes();
    this.first = server.heldMemory() ?? Number.NaN;
    this.highest = this.first;
    this.#timer = setInterval(() => this.#look(), lookEvery);
  }

  /** Why the server has ended; undefined if it is running. */
  get problem(): string | undefined {
    if (this.#isTooLarge) return `the server took more than ${mebibytes(ceiling)}, and was ended`;
    return this.#server.isRunning ? undefined : 'the server has ended';
  }

  markEnd(): void {
    if (!this.#server.isRunning) return;
    const duration = microseconds() - this.#start;
    const { ran, waited } = this.#server.mainThreadTimes();
    this.busy = (ran - this.#used.ran) / duration;
    this.waiting = (waited - this.#used.waited) / duration;
  }

  #look(): void {
    if (!this.#server.isRunning || this.#isTooLarge) return;
    const held = this.#server.heldMemory();
    // A process that is just ending has no memory any more.
    if (held === undefined || Number.isNaN(held)) return;
    this.highest = Math.max(this.highest, held);
    if (held < ceiling) return;
    this.#isTooLarge = true;
    void this.#server[Symbol.asyncDispose]();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
