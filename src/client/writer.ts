/**
 * What goes out, in order, and not faster than the server takes it: a frame that is refused for its rate has no id that
 * would tell which one it was, and those after it may pass it.
 */
import type { ServerWelcome } from '../protocol/generated/frames.ts';
import type { Environment } from './environment.ts';
import { HubbubError } from './error.ts';
import type { Encoded } from './wire.ts';

/** One frame to be sent. */
export interface Job extends Encoded {
  /** It is not to be sent any more. */
  dropped?: boolean;
  /** It went out on this connection. */
  sent?: boolean;
  /** It can never be sent. */
  readonly fail?: (error: HubbubError) => void;
}

/** Frames may reach the server closer together than they went out: half of what it takes at once is left for that. */
const share = 0.5;

type Rate = { readonly perSecond: number; readonly burst: number };

export class Writer {
  readonly #environment: Environment;
  #send: ((wire: string | Uint8Array) => void) | undefined;
  #queue: Job[] = [];
  #limit = Number.POSITIVE_INFINITY;
  #frames: Pace | undefined;
  #bytes: Pace | undefined;
  #timer: (() => void) | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get isOpen(): boolean {
    return this.#send !== undefined;
  }

  start({ frame, frames, bytes }: ServerWelcome['limits'], send: (wire: string | Uint8Array) => void): void {
    this.#limit = frame;
    this.#frames = frames && new Pace(frames);
    this.#bytes = bytes && new Pace(bytes);
    this.#send = send;
  }

  /** What is waiting is forgotten. */
  stop(): void {
    this.#send = undefined;
    this.#queue = [];
    this.#timer?.();
    this.#timer = undefined;
  }

  /** What is wrong with a frame of this size, as far as that is known. */
  refusal(size: number): HubbubError | undefined {
    if (size <= this.#limit) return undefined;
    return new HubbubError('frame_too_big', `the frame has ${size} bytes, the server takes ${this.#limit}`);
  }

  /** Does nothing without a connection. */
  push(job: Job): void {
    if (!this.#send) return;
    this.#queue.push(job);
    if (!this.#timer) this.#flush();
  }

  /** Whether something would go out at once. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#timer;
  }

  /** Sends nothing for so long. */
  pause(delay: number): void {
    this.#timer?.();
    this.#timer = this.#environment.after(delay, () => this.#flush());
  }

  #flush(): void {
    this.#timer = undefined;
    for (let job = this.#queue[0]; job && this.#send; job = this.#queue[0]) {
      const { wire, size, dropped, fail } = job;
      const refusal = this.refusal(size);
      const now = this.#environment.now();
      const wait = Math.max(this.#frames?.wait(1, now) ?? 0, this.#bytes?.wait(size, now) ?? 0);
      if (wait > 0) return this.pause(wait);
      this.#queue.shift();
      if (dropped) continue;
      if (refusal) {
        fail?.(refusal);
        continue;
      }
      this.#frames?.take(1, now);
      this.#bytes?.take(size, now);
      job.sent = true;
      this.#send(wire);
    }
  }
}

/** A token bucket, by the time at which it is full again (the generic cell rate algorithm). */
class Pace {
  /** Milliseconds for one token, and for all that go out at once. */
  readonly #interval: number;
  readonly #tolerance: number;
  #fullAt = 0;

  constructor({ perSecond, burst }: Rate) {
    this.#interval = 1000 / perSecond;
    this.#tolerance = burst * share * this.#interval;
  }

  /** What is more than all that go out at once needs a full bucket. */
  wait(amount: number, now: number): number {
    return Math.max(0, this.#fullAt - now + Math.min(0, amount * this.#interval - this.#tolerance));
  }

  take(amount: number, now: number): void {
    this.#fullAt = Math.max(now, this.#fullAt) + amount * this.#interval;
  }
}
