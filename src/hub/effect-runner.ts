/** Carries out the effects of the hub, in order. */
import { Backlog, type Job } from './backlog.ts';
import { type Delivery, isKeeping, type Keeping } from './effects.ts';
import type { FanOut } from './fan-out.ts';
import type { LogRunner } from './log-runner.ts';

/** Stands for the room of broadcasts: no room has this name. */
export const everyoneRoom = '';

export interface EffectRunnerOptions {
  readonly fanOut: FanOut;
  readonly logRunner: LogRunner;
  /** Does something in another turn of the loop. */
  readonly soon: (then: () => void) => void;
  /** An effect could not be carried out. For the operator. */
  readonly failed: (error: unknown, effect?: Delivery | Keeping) => void;
}

export class EffectRunner {
  readonly #options: EffectRunnerOptions;
  readonly #backlog: Backlog;

  constructor(options: EffectRunnerOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.soon, options.failed);
  }

  /** Whether so much is being sent in a room, or to everyone, that nothing may be added. */
  isFull(room: string): boolean {
    return this.#backlog.isFull(room);
  }

  /** A failed effect does not affect the others. */
  carryOut(effect: Delivery | Keeping): void {
    const room = roomOf(effect);
    if (room !== undefined && this.#backlog.isBehind(room)) {
      this.#backlog.add(room, { units: this.#options.fanOut.costOf(effect), steps: this.#later(effect) });
      return;
    }
    const job = this.#begin(effect);
    if (job) this.#backlog.add(room ?? everyoneRoom, job);
  }

  *#later(effect: Delivery | Keeping): Generator<number, void> {
    const job = this.#begin(effect);
    if (job) yield* job.steps;
  }

  /** @returns the rest, if it takes longer than a turn of the loop may. */
  #begin(effect: Delivery | Keeping): Job | undefined {
    const { fanOut, logRunner, failed } = this.#options;
    try {
      if (!isKeeping(effect)) return fanOut.carryOut(effect);
      logRunner.carryOut(effect);
    } catch (error) {
      failed(error, effect);
    }
    return undefined;
  }
}

/**
 * The room in which an effect must keep its order; undefined if it may overtake. Messages to a user have a room of
 * their own.
 */
function roomOf(effect: Delivery | Keeping): string | undefined {
  switch (effect.type) {
    case 'append':
      return undefined;
    case 'broadcast':
      return everyoneRoom;
    case 'send':
      return 'room' in effect.frame ? effect.frame.room : undefined;
    case 'sendEach':
      // Not a room: their names have no spaces.
      return `to ${effect.user}`;
    case 'history':
      return effect.page.room;
    case 'joinedAgain':
      return effect.joined.room;
    default:
      return effect.room;
  }
}
