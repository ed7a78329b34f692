/**
 * A WebSocket of the portable edge. `ws` reads from it and does the closing handshake; messages are written to the TCP
 * socket as complete frames, so that all receivers share one frame.
 */
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Wire } from '../../protocol/dialect.ts';
import type { Peer, PeerSocket } from '../peers.ts';
import { messageFrame } from './frame.ts';
import type { Topics } from './topics.ts';

export interface SocketEvents {
  /** The system has taken some of the unsent data. */
  readonly drained: (socket: PortableSocket) => void;
  /** It is closing: no further messages are taken. */
  readonly ended: (socket: PortableSocket, code: number, reason: string) => void;
}

export class PortableSocket implements PeerSocket {
  readonly peer: Peer<PortableSocket>;
  readonly topics = new Set<string>();
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #topics: Topics;
  readonly #events: SocketEvents;
  /** One callback for all writes: Node counts repeated ones instead of keeping each. */
  readonly #written: (error?: Error | null) => void;
  #isCorked = false;
  /** Whether the system has not taken all data. */
  #isBehind = false;
  #isEnded = false;
  /** The received bytes at the last check, and the time of the last received data. */
  #bytesRead = 0;
  #heardAt: number;
  #isPinged = false;

  /** @param now on the clock of `isSilent`. */
  constructor(
    peer: Peer<PortableSocket>,
    webSocket: WebSocket,
    socket: Socket,
    topics: Topics,
    events: SocketEvents,
    now: number,
  ) {
    this.peer = peer;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#topics = topics;
    this.#events = events;
    this.#heardAt = now;
    this.#written = (error) => {
      if (this.#isBehind && !error && !this.#isEnded) events.drained(this);
    };
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  send(wire: Wire): void {
    this.write(messageFrame(wire));
  }

  /** All writes of one turn of the loop go out together anyway. */
  cork(send: () => void): void {
    send();
  }

  /** @param frame must not be changed any more. */
  write(frame: Buffer): void {
    if (this.#isEnded) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      this.#topics.flushSoon(this);
    }
    this.#socket.write(frame, this.#written);
  }

  /** Writes out everything that waits for the end of the turn. */
  flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }

  getBufferedAmount(): number {
    this.flush();
    const { writableLength } = this.#socket;
    this.#isBehind = writableLength > 0;
    return writableLength;
  }

  end(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.flush();
    this.ended(code, reason);
    this.#webSocket.close(code, reason);
    // A client that never answers the close frame sees the end of the stream after it.
    this.#socket.end();
  }

  /** Call it when the socket has closed. */
  ended(code: number, reason: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#events.ended(this, code, reason);
  }

  /** Drops the connection with its unsent data. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  subscribe(topic: string): void {
    if (!this.#isEnded) this.#topics.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#topics.unsubscribe(this, topic);
  }

  isSubscribed(topic: string): boolean {
    return this.topics.has(topic);
  }

  getTopics(): string[] {
    return [...this.topics];
  }

  /** Whether nothing has arrived for `timeout`. At half of that it sends a ping (RFC 6455, section 5.5.2). */
  isSilent(now: number, timeout: number): boolean {
    const { bytesRead } = this.#socket;
    if (bytesRead !== this.#bytesRead) {
      this.#bytesRead = bytesRead;
      this.#heardAt = now;
      this.#isPinged = false;
    } else if (!this.#isPinged && !this.#isEnded && now - this.#heardAt >= timeout / 2) {
      this.#isPinged = true;
      this.#webSocket.ping();
    }
    return now - this.#heardAt >= timeout;
  }
}
