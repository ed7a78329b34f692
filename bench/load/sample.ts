/** The deliveries to some of the members are decoded: for their latency, and for their order. */
import type { Histogram } from '../statistics.ts';
import { readStamp, type Stamp } from './body.ts';
import { microseconds } from './clock.ts';
import type { ClientDialect } from './dialects.ts';

export interface SampleResult {
  readonly acks: number;
  /** Deliveries that did not follow the one before. */
  readonly disorder: number;
  /** A frame that nobody expected. */
  readonly unexpected: string | undefined;
}

/** One member's view. */
export class Sample {
  readonly #dialect: ClientDialect;
  readonly #latency: Histogram;
  /** The number of the latest message of each sender. */
  readonly #numbers = new Map<number, number>();
  #sequence: number | undefined;
  #acks = 0;
  #disorder = 0;
  #unexpected: string | undefined;

  /** @param latency is given every delivery's time since it was meant to be sent, in microseconds. */
  constructor(dialect: ClientDialect, latency: Histogram) {
    this.#dialect = dialect;
    this.#latency = latency;
  }

  get result(): SampleResult {
    return { acks: this.#acks, disorder: this.#disorder, unexpected: this.#unexpected };
  }

  /** @returns the message's stamp; undefined if it is no message. */
  take(payload: Buffer): Stamp | undefined {
    const stamp = readStamp(payload);
    if (stamp) this.#takeMessage(stamp, this.#readSequence(payload));
    else this.#takeOther(payload.toString());
    return stamp;
  }

  #takeMessage(stamp: Stamp, sequence: number | undefined): void {
    this.#latency.record(microseconds() - stamp.intended);
    const before = this.#numbers.get(stamp.sender) ?? stamp.number - 1;
    this.#numbers.set(stamp.sender, stamp.number);
    const follows = sequence === undefined || this.#sequence === undefined || sequence === this.#sequence + 1;
    this.#sequence = sequence;
    if (stamp.number !== before + 1 || !follows) this.#disorder += 1;
  }

  #takeOther(text: string): void {
    const { ack } = this.#dialect;
    if (ack !== undefined && text.startsWith(ack)) this.#acks += 1;
    else this.#unexpected ??= text.slice(0, 200);
  }

  #readSequence(payload: Buffer): number | undefined {
    const { sequence } = this.#dialect;
    const at = sequence === undefined ? -1 : payload.indexOf(sequence);
    if (sequence === undefined || at < 0) return undefined;
    const digits = payload.toString('latin1', at + sequence.length, at + sequence.length + 16);
    return Number.parseInt(digits, 10);
  }
}
