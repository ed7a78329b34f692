/** How much of what it used a connection is forgiven in a millisecond, in units: a tenth of one core. */
const forgiven = 100;

/** One that has used less than this lately is light. In units. */
const light = 1000;

/** One that has used more than this has to wait until it has used less. In units: half a second of one core. */
const most = 500_000;

/** What a connection begins with, in units: those that are there already come first, for some milliseconds. */
const ofNewcomer = 2000;

/** What something is taken to be worth that a connection asks for that has asked for nothing yet. In units. */
const unknown = 500;

/** How much of the server's time a connection has used lately. */
export class Share {
  #used = ofNewcomer;
  #typical = unknown;
  #at: number;

  /** @param now milliseconds of the time that `Turns` keeps for shares, as in all methods. */
  constructor(now: number) {
    this.#at = now;
  }

  /** Something was done for it, worth so many units. */
  use(work: number): void {
    this.#used += work;
    this.#typical += (work - this.#typical) / 8;
  }

  /** What was done for it lately was worth so much each time, in units. */
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
