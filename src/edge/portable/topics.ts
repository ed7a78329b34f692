/** The subscribers of each topic, and the sockets with writes in this turn of the loop. */
import { type Failed, guarded } from '../../observe/guard.ts';
import type { Wire } from '../../protocol/dialect.ts';
import { messageFrame } from './frame.ts';
import type { PortableSocket } from './socket.ts';

export class Topics {
  readonly #subscribers = new Map<string, Set<PortableSocket>>();
  readonly #flush: () => void;
  #written: PortableSocket[] = [];

  constructor(failed: Failed) {
    this.#flush = guarded('what was written in a turn cannot be sent', failed, () => {
      const sockets = this.#written;
      this.#written = [];
      for (const socket of sockets) socket.flush();
    });
  }

  subscribe(socket: PortableSocket, topic: string): void {
    socket.topics.add(topic);
    const subscribers = this.#subscribers.get(topic);
    if (subscribers) subscribers.add(socket);
    else this.#subscribers.set(topic, new Set([socket]));
  }

  unsubscribe(socket: PortableSocket, topic: string): void {
    socket.topics.delete(topic);
    const subscribers = this.#subscribers.get(topic);
    if (subscribers?.delete(socket) && subscribers.size === 0) this.#subscribers.delete(topic);
  }

  /** Sends to all subscribers except `except`; they share one frame. */
  publish(topic: string, wire: Wire, except: PortableSocket | undefined): void {
    const subscribers = this.#subscribers.get(topic);
    if (!subscribers) return;
    const frame = messageFrame(wire);
    for (const socket of subscribers) if (socket !== except) socket.write(frame);
  }

  count(topic: string): number {
    return this.#subscribers.get(topic)?.size ?? 0;
  }

  /** Flushes at the end of the turn, so that many messages for a socket are one write. */
  flushSoon(socket: PortableSocket): void {
    if (this.#written.push(socket) === 1) setImmediate(this.#flush);
  }
}
