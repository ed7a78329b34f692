/**
 * Counts the sockets of an edge, including those that never become a WebSocket. Without a free descriptor the kernel
 * accepts nothing and wakes the loop again and again; so an edge has fewer sockets than it may open files.
 */

/** How many sockets an edge may have. */
export interface SocketLimits {
  /** All sockets. Any further one is closed at once, without an answer. */
  readonly open: number;
  /** How many may be WebSockets; further handshakes are refused with a reason, which takes a socket, too. */
  readonly webSockets: number;
}

export class Sockets {
  readonly #limits: SocketLimits;
  readonly #onFull: (open: number) => void;
  #open = 0;
  #webSockets = 0;
  /** Whether a refusal was reported since there was last room. */
  #isTold = false;

  /** @param onFull is called when the first socket is refused, and again after there was room. */
  constructor(limits: SocketLimits, onFull: (open: number) => void) {
    this.#limits = limits;
    this.#onFull = onFull;
  }

  /** @returns whether the socket may stay; if not, close it, and count it as closed. */
  opened(): boolean {
    this.#open += 1;
    return this.#open <= this.#limits.open || this.#turnAway();
  }

  closed(): void {
    this.#open -= 1;
    const { open, webSockets } = this.#limits;
    if (this.#open < open && this.#webSockets < webSockets) this.#isTold = false;
  }

  /** @returns whether a socket may become a WebSocket. */
  mayUpgrade(): boolean {
    return this.#webSockets < this.#limits.webSockets || this.#turnAway();
  }

  upgraded(): void {
    this.#webSockets += 1;
  }

  webSocketClosed(): void {
    this.#webSockets -= 1;
    this.closed();
  }

  #turnAway(): false {
    if (!this.#isTold) this.#onFull(this.#open);
    this.#isTold = true;
    return false;
  }
}
