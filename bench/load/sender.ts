/** Sends bursts of messages over one connection, each burst in one write. */
import { blankBody, stamp, writeDigits } from './body.ts';
import { binaryFrame, textFrame } from './client-frame.ts';
import { microseconds } from './clock.ts';
import type { ClientDialect } from './dialect.ts';
import type { Member } from './member.ts';

export interface SenderOptions {
  readonly member: Member;
  readonly dialect: ClientDialect;
  /** The index among the room's senders, which its messages carry. */
  readonly index: number;
  /** Messages in a burst. */
  readonly burst: number;
  /** Bytes of a message's body. */
  readonly messageSize: number;
  /** Whether messages ask for an acknowledgement. */
  readonly ids: boolean;
  /** The number of its first message, after those that the same member has sent before. */
  readonly first: number;
}

/** Short enough that an id with one more digit is a 32-bit number. */
const blankId = '0'.repeat(9);

export class Sender {
  readonly #options: SenderOptions;
  readonly #template: Buffer;
  readonly #frameLength: number;
  readonly #bodyAt: number;
  readonly #idAt: number;
  #number: number;
  /** When each burst since the mark was meant to be sent, in microseconds. */
  #intended: number[] = [];
  /** How many messages since the mark have come back. */
  #returned = 0;
  /** Fills the window, while a closed loop runs. */
  #refill: (() => void) | undefined;
  #mostMessages = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#number = options.first;
    const { member, dialect, ids, messageSize, burst } = options;
    const body = blankBody(messageSize);
    const message = dialect.message(body, ids ? blankId : undefined, member.room);
    const frame = dialect.isBinary ? binaryFrame(message) : textFrame(message);
    this.#frameLength = frame.length;
    this.#bodyAt = frame.indexOf(body);
    this.#idAt = ids ? findId(frame, this.#bodyAt, body.length) : -1;
    this.#template = Buffer.concat(Array.from({ length: burst }, () => frame));
  }

  get index(): number {
    return this.#options.index;
  }

  /** The number of its next message. */
  get number(): number {
    return this.#number;
  }

  /** Whether a message counts as back when it is acknowledged; otherwise when the sender's own copy arrives. */
  get hasAcks(): boolean {
    return this.#options.ids && this.#options.dialect.ack !== undefined;
  }

  /** Counts from here on. */
  mark(): void {
    this.#intended = [];
    this.#returned = 0;
  }

  /** How many messages were sent since the mark. */
  get sent(): number {
    return this.#intended.length * this.#options.burst;
  }

  /** The next of the sender's messages has come back. @returns when it was meant to be sent. */
  returned(): number {
    const intended = this.#intended[Math.floor(this.#returned / this.#options.burst)] ?? Number.NaN;
    this.#returned += 1;
    this.#refill?.();
    return intended;
  }

  /** Keeps a closed loop going until `messages` were sent since the mark, or until `end`, in microseconds. */
  keepUp(window: number, messages: number, end: number): void {
    const { burst } = this.#options;
    this.#mostMessages = messages;
    this.#refill = () => {
      while (this.isKeepingUp && this.sent + burst - this.#returned <= window && microseconds() < end) {
        this.write(microseconds());
      }
    };
    this.#refill();
  }

  /** Whether there are more messages to be sent by the closed loop. */
  get isKeepingUp(): boolean {
    return this.sent < this.#mostMessages && this.#options.member.lost === undefined;
  }

  stop(): void {
    this.#refill = undefined;
  }

  /** Sends a burst. */
  write(intended: number): void {
    const { burst, index, member } = this.#options;
    const bytes = Buffer.from(this.#template);
    for (let at = 0, left = burst; left > 0; left -= 1, at += this.#frameLength) {
      stamp(bytes, at + this.#bodyAt, { sender: index, number: this.#number, intended });
      if (this.#idAt >= 0) writeDigits(bytes, at + this.#idAt, blankId.length, this.#number);
      this.#number += 1;
    }
    this.#intended.push(intended);
    member.send(bytes);
  }
}

/** The position of the id, before the body or after it; -1 if a dialect has none. */
function findId(frame: Buffer, bodyAt: number, bodyLength: number): number {
  const before = frame.subarray(0, bodyAt).indexOf(blankId);
  return before >= 0 ? before : frame.indexOf(blankId, bodyAt + bodyLength);
}
