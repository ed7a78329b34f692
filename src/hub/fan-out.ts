/** Carries out effects on the edge: a frame for many is encoded once per dialect with receivers, and published once. */
import type { Codecs } from '../protocol/codecs.ts';
import type { Codec, Dialect, Wire } from '../protocol/dialect.ts';
import type { ServerFrame } from '../protocol/generated/frames.ts';
import type { Job } from './backlog.ts';
import { type EdgePort, forAll } from './edge-port.ts';
import type { Delivery, Keeping } from './effects.ts';
import type { ConnectionId } from './user.ts';
import { publishCost, sendCost, type Work } from './work.ts';

/** The connections in one room that speak one dialect. */
interface Audience {
  readonly dialect: Dialect;
  readonly topic: string;
  subscribers: number;
}

/** The functions of a connection that senders use. */
export interface Receiver {
  readonly codec: Codec;
  /** Whether it still takes frames. */
  readonly isOpen: boolean;
  /** Encodes and sends a frame for this connection alone. */
  deliver(frame: ServerFrame): void;
  /** Sends encoded messages, all at once. */
  deliverAll(wires: readonly Wire[]): void;
  /** Sends a page that the connection asked for. */
  deliverPage(wire: Wire): void;
}

/** The topic of everyone who speaks a dialect. No room's topic looks like it: those have a colon. */
export function everyone(dialect: Dialect): string {
  return `${forAll}${dialect}`;
}

/**
 * Above this cost a frame goes out in steps, in units; a message only if it is long: short ones are gathered in one
 * write.
 */
const muchAtOnce = 2000;
const longFrame = 8 * 1024;

/** How many connections of a user are sent to in one step. */
const part = 16;

export interface FanOutOptions {
  readonly edge: EdgePort;
  readonly codecs: Codecs;
  /** The connection of this name; undefined if it is gone. */
  readonly find: (connection: ConnectionId) => Receiver | undefined;
  readonly work: Work;
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

  constructor({ edge, codecs, find, work }: FanOutOptions) {
    this.#edge = edge;
    this.#codecs = codecs;
    this.#find = find;
    this.#work = work;
  }

  /** How many rooms have subscribers. */
  get size(): number {
    return this.#rooms.size;
  }

