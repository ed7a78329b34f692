/** How much the usage of a connection decreases per millisecond, in units: a tenth of one core. */
const forgiven = 100;

/** A connection with less recent usage than this is light, in units. */
const light = 1000;

/** A connection with more recent usage than this has to wait, in units: half a second of one core. */
const most = 500_000;

/** The initial usage of a connection, in units, so that present connections come first for some milliseconds. */
const ofNewcomer = 2000;

/** The assumed cost of the first request of a connection, in units. */
const unknown = 500;

/** The recent usage of a connection. */
export class Share {
  #used = ofNewcomer;
  #typical = unknown;
  #at: number;

  /** @param now milliseconds of the time that `Turns` keeps for shares, as in all methods. */
  constructor(now: number) {
    this.#at = now;
  }

  /** Adds the cost of a request, in units. */
  use(work: number): void {
    this.#used += work;
    this.#typical += (work - this.#typical) / 8;
  }

  /** The typical cost of its recent requests, in units. */
  get typical(): number {
    return this.#typical;
  }

  used(now: number): number {
    this.#used = Math.max(0, this.#used - (now - this.#at) * forgiven);
    this.#at = now;
    return this.#used;
  }

  isLight(now: number): boolean {
    return this.used(now) < light;
  }

  /** How many milliseconds it has to wait; 0 if it may go on now. */
  wait(now: number): number {
    return Math.ceil(Math.max(0, this.used(now) - most) / forgiven);
  }
}
