import type { Position } from '../protocol/generated/frames.ts';

/** How many of the latest messages are remembered by sender and id. */
const memory = 512;

/** The part of a message that determines its place. */
export interface Place {
  readonly seq: number;
  readonly prev?: number;
  readonly id?: string;
  readonly from: { readonly id: string };
}

/**
 * The position in a room (PROTOCOL.md, "Order and numbering").
 *
 * A server that was killed may have lost messages that were seen but not acknowledged: then a `prev` is below the
 * position. Their senders send them again; those are not new to this client.
 */
export class Follower {
  position: Position | undefined;
  /** The latest messages, the oldest first. */
  #recent: { readonly seq: number; readonly name: string }[] = [];
  /** The messages that the server has lost, by sender and id. */
  readonly #forgotten = new Set<string>();
  readonly #onForgotten: (after: number) => void;

  /** @param onForgotten called with the number after which messages are gone. */
  constructor(onForgotten: (after: number) => void) {
    this.#onForgotten = onForgotten;
  }

  /** Everything up to here was received, is not wanted, or was reported as missing. */
  set(epoch: string, seq: number): void {
    if (epoch !== this.position?.epoch) this.#forget(0);
    else if (seq < this.position.seq) this.#forget(seq);
    this.position = { epoch, seq };
  }

  /**
   * Classifies a message: `next`, and the position has moved; `again`, the same, but it is not new; `known`; or
   * `missing`: it must not be taken yet, because messages before it are missing.
   */
  take(place: Place): 'next' | 'again' | 'known' | 'missing' {
    const { position } = this;
    const { seq, prev = seq - 1 } = place;
    if (!position || seq <= position.seq) return 'known';
    if (prev > position.seq) return 'missing';
    if (prev < position.seq) this.#forget(prev);
    this.position = { epoch: position.epoch, seq };
    if (place.id === undefined) return 'next';
    const name = `${place.from.id} ${place.id}`;
    this.#recent.push({ seq, name });
    if (this.#recent.length > 2 * memory) this.#recent.splice(0, memory);
    return this.#forgotten.delete(name) ? 'again' : 'next';
  }

  #forget(after: number): void {
    for (const { seq, name } of this.#recent) if (seq > after) this.#forgotten.add(name);
    this.#recent = this.#recent.filter(({ seq }) => seq <= after);
    this.#onForgotten(after);
  }
}
