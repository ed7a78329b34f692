/** A member that does not read for a while. */
import { setTimeout as wait } from 'node:timers/promises';
import { Histogram } from '../statistics.ts';
import type { Woken } from './calls.ts';
import { Member, type MemberOptions } from './member.ts';
import { Sample } from './sample.ts';

/** How often to check for messages, in milliseconds. */
const lookEvery = 20;

/** After this silence no more messages are expected, in milliseconds. */
const silence = 1000;

export class Sleeper {
  readonly #member: Member;
  readonly #sample: Sample;

  private constructor(member: Member, sample: Sample) {
    this.#member = member;
    this.#sample = sample;
  }

  /** Becomes a member, and stops reading. */
  static async open(options: MemberOptions): Promise<Sleeper> {
    const member = await Member.open(options);
    const sample = new Sample(options.dialect, new Histogram());
    member.mark(sample, (payload) => sample.take(payload));
    member.stall();
    return new Sleeper(member, sample);
  }

  /**
   * Reads again; if the connection ends after the buffered messages, the member comes back.
   *
   * @param messages how many there were in the meantime.
   * @param patience gives up after this time, in milliseconds.
   */
  async wake(messages: number, patience: number): Promise<Woken> {
    const end = performance.now() + patience;
    const isOver = () => this.#sample.messages >= messages || performance.now() > end;
    this.#member.wake();
    await this.#quiet(() => isOver() || this.#member.lost !== undefined);
    const kept = this.#sample.messages;
    const reason = this.#member.lost;
    if (reason !== undefined) {
      await this.#member.comeBack();
      await this.#quiet(isOver);
    }
    const { messages: received } = this.#sample;
    return { kept, end: reason, received, disorder: this.#sample.result.disorder };
  }

  /** Waits for the end, or until nothing has arrived for a while. */
  async #quiet(isOver: () => boolean): Promise<void> {
    let latest = performance.now();
    for (let before = -1; !isOver() && performance.now() - latest < silence; await wait(lookEvery)) {
      if (this.#sample.messages !== before) latest = performance.now();
      before = this.#sample.messages;
    }
  }
}
