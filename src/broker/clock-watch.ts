/**
 * Compares the wall clock with one that cannot be set. A wall clock that jumps, and is right again a moment later, must
 * not remove messages that are not old, nor refuse valid tickets: until it is clear which clock is right, the trusted
 * time goes on as if nothing had jumped, and nothing irreversible is done.
 */
import { uptime } from 'node:os';
import type { Clock } from '../hub/clock.ts';
import type { Logger } from '../observe/logger.ts';

/** The clocks of a machine. */
export interface MachineClocks {
  /** Milliseconds since 1970. It may be set. */
  readonly now: () => number;
  /** Milliseconds since some moment. It cannot be set, and may stand still while the machine sleeps. */
  readonly monotonic: () => number;
  /** Milliseconds since the machine started, including the time it slept. Need not be exact. */
  readonly uptime: () => number;
}

export const machineClocks: MachineClocks = {
  now: Date.now,
  monotonic: () => performance.now(),
  uptime: () => uptime() * 1000,
};

/** The largest jump of the wall clock that is accepted silently, in milliseconds. NTP usually corrects by less. */
const tolerance = 10_000;

/**
 * The shortest time that counts as sleep of the machine, in milliseconds: the uptime is less exact than the other
 * clocks.
 */
const shortestSleep = 1000;

const accept = 'SIGUSR2 or a restart accepts it as it is';

export class ClockWatch {
  readonly clock: Clock;
  readonly #machine: MachineClocks;
  readonly #logger: Pick<Logger, 'info' | 'warn'>;
  /** The readings of both clocks when the wall clock was last trusted. */
  #believed: { readonly wall: number; readonly monotonic: number };
  /** By how much the uptime is ahead of the monotonic clock. */
  #uptimeAhead: number;
  #isDoubted = false;

  constructor(machine: MachineClocks, logger: Pick<Logger, 'info' | 'warn'>) {
    const { now, monotonic } = machine;
    this.#machine = machine;
    this.#logger = logger;
    this.#believed = { wall: now(), monotonic: monotonic() };
    this.#uptimeAhead = machine.uptime() - this.#believed.monotonic;
    this.clock = {
      now,
      monotonic,
      trusted: (wall = now()) => {
        const isPlausible = this.#isPlausible(wall) || (!this.#isDoubted && this.check());
        return isPlausible ? wall : this.#expected();
      },
    };
  }

  /**
   * Compares the clocks, and tells the operator if the wall clock has jumped or is right again. Call it every few
   * seconds at least, so that small corrections and slow drift are followed.
   * @returns whether the wall clock can be trusted.
   */
  check(): boolean {
    const wall = this.#machine.now();
    if (!this.#isPlausible(wall)) {
      this.#considerSleep();
      if (!this.#isPlausible(wall)) {
        this.#doubt(wall);
        return false;
      }
    }
    if (this.#isDoubted) this.#logger.info('the wall clock is right again');
    this.#believe(wall);
    return true;
  }

  /** The operator says that the wall clock is right. */
  trust(): void {
    const wall = this.#machine.now();
    this.#logger.info('the wall clock is accepted as it is', { now: iso(wall) });
    this.#believe(wall);
  }

  #expected(): number {
    const { wall, monotonic } = this.#believed;
    return Math.round(wall + this.#machine.monotonic() - monotonic);
  }

  #isPlausible(wall: number): boolean {
    return Math.abs(wall - this.#expected()) <= tolerance;
  }

  #believe(wall: number): void {
    this.#isDoubted = false;
    this.#believed = { wall, monotonic: this.#machine.monotonic() };
  }

  #doubt(wall: number): void {
    if (this.#isDoubted) return;
    this.#isDoubted = true;
    const expected = this.#expected();
    const jump = wall - expected;
    const where = `${words(Math.abs(jump))} ${jump > 0 ? 'ahead' : 'back'}`;
    this.#logger.warn(
      `the wall clock jumped ${where}: no message is removed for its age, and tickets are checked against the time before, until the ` +
        `clock is set right again; ${accept}`,
      { now: iso(wall), expected: iso(expected) },
    );
  }

  /** While the machine sleeps, the wall clock goes on and the monotonic one does not. */
  #considerSleep(): void {
    const { wall, monotonic } = this.#believed;
    const slept = this.#machine.uptime() - this.#machine.monotonic() - this.#uptimeAhead;
    if (slept < shortestSleep) return;
    this.#uptimeAhead += slept;
    this.#believed = { wall: wall + slept, monotonic };
  }
}

/**
 * At the start there is nothing to compare the wall clock with, except the time when the log was last written.
 * @param written milliseconds since 1970; undefined if there is no log yet.
 */
export function compareWithLog(now: number, written: number | undefined, logger: Pick<Logger, 'warn'>): void {
  if (written === undefined || written - now <= tolerance) return;
  logger.warn(
    `the wall clock is ${words(written - now)} behind the latest message of the log: it is wrong now, or was wrong then`,
    { now: iso(now), written: iso(written) },
  );
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A duration, roughly. */
function words(duration: number): string {
  const seconds = Math.round(duration / 1000);
  const [name, length] = units.find(([, length]) => seconds >= length) ?? units[3];
  const count = Math.round(seconds / length);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
