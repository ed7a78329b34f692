/**
 * Counts the sockets of an edge, those included that never become a WebSocket. Without a free descriptor the kernel
 * accepts nothing more and wakes the loop for it again and again; so an edge has fewer sockets than it may open files.
 */

/** How many sockets an edge may have. */
export interface SocketLimits {
  /** In all. One more is closed at once, without an answer. */
  readonly open: number;
  /** How many of them may be WebSockets; a handshake past that is refused with a reason: that takes a socket, too. */
  readonly webSockets: number;
}

export class Sockets {
  readonly #limits: SocketLimits;
  readonly #onFull: (open: number) => void;
  #open = 0;
  #webSockets = 0;
  /** Somebody was turned away since there was room. */
  #isTold = false;

  /** @param onFull is told when the first one is turned away, and again after there was room. */
  constructor(limits: SocketLimits, onFull: (open: number) => void) {
    this.#limits = limits;
    this.#onFull = onFull;
  }

  /** @returns whether the socket may stay; if not, it is to be closed, and counted as closed. */
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
