/** The usage of plain HTTP by address: requests, and unread bytes of answers. */
import { type Rate, TokenBucket } from '../session/rate-limit.ts';

export interface HttpClient {
  /** undefined: no limit. */
  readonly requests: TokenBucket | undefined;
  /** Bytes of answers that are on the way to it. */
  unread: number;
}

/** How many addresses are remembered. */
const remembered = 10_000;

export class HttpClients {
  readonly #rate: Rate | undefined;
  readonly #capacity: number;
  /** The one that was idle for the longest time comes first. */
  readonly #clients = new Map<string, HttpClient>();

  constructor(rate: Rate | undefined, capacity = remembered) {
    this.#rate = rate;
    this.#capacity = capacity;
  }

  /** @param key of the address. */
  get(key: string, now: number): HttpClient {
    const found = this.#clients.get(key);
    const client = found ?? { requests: this.#rate && new TokenBucket(this.#rate, now), unread: 0 };
    if (found) this.#clients.delete(key);
    else this.#makeRoom();
    this.#clients.set(key, client);
    return client;
  }

  get size(): number {
    return this.#clients.size;
  }

  #makeRoom(): void {
    const [oldest] = this.#clients.size < this.#capacity ? [] : this.#clients.keys();
    if (oldest !== undefined) this.#clients.delete(oldest);
  }
}
