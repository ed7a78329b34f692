import type { Decoded, Received } from '../protocol/dialect.ts';

/** What came from a connection and is not carried out yet, in the order in which it came. */
export type Item =
  /** A WebSocket message; `data` is a copy. */
  | { readonly data: Received; readonly isBinary: boolean }
  /** The rest of one that was begun. */
  | { readonly rest: Iterator<Decoded> }
  /** A frame past the rate, which is refused in its turn. */
  | { readonly retry: number }
  /** Something else that comes in this order: its opening, a room it is put into, its end. */
  | { readonly task: () => void };

/** What an item takes besides its bytes, in bytes. */
const overhead = 200;

/** How much all inboxes of a server hold together. */
export interface InboxTotal {
  bytes: number;
}

/** How many bytes may wait in one, and in all; past the second, those with more than a small part of it take nothing. */
export interface InboxLimits {
  readonly own: number;
  readonly all: number;
}

const smallPart = 64 * 1024;

export class Inbox {
  readonly #total: InboxTotal;
  readonly #items: (Item | undefined)[] = [];
  /** Where the first of the items is. */
  #first = 0;
  #bytes = 0;

  constructor(total: InboxTotal) {
    this.#total = total;
  }

  get isEmpty(): boolean {
    return this.#first === this.#items.length;
  }

  /** How long the first is, in bytes. */
  get next(): number {
    const item = this.#items[this.#first];
    return item && 'data' in item ? item.data.byteLength : 0;
  }

  hasSpace(bytes: number, { own, all }: InboxLimits): boolean {
    if (this.#bytes + bytes > own) return false;
    return this.#total.bytes + bytes <= all || this.#bytes + bytes <= smallPart;
  }

  push(item: Item): void {
    this.#count(sizeOf(item));
    this.#items.push(item);
  }

  /** Puts back what was begun and is to be gone on with. */
  unshift(item: Item): void {
    this.#count(sizeOf(item));
    if (this.#first === 0) this.#items.unshift(item);
    else {
      this.#first -= 1;
      this.#items[this.#first] = item;
    }
  }

  shift(): Item | undefined {
    const item = this.#items[this.#first];
    if (!item) return undefined;
    this.#items[this.#first] = undefined;
    this.#first += 1;
    if (this.isEmpty) this.#empty();
    this.#count(-sizeOf(item));
    return item;
  }

  clear(): void {
    this.#count(-this.#bytes);
    this.#empty();
  }

  #empty(): void {
    this.#items.length = 0;
    this.#first = 0;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }
}

function sizeOf(item: Item): number {
  return overhead + ('data' in item ? item.data.byteLength : 0);
}
