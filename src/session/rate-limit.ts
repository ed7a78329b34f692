/** A rate limit: an average per second, and a burst. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket: it holds `burst` tokens, and fills at `perSecond`. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledAt: number;

  /** @param now on the monotonic clock, in milliseconds. */
  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = now;
  }

  /** How many milliseconds it takes until `amount` tokens are there; 0 if they are there now. */
  wait(amount: number, now: number): number {
    const { perSecond, burst } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
    const missing = Math.min(amount, burst) - this.#tokens;
    return missing <= 0 ? 0 : Math.ceil((missing * 1000) / perSecond);
  }

  take(amount: number): void {
    this.#tokens -= amount;
  }
}

export interface RateLimits {
  /** undefined: no limit. */
  readonly frames: Rate | undefined;
  /** Bytes of payload; undefined: no limit. */
  readonly bytes: Rate | undefined;
}

/** How many refused frames a client may have if there is no limit on frames. */
const defaultPatience: Rate = { perSecond: 100, burst: 500 };

/** The rate limits of one connection. A client is flooding once as many frames were refused as it may send. */
export class RateLimit {
  readonly #frames: TokenBucket | undefined;
  readonly #bytes: TokenBucket | undefined;
  /** The remaining patience with refused frames. */
  readonly #patience: TokenBucket;
  #isFlooding = false;

  constructor({ frames, bytes }: RateLimits, now: number) {
    this.#frames = frames && new TokenBucket(frames, now);
    this.#bytes = bytes && new TokenBucket(bytes, now);
    this.#patience = new TokenBucket(frames ?? defaultPatience, now);
  }

  /** @returns 0 if the frame may pass; otherwise how many milliseconds to wait before the next one. */
  admit(bytes: number, now: number): number {
    const wait = Math.max(this.#frames?.wait(1, now) ?? 0, this.#bytes?.wait(bytes, now) ?? 0);
    if (wait > 0) {
      this.refuse(now);
      return wait;
    }
    this.#frames?.take(1);
    this.#bytes?.take(bytes);
    return 0;
  }

  /** Counts a frame that is refused for another reason. */
  refuse(now: number): void {
    this.#isFlooding = this.#patience.wait(1, now) > 0;
    this.#patience.take(1);
  }

  get flooding(): boolean {
    return this.#isFlooding;
  }
}
