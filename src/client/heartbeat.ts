import type { Environment } from './environment.ts';

export interface HeartbeatOptions {
  /** The silence after which to check, in milliseconds. */
  readonly interval: number;
  /** How long to wait for data then, in milliseconds. */
  readonly timeout: number;
  readonly ask: () => void;
  /** Called if nothing has arrived. */
  readonly dead: () => void;
}

/** Notices a connection that is dead and was not closed. */
export class Heartbeat {
  readonly #environment: Environment;
  readonly #options: HeartbeatOptions;
  #heardAt: number;
  #nextLook: () => void = () => undefined;
  #doubt: (() => void) | undefined;

  constructor(environment: Environment, options: HeartbeatOptions) {
    this.#environment = environment;
    this.#options = options;
    this.#heardAt = environment.now();
    this.#look();
  }

  /** Data has arrived. */
  heard(): void {
    this.#heardAt = this.#environment.now();
    this.#doubt?.();
    this.#doubt = undefined;
  }

  /** Checks now, unless a check is already waiting for an answer. */
  check(): void {
    const { ask, dead, timeout } = this.#options;
    if (this.#doubt) return;
    this.#doubt = this.#environment.after(timeout, dead);
    ask();
  }

  stop(): void {
    this.#nextLook();
    this.#doubt?.();
  }

  #look(): void {
    const { interval } = this.#options;
    const left = this.#heardAt + interval - this.#environment.now();
    if (left <= 0) this.check();
    this.#nextLook = this.#environment.after(left > 0 ? left : interval, () => this.#look());
  }
}
