/** Decodes the deliveries to some of the members, for latency and order. */
import type { Histogram } from '../statistics.ts';
import { readStamp, type Stamp } from './body.ts';
import { microseconds } from './clock.ts';
import type { ClientDialect } from './dialect.ts';

export interface SampleResult {
  /** Deliveries out of order. */
  readonly disorder: number;
  /** An unexpected frame. */
  readonly unexpected: string | undefined;
}

/** One member's view. */
export class Sample {
  /** Messages so far. */
  messages = 0;
  readonly #dialect: ClientDialect;
  readonly #latency: Histogram;
  /** The number of the latest message of each sender. */
  readonly #numbers = new Map<number, number>();
  #sequence: number | undefined;
  #disorder = 0;
  #unexpected: string | undefined;

  /**
   * @param latency records the time since each message was due to be sent, in microseconds.
   * @param before the same member's view until now.
   */
  constructor(dialect: ClientDialect, latency: Histogram, before?: Sample) {
    this.#dialect = dialect;
    this.#latency = latency;
    this.#sequence = before?.sequence;
  }

  /** The server's number of the latest message; undefined if it gives none. */
  get sequence(): number | undefined {
    return this.#sequence;
  }

  /** From here on messages may be missing. */
  forget(): void {
    this.#numbers.clear();
    this.#sequence = undefined;
  }

  get result(): SampleResult {
    return { disorder: this.#disorder, unexpected: this.#unexpected };
  }

  /** @returns the stamp of a message, or that it is an acknowledgement. */
  take(payload: Buffer): Stamp | 'ack' | undefined {
    const stamp = readStamp(payload);
    if (stamp) this.#takeMessage(stamp, this.#readSequence(payload));
    else if (this.#isAck(payload)) return 'ack';
    else this.#unexpected ??= payload.toString().slice(0, 200);
    return stamp;
  }

  #takeMessage(stamp: Stamp, sequence: number | undefined): void {
    this.messages += 1;
    this.#latency.record(microseconds() - stamp.intended);
    const before = this.#numbers.get(stamp.sender) ?? stamp.number - 1;
    this.#numbers.set(stamp.sender, stamp.number);
    const follows = sequence === undefined || this.#sequence === undefined || sequence === this.#sequence + 1;
    this.#sequence = sequence;
    if (stamp.number !== before + 1 || !follows) this.#disorder += 1;
  }

  #isAck(payload: Buffer): boolean {
    const { ack } = this.#dialect;
    return ack?.(payload) ?? false;
  }

  #readSequence(payload: Buffer): number | undefined {
    const { sequence } = this.#dialect;
    const at = sequence === undefined ? -1 : payload.indexOf(sequence);
    if (sequence === undefined || at < 0) return undefined;
    const digits = payload.toString('latin1', at + sequence.length, at + sequence.length + 16);
    return Number.parseInt(digits, 10);
  }
}
