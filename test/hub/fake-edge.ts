import assert from 'node:assert/strict';
import type { EdgePort } from '../../src/hub/edge-port.ts';
import type { ConnectionId } from '../../src/hub/user.ts';
import type { Wire } from '../../src/protocol/dialect.ts';

/**
 * A strict edge without sockets: it throws at calls that make no sense. The subscriptions of a closed connection stay
 * until they are ended, so that a forgotten one is noticed; the connection gets nothing more.
 */
export class FakeEdge implements EdgePort {
  readonly #open = new Map<ConnectionId, (wire: Wire) => void>();
  readonly #topics = new Map<string, Set<ConnectionId>>();
  readonly #awaited = new Set<ConnectionId>();
  readonly #ephemeral = new Set<string>();

  open(connection: ConnectionId, receive: (wire: Wire) => void): void {
    assert.ok(!this.#open.has(connection), `${connection} is open already`);
    this.#open.set(connection, receive);
  }

  close(connection: ConnectionId): void {
    this.#open.delete(connection);
  }

  /** The topics that have subscribers. */
  get topics(): string[] {
    return [...this.#topics.keys()];
  }

  subscriberCount(topic: string): number {
    return this.subscribers(topic).length;
  }

  subscribers(topic: string): ConnectionId[] {
    return [...(this.#topics.get(topic) ?? [])];
  }

  send(connection: ConnectionId, wire: Wire): void {
    this.#open.get(connection)?.(wire);
  }

  sendEphemeral(connection: ConnectionId, wire: Wire): void {
    this.send(connection, wire);
  }

  sendAll(connection: ConnectionId, wires: readonly Wire[]): void {
    assert.ok(wires.length > 0, `nothing is sent to ${connection}`);
    for (const wire of wires) this.send(connection, wire);
  }

  sendEach(connections: readonly ConnectionId[], wire: Wire): void {
    assert.ok(connections.length > 0 && new Set(connections).size === connections.length, 'it is sent to each once');
    for (const connection of connections) this.send(connection, wire);
  }

  sendSoon(connection: ConnectionId, wire: Wire): void {
    this.send(connection, wire);
  }

  publish(topic: string, wire: Wire, except?: ConnectionId): void {
    for (const connection of this.#topics.get(topic) ?? []) {
      if (connection !== except) this.#open.get(connection)?.(wire);
    }
  }

  publishEphemeral(topic: string, wire: Wire, except?: ConnectionId): void {
    for (const connection of this.#topics.get(topic) ?? []) {
      if (connection !== except && this.#ephemeral.has(key(connection, topic))) this.#open.get(connection)?.(wire);
    }
  }

  subscribe(connection: ConnectionId, topic: string, ephemeral: boolean): void {
    const subscribers = this.#topics.get(topic) ?? new Set<ConnectionId>();
    assert.ok(!subscribers.has(connection), `${connection} has subscribed to ${topic} already`);
    this.#topics.set(topic, subscribers.add(connection));
    if (ephemeral) this.#ephemeral.add(key(connection, topic));
  }

  unsubscribe(connection: ConnectionId, topic: string): void {
    const subscribers = this.#topics.get(topic) ?? new Set<ConnectionId>();
    assert.ok(subscribers.delete(connection), `${connection} has not subscribed to ${topic}`);
    if (subscribers.size === 0) this.#topics.delete(topic);
    this.#ephemeral.delete(key(connection, topic));
  }

  whenDrained(connection: ConnectionId): void {
    this.#awaited.add(connection);
  }

  /** Whether the hub waits for the connection to drain. */
  isAwaited(connection: ConnectionId): boolean {
    return this.#awaited.has(connection);
  }

  /** Drains the first awaited connections. @returns those that are open. */
  drain(count = this.#awaited.size): ConnectionId[] {
    const drained = [...this.#awaited].slice(0, count);
    for (const connection of drained) this.#awaited.delete(connection);
    return drained.filter((connection) => this.#open.has(connection));
  }

  disconnect(connection: ConnectionId): void {
    this.close(connection);
  }
}

/** The same edge with some methods replaced. */
export function around(edge: FakeEdge, over: Partial<EdgePort>): EdgePort {
  return {
    send: (connection, wire) => edge.send(connection, wire),
    sendEphemeral: (connection, wire) => edge.sendEphemeral(connection, wire),
    sendAll: (connection, wires) => edge.sendAll(connection, wires),
    sendEach: (connections, wire) => edge.sendEach(connections, wire),
    sendSoon: (connection, wire) => edge.sendSoon(connection, wire),
    publish: (topic, wire, except) => edge.publish(topic, wire, except),
    publishEphemeral: (topic, wire, except) => edge.publishEphemeral(topic, wire, except),
    subscribe: (connection, topic, ephemeral) => edge.subscribe(connection, topic, ephemeral),
    unsubscribe: (connection, topic) => edge.unsubscribe(connection, topic),
    subscriberCount: (topic) => edge.subscriberCount(topic),
    subscribers: (topic) => edge.subscribers(topic),
    whenDrained: (connection) => edge.whenDrained(connection),
    disconnect: (connection) => edge.disconnect(connection),
    ...over,
  };
}

function key(connection: ConnectionId, topic: string): string {
  return `${connection} ${topic}`;
}
