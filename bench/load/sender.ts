/** Sends bursts of messages over one connection, each burst in one write. */
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { blankBody, stamp, writeDigits } from './body.ts';
import { textFrame } from './client-frame.ts';
import { microseconds } from './clock.ts';
import type { Connection } from './connection.ts';
import type { ClientDialect } from './dialects.ts';

/** An open loop: a burst every `interval`, whether the last one has arrived or not. */
export interface PacedPlan {
  readonly kind: 'paced';
  /** When the first burst is due, in microseconds. */
  readonly start: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly bursts: number;
}

/** A closed loop: a burst whenever fewer than `window` messages are on their way back to the sender. */
export interface WindowPlan {
  readonly kind: 'window';
  readonly window: number;
  /** Stops after this many messages, or… */
  readonly messages: number;
  /** … after this many milliseconds. */
  readonly duration: number;
}

export type Plan = PacedPlan | WindowPlan;

export interface Sent {
  readonly messages: number;
  /** Bursts that went out more than half an interval, but at least two milliseconds, after they were due. */
  readonly late: number;
}

export interface SenderOptions {
  readonly connection: Connection;
  readonly dialect: ClientDialect;
  /** Which sender this is; its messages carry it. */
  readonly index: number;
  /** Messages in a burst. */
  readonly burst: number;
  /** Bytes of a message's body. */
  readonly messageSize: number;
  /** Whether messages ask for an acknowledgement. */
  readonly ids: boolean;
}

const blankId = '0'.repeat(10);

export class Sender {
  readonly #options: SenderOptions;
  readonly #template: Buffer;
  readonly #frameLength: number;
  readonly #bodyAt: number;
  readonly #idAt: number;
  #number = 0;
  /** The number after the latest of the sender's own messages that has come back. */
  #returned = 0;
  /** Sends what the window has room for, while a closed loop runs. */
  #refill: (() => void) | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
    const { dialect, ids, messageSize, burst } = options;
    const body = blankBody(messageSize);
    const frame = textFrame(dialect.message(body, ids ? blankId : undefined));
    this.#frameLength = frame.length;
    this.#bodyAt = frame.indexOf(body);
    this.#idAt = ids ? findId(frame, this.#bodyAt) : -1;
    this.#template = Buffer.concat(Array.from({ length: burst }, () => frame));
  }

  send(plan: Plan): Promise<Sent> {
    return plan.kind === 'paced' ? this.#pace(plan) : this.#keepUp(plan);
  }

  /** To be told that the sender's own message of this number has come back. */
  returned(number: number): void {
    this.#returned = number + 1;
    this.#refill?.();
  }

  async #pace({ start, interval, bursts }: PacedPlan): Promise<Sent> {
    let late = 0;
    for (let burst = 0; burst < bursts; burst += 1) {
      const due = start + burst * interval * 1000;
      // At least one turn of the loop: bursts that are late still go out one by one.
      await waitUntil(due);
      if (microseconds() - due > Math.max(2000, interval * 500)) late += 1;
      this.#write(due);
    }
    return { messages: bursts * this.#options.burst, late };
  }

  async #keepUp({ window, messages, duration }: WindowPlan): Promise<Sent> {
    const { burst, connection } = this.#options;
    const first = this.#number;
    const last = first + messages;
    const end = microseconds() + duration * 1000;
    this.#returned = first;
    this.#refill = () => {
      while (this.#number < last && this.#number + burst - this.#returned <= window && microseconds() < end) {
        this.#write(microseconds());
      }
    };
    this.#refill();
    while (this.#number < last && microseconds() < end && connection.lost === undefined) await wait(5);
    this.#refill = undefined;
    return { messages: this.#number - first, late: 0 };
  }

  #write(intended: number): void {
    const { burst, connection, index } = this.#options;
    const bytes = Buffer.from(this.#template);
    for (let at = 0, left = burst; left > 0; left -= 1, at += this.#frameLength) {
      stamp(bytes, at + this.#bodyAt, { sender: index, number: this.#number, intended });
      if (this.#idAt >= 0) writeDigits(bytes, at + this.#idAt, blankId.length, this.#number);
      this.#number += 1;
    }
    connection.send(bytes);
  }
}

/** Where the id stands: before the body or after it. */
function findId(frame: Buffer, bodyAt: number): number {
  const before = frame.subarray(0, bodyAt).indexOf(blankId);
  return before >= 0 ? before : frame.lastIndexOf(blankId);
}

async function waitUntil(due: number): Promise<void> {
  const left = (due - microseconds()) / 1000;
  if (left >= 1) await wait(Math.floor(left));
  do await nextTurn();
  while (microseconds() < due);
}
