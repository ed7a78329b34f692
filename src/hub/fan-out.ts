/** Carries out effects on the edge: a frame for many is encoded once per dialect that has receivers, and handed over once. */
import type { Codecs } from '../protocol/codecs.ts';
import type { Dialect, Stored, Wire } from '../protocol/dialect.ts';
import type { ServerFrame } from '../protocol/generated/frames.ts';
import type { EdgePort } from './edge-port.ts';
import type { Delivery } from './effects.ts';
import type { ConnectionId } from './user.ts';
import type { Work } from './work.ts';

/** The connections in one room that speak one dialect. */
interface Audience {
  readonly dialect: Dialect;
  readonly topic: string;
  subscribers: number;
}

/** A connection, as those need it who send it something. */
export interface Receiver {
  /** Encodes and sends a frame for this connection alone. */
  deliver(frame: ServerFrame): void;
  /** Writes a message that was kept. @throws Error if it is none. */
  encodeStored(stored: Stored): Wire;
  /** Sends what was written in that way, all at once. */
  deliverAll(wires: readonly Wire[]): void;
}

/** The topic of everyone who speaks a dialect. No room's topic looks like it: those have a colon. */
export function everyone(dialect: Dialect): string {
  return `*${dialect}`;
}

export class FanOut {
  readonly #edge: EdgePort;
  readonly #codecs: Codecs;
  readonly #find: (connection: ConnectionId) => Receiver | undefined;
  readonly #work: Work;
  /** How many messages went to rooms, and to how many connections. */
  readonly sent = { messages: 0, deliveries: 0 };
  /** Per room the audiences that are not empty. */
  readonly #rooms = new Map<string, Audience[]>();

  /** @param find the connection of this name; undefined if it is gone. */
  constructor(edge: EdgePort, codecs: Codecs, find: (connection: ConnectionId) => Receiver | undefined, work: Work) {
    this.#edge = edge;
    this.#codecs = codecs;
    this.#find = find;
    this.#work = work;
  }

  /** How many rooms have subscribers. */
  get size(): number {
    return this.#rooms.size;
  }

  carryOut(effect: Delivery): void {
    switch (effect.type) {
      case 'send':
        this.#find(effect.connection)?.deliver(effect.frame);
        return;
      case 'publish':
      case 'signal':
        return this.#publish(effect);
      case 'broadcast':
        for (const dialect of ['json', 'text'] as const) {
          this.#edge.publish(everyone(dialect), this.#codecs.encode(dialect, effect.frame));
        }
        return;
      case 'subscribe':
        return this.#subscribe(effect.connection, effect.dialect, effect.room);
      case 'unsubscribe':
        return this.#unsubscribe(effect.connection, effect.dialect, effect.room);
    }
  }

  #publish(effect: Extract<Delivery, { type: 'publish' | 'signal' }>): void {
    const isMessage = effect.frame.type === 'message';
    if (isMessage) this.sent.messages += 1;
    for (const { topic, dialect, subscribers } of this.#rooms.get(effect.room) ?? []) {
      const wire = this.#codecs.encode(dialect, effect.frame);
      if (wire.length === 0) continue;
      if (isMessage) this.sent.deliveries += subscribers;
      this.#work.delivered += subscribers * wire.length;
      if (effect.type === 'publish') this.#edge.publish(topic, wire, effect.except);
      else this.#edge.publishEphemeral(topic, wire, effect.except);
    }
  }

  #subscribe(connection: ConnectionId, dialect: Dialect, room: string): void {
    const audiences = this.#rooms.get(room) ?? [];
    this.#rooms.set(room, audiences);
    const audience = audiences.find((other) => other.dialect === dialect) ?? newAudience(dialect, room);
    if (audience.subscribers === 0) audiences.push(audience);
    audience.subscribers += 1;
    // A person with nothing but a socket is not told of signals.
    this.#edge.subscribe(connection, audience.topic, dialect === 'json');
  }

  #unsubscribe(connection: ConnectionId, dialect: Dialect, room: string): void {
    const audiences = this.#rooms.get(room);
    const audience = audiences?.find((other) => other.dialect === dialect);
    if (!audiences || !audience) return;
    this.#edge.unsubscribe(connection, audience.topic);
    audience.subscribers -= 1;
    if (audience.subscribers === 0) audiences.splice(audiences.indexOf(audience), 1);
    if (audiences.length === 0) this.#rooms.delete(room);
  }
}

function newAudience(dialect: Dialect, room: string): Audience {
  return { dialect, topic: `${dialect}:${room}`, subscribers: 0 };
}
