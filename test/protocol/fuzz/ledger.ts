/** The common knowledge of all fuzzers about kept messages, which no later frame may contradict. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Position, ServerAck } from '../../../src/protocol/generated/frames.ts';

/** The configured number of a room's latest messages whose ids are remembered. */
const rememberedIds = 1000;

export class Ledger {
  /** The latest position that any of them has seen, by room. */
  readonly positions = new Map<string, Position>();
  readonly #messages = new Map<string, string>();
  readonly #acks = new Map<string, Map<number, number>>();

  /** A message, as text or bytes: it must be the same whenever and wherever it arrives. */
  see(room: string, { epoch, seq }: Position, data: string | Uint8Array): void {
    const key = JSON.stringify([room, epoch, seq]);
    const digest = createHash('sha1').update(data).digest('base64');
    assert.equal(this.#messages.get(key) ?? digest, digest, `${key} was another message before`);
    this.#messages.set(key, digest);
    const known = this.positions.get(room);
    if (!known || known.epoch !== epoch || known.seq < seq) this.positions.set(room, { epoch, seq });
  }

  /**
   * A user's message in a room is the only one with its id, as long as ids are remembered.
   * @returns whether it had been acknowledged before.
   */
  acknowledge(user: string, { room, epoch, id, seq = 0, at }: ServerAck): boolean {
    const key = JSON.stringify([user, room, epoch, id]);
    const known = this.#acks.get(key) ?? new Map<number, number>();
    for (const [other, otherAt] of known) {
      if (other === seq) assert.equal(at, otherAt, `the time of ${key}, ${seq}`);
      else assert.ok(Math.abs(other - seq) > rememberedIds, `${key} is both ${other} and ${seq}`);
    }
    const isRepeat = known.has(seq);
    this.#acks.set(key, known.set(seq, at));
    return isRepeat;
  }
}
