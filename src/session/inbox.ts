import type { Decoded, Received } from '../protocol/dialect.ts';

/** Something from a connection that is not carried out yet. */
export type Item =
  /** A WebSocket message; `data` is a copy. */
  | { readonly data: Received; readonly isBinary: boolean }
  /** The rest of a message that was begun. */
  | { readonly rest: Iterator<Decoded> }
  /** A frame above the rate limit, which is refused in its turn. */
  | { readonly retry: number }
  /** Another task in the same order: opening the connection, joining a room, ending it. */
  | { readonly task: () => void };

/** Memory that an item takes besides its bytes, in bytes. */
const overhead = 200;

/** The total of all inboxes of a server. */
export interface InboxTotal {
  bytes: number;
}

/**
 * How many bytes may wait in one inbox, and in all; above the total, inboxes with more than a small share take nothing.
 */
export interface InboxLimits {
  readonly own: number;
  readonly all: number;
}

const smallPart = 64 * 1024;

export class Inbox {
  readonly #total: InboxTotal;
  readonly #items: Item[] = [];
  #bytes = 0;

  constructor(total: InboxTotal) {
    this.#total = total;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  /** The length of the first item, in bytes. */
  get next(): number {
    const [item] = this.#items;
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

  /** Puts back an item that is not finished. */
  unshift(item: Item): void {
    this.#count(sizeOf(item));
    this.#items.unshift(item);
  }

  shift(): Item | undefined {
    const item = this.#items.shift();
    if (item) this.#count(-sizeOf(item));
    return item;
  }

  clear(): void {
    this.#count(-this.#bytes);
    this.#items.length = 0;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }
}

function sizeOf(item: Item): number {
  return overhead + ('data' in item ? item.data.byteLength : 0);
}
