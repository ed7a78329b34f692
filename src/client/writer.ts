/**
 * Sends frames in order, and not faster than the server takes them: a refusal with `rate_limited` has no id that would
 * identify the frame, and later frames may pass the refused one.
 */
import type { Limits, Rate } from './api.ts';
import type { Environment } from './environment.ts';
import { HubbubError } from './error.ts';
import type { Encoded } from './wire.ts';

/** One frame to be sent. */
export interface Job extends Encoded {
  /** It must not be sent any more. */
  dropped?: boolean;
  /** It was sent on this connection. */
  sent?: boolean;
  /** Called if it can never be sent. */
  readonly fail?: (error: HubbubError) => void;
}

/** Frames may arrive closer together than they were sent: half of the server's burst is reserved for that. */
const share = 0.5;

export class Writer {
  readonly #environment: Environment;
  #send: ((wire: string | Uint8Array) => void) | undefined;
  #queue: Job[] = [];
  /** What the server takes; undefined before the first connection. */
  limits: Limits | undefined;
  #frames: Pace | undefined;
  #bytes: Pace | undefined;
  #timer: (() => void) | undefined;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get isOpen(): boolean {
    return this.#send !== undefined;
  }

  start(limits: Limits, send: (wire: string | Uint8Array) => void): void {
    const { frames, bytes } = limits;
    this.limits = limits;
    this.#frames = frames && createPace(frames);
    this.#bytes = bytes && createPace(bytes);
    this.#send = send;
  }

  /** Discards all waiting frames. */
  stop(): void {
    this.#send = undefined;
    this.#queue = [];
    this.#timer?.();
    this.#timer = undefined;
  }

  /** Why a frame of this size cannot be sent; undefined if it can, or the limit is unknown. */
  refusal(size: number): HubbubError | undefined {
    const { frame = size } = this.limits ?? {};
    if (size <= frame) return undefined;
    return new HubbubError('frame_too_big', `the frame has ${size} bytes, the server takes ${frame}`);
  }

  /** Does nothing without a connection. */
  push(job: Job): void {
    if (!this.#send) return;
    this.#queue.push(job);
    if (!this.#timer) this.#flush();
  }

  /** Whether a frame would be sent at once. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#timer;
  }

  /** Sends nothing for this time, in milliseconds. */
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

interface Pace {
  /** How long to wait before so much may be sent. */
  wait(amount: number, now: number): number;
  take(amount: number, now: number): void;
}

/** A token bucket, by the time at which it is full again (the generic cell rate algorithm). */
function createPace({ perSecond, burst }: Rate): Pace {
  /** Milliseconds for one token, and for all that go out at once. */
  const interval = 1000 / perSecond;
  const tolerance = burst * share * interval;
  let fullAt = 0;
  return {
    // What is more than all that go out at once needs a full bucket.
    wait: (amount, now) => Math.max(0, fullAt - now + Math.min(0, amount * interval - tolerance)),
    take(amount, now) {
      fullAt = Math.max(now, fullAt) + amount * interval;
    },
  };
}
