/**
 * The latest ids of a room, and which entries have them. An id takes 32 bytes, so that thousands of rooms can each
 * remember a thousand: only hashes of 53 bits are kept. A new id collides with one of a thousand once in 10^13
 * look-ups, and a collision cannot be provoked without knowing the seed.
 *
 * A ring, chained by hash, newest first. Nothing is ever removed from a chain: it ends at the first slot that was
 * reused, because everything older is gone from the ring as well.
 */
import type { IdWindow } from './port.ts';

/** The part of an entry that is remembered. */
export interface Recalled {
  readonly seq: number;
  readonly at: number;
  /** The position of the entry in the room, counted from 1. */
  readonly ordinal: number;
}

const none = -1;
const firstCapacity = 16;
/** The numbers of a slot. */
const fields = { hash: 0, seq: 1, at: 2, ordinal: 3 } as const;
const width = 4;

export class RecentIds {
  readonly #window: IdWindow;
  readonly #seed: number;
  #capacity: number;
  #added = 0;
  #slots: Float64Array;
  /** The slot before, in the same bucket. */
  #older: Int32Array;
  /** The latest slot of each bucket. */
  #buckets: Int32Array;
  /** The last hash: a new id is looked up first, and then added. */
  #lastUser = '';
  #lastId = '';
  #lastHash: number;

  constructor(window: IdWindow, seed: number) {
    this.#window = window;
    this.#seed = seed;
    this.#lastHash = hash('', '', seed);
    this.#capacity = Math.min(firstCapacity, window.count);
    this.#slots = new Float64Array(this.#capacity * width);
    this.#older = new Int32Array(this.#capacity);
    this.#buckets = new Int32Array(this.#capacity).fill(none);
  }

  /** Entries are added in the order of the log. */
  add(user: string, id: string, { seq, at, ordinal }: Recalled): void {
    if (this.#window.count > 0) this.#put(this.#hash(user, id), seq, at, ordinal);
  }

  /** @param ordinal that of the room's latest entry. */
  find(user: string, id: string, now: number, ordinal: number): Recalled | undefined {
    const wanted = this.#hash(user, id);
    const bucket = wanted % this.#capacity;
    let newer = Number.POSITIVE_INFINITY;
    for (let slot = this.#buckets[bucket] ?? none; slot !== none; slot = this.#older[slot] ?? none) {
      const own = this.#get(slot, 'hash');
      const found = this.#get(slot, 'ordinal');
      if (found >= newer || found <= ordinal - this.#window.count || own % this.#capacity !== bucket) return undefined;
      if (own === wanted) {
        const at = this.#get(slot, 'at');
        return now - at <= this.#window.time ? { seq: this.#get(slot, 'seq'), at, ordinal: found } : undefined;
      }
      newer = found;
    }
    return undefined;
  }

  #hash(user: string, id: string): number {
    if (user !== this.#lastUser || id !== this.#lastId) {
      this.#lastUser = user;
      this.#lastId = id;
      this.#lastHash = hash(user, id, this.#seed);
    }
    return this.#lastHash;
  }

  #get(slot: number, field: keyof typeof fields): number {
    return this.#slots[slot * width + fields[field]] ?? 0;
  }

  #put(hash: number, seq: number, at: number, ordinal: number): void {
    if (this.#added === this.#capacity && this.#capacity < this.#window.count) this.#grow();
    const slot = this.#added % this.#capacity;
    const bucket = hash % this.#capacity;
    this.#added += 1;
    this.#slots[slot * width + fields.hash] = hash;
    this.#slots[slot * width + fields.seq] = seq;
    this.#slots[slot * width + fields.at] = at;
    this.#slots[slot * width + fields.ordinal] = ordinal;
    this.#older[slot] = this.#buckets[bucket] ?? none;
    this.#buckets[bucket] = slot;
  }

  /** Only while no slot has been used twice. */
  #grow(): void {
    const before = this.#slots;
    this.#capacity = Math.min(this.#capacity * 2, this.#window.count);
    this.#slots = new Float64Array(this.#capacity * width);
    this.#older = new Int32Array(this.#capacity);
    this.#buckets = new Int32Array(this.#capacity).fill(none);
    this.#added = 0;
    for (let slot = 0; slot < before.length; slot += width) {
      const [hash = 0, seq = 0, at = 0, ordinal = 0] = before.subarray(slot, slot + width);
      this.#put(hash, seq, at, ordinal);
    }
  }
}

/** Two lanes of 32 bits over the UTF-16 code units, mixed into 53. */
function hash(user: string, id: string, seed: number): number {
  let left = 0xdeadbeef ^ seed;
  let right = 0x41c6ce57 ^ seed;
  const take = (code: number) => {
    left = Math.imul(left ^ code, 0x9e3779b1);
    right = Math.imul(right ^ code, 0x5f356495);
  };
  for (let at = 0; at < user.length; at += 1) take(user.charCodeAt(at));
  take(0x10000);
  for (let at = 0; at < id.length; at += 1) take(id.charCodeAt(at));
  left = Math.imul(left ^ (left >>> 16), 0x85ebca6b) ^ Math.imul(right ^ (right >>> 13), 0xc2b2ae35);
  right = Math.imul(right ^ (right >>> 16), 0x85ebca6b) ^ Math.imul(left ^ (left >>> 13), 0xc2b2ae35);
  return (right & 0x1fffff) * 0x1_0000_0000 + (left >>> 0);
}