  /** @returns the rest of the work, if it takes longer than a turn of the loop may. */
  carryOut(effect: Delivery): Job | undefined {
    switch (effect.type) {
      case 'send':
        this.#find(effect.connection)?.deliver(effect.frame);
        return undefined;
      case 'sendEach':
        return this.#sendEach(effect);
      case 'publish':
      case 'signal':
        return this.#publish(effect);
      case 'broadcast':
        return together((['json', 'text'] as const).map((dialect) => this.#broadcast(dialect, effect.frame)));
      case 'subscribe':
        this.#subscribe(effect.connection, effect.dialect, effect.room);
        return undefined;
      case 'unsubscribe':
        this.#unsubscribe(effect.connection, effect.dialect, effect.room);
        return undefined;
    }
  }

  /** The approximate cost of an effect that sends to many, in units. */
  costOf(effect: Delivery | Keeping): number {
    switch (effect.type) {
      case 'publish':
      case 'signal': {
        const audiences = this.#rooms.get(effect.room) ?? [];
        const receivers = audiences.reduce((sum, { subscribers }) => sum + subscribers, 0);
        const cost = effect.type === 'signal' ? sendCost : publishCost;
        return cost(receivers, this.#codecs.encode('json', effect.frame).length);
      }
      case 'broadcast': {
        const receivers = this.#edge.subscriberCount(everyone('json'));
        return publishCost(receivers, this.#codecs.encode('json', effect.frame).length);
      }
      case 'sendEach':
        return sendCost(effect.connections.length, this.#codecs.encode('json', effect.frame).length);
      default:
        return 0;
    }
  }

  /** Connections of one user with the same dialect get the same bytes. */
  #sendEach({ connections, frame, except }: Extract<Delivery, { type: 'sendEach' }>): Job | undefined {
    const audiences = new Map<Dialect, { codec: Codec; receivers: ConnectionId[] }>();
    for (const id of connections) {
      const receiver = id === except ? undefined : this.#find(id);
      if (!receiver?.isOpen) continue;
      const { codec } = receiver;
      const audience = audiences.get(codec.dialect);
      if (audience) audience.receivers.push(id);
      else audiences.set(codec.dialect, { codec, receivers: [id] });
    }
    return together(
      [...audiences.values()].map(({ codec, receivers }) => this.#toEach(receivers, codec.encode(frame))),
    );
  }

  #toEach(receivers: readonly ConnectionId[], wire: Wire): Job | undefined {
    if (wire.length === 0) return undefined;
    const units = sendCost(receivers.length, wire.length);
    this.#work.delivered += units;
    if (units > muchAtOnce) return { units, steps: this.#inParts(receivers, wire) };
    this.#edge.sendEach(receivers, wire);
    return undefined;
  }

  *#inParts(receivers: readonly ConnectionId[], wire: Wire): Generator<number, void> {
    for (let from = 0; from < receivers.length; from += part) {
      const those = receivers.slice(from, from + part);
      this.#edge.sendEach(those, wire);
      yield sendCost(those.length, wire.length);
    }
  }

  #publish(effect: Extract<Delivery, { type: 'publish' | 'signal' }>): Job | undefined {
    const isMessage = effect.frame.type === 'message';
    if (isMessage) this.sent.messages += 1;
    let jobs: Job[] | undefined;
    for (const { topic, dialect, subscribers } of this.#rooms.get(effect.room) ?? []) {
      const wire = this.#codecs.encode(dialect, effect.frame);
      if (wire.length === 0) continue;
      if (isMessage) this.sent.deliveries += subscribers;
      const job = this.#toAll(topic, wire, subscribers, effect.type === 'signal', effect.except);
      if (job) jobs = [...(jobs ?? []), job];
    }
    return jobs && together(jobs);
  }

  #broadcast(dialect: Dialect, frame: ServerFrame): Job | undefined {
    const topic = everyone(dialect);
    const subscribers = this.#edge.subscriberCount(topic);
    if (subscribers === 0) return undefined;
    return this.#toAll(topic, this.#codecs.encode(dialect, frame), subscribers, false);
  }

  /** To all subscribers of a topic: at once or, if that takes long, one by one. */
  #toAll(topic: string, wire: Wire, subscribers: number, ephemeral: boolean, except?: ConnectionId): Job | undefined {
    // Ephemeral messages are also written to each subscriber at once.
    const units = ephemeral ? sendCost(subscribers, wire.length) : publishCost(subscribers, wire.length);
    this.#work.delivered += units;
    if (units > muchAtOnce && (ephemeral || wire.length >= longFrame)) {
      return { units, steps: this.#oneByOne(topic, wire, ephemeral, except) };
    }
    if (ephemeral) this.#edge.publishEphemeral(topic, wire, except);
    else this.#edge.publish(topic, wire, except);
    return undefined;
  }

  *#oneByOne(topic: string, wire: Wire, ephemeral: boolean, except?: ConnectionId): Generator<number, void> {
    const units = sendCost(1, wire.length);
    for (const connection of this.#edge.subscribers(topic)) {
      if (connection === except) continue;
      if (ephemeral) this.#edge.sendEphemeral(connection, wire);
      else this.#edge.send(connection, wire);
      yield units;
    }
  }

  #subscribe(connection: ConnectionId, dialect: Dialect, room: string): void {
    const audiences = this.#rooms.get(room) ?? [];
    this.#rooms.set(room, audiences);
    const audience = audiences.find((other) => other.dialect === dialect) ?? newAudience(dialect, room);
    if (audience.subscribers === 0) audiences.push(audience);
    audience.subscribers += 1;
    // The text dialect shows no signals.
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

/** Several jobs, one after the other, as one. */
function together(jobs: readonly (Job | undefined)[]): Job | undefined {
  const given = jobs.filter((job) => job !== undefined);
  if (given.length < 2) return given[0];
  const units = given.reduce((sum, job) => sum + job.units, 0);
  return { units, steps: inTurn(given) };
}

function* inTurn(jobs: readonly Job[]): Generator<number, void> {
  for (const { steps } of jobs) yield* steps;
}

function newAudience(dialect: Dialect, room: string): Audience {
  return { dialect, topic: `${dialect}:${room}`, subscribers: 0 };
}
