import type { Wire } from '../protocol/dialect.ts';
import type { ConnectionId } from './user.ts';

/** What the topics begin with that nearly all connections subscribe to: an edge need not list the subscribers of these. */
export const forAll = '*';

/**
 * What the hub's side may ask of an edge: connections and topics by name, bytes already encoded. An edge MUST carry out
 * the calls in their order, MUST deliver in that order to each connection, and MUST ignore a connection that is gone.
 */
export interface EdgePort {
  send(connection: ConnectionId, wire: Wire): void;

  /** The same, but it MUST be skipped if the connection has fallen behind. */
  sendEphemeral(connection: ConnectionId, wire: Wire): void;

  /** `send` for several at once, in this order: many small ones SHOULD be few writes. */
  sendAll(connection: ConnectionId, wires: readonly Wire[]): void;

  /** The same one for several connections. */
  sendEach(connections: readonly ConnectionId[], wire: Wire): void;

  /**
   * `send` for what need not be there before what is published next, such as an `ack`. It MAY be put off to the end of
   * the turn of the loop, so that many become one write; what is sent to the connection later MUST NOT overtake it.
   */
  sendSoon(connection: ConnectionId, wire: Wire): void;

  /** To all subscribers of the topic but `except`. One that cannot take it MUST be closed, and MUST NOT get a later one. */
  publish(topic: string, wire: Wire, except?: ConnectionId): void;

  /** The same, but it MUST be skipped for a subscriber that has fallen behind. */
  publishEphemeral(topic: string, wire: Wire, except?: ConnectionId): void;

  /** From here on the connection gets what is published, and with `ephemeral` also what is published as such. */
  subscribe(connection: ConnectionId, topic: string, ephemeral: boolean): void;
  unsubscribe(connection: ConnectionId, topic: string): void;

  /** How many connections get what is published now. */
  subscriberCount(topic: string): number;

  /** The connections that get what is published now. It MAY take longer than a publish. */
  subscribers(topic: string): readonly ConnectionId[];

  /**
   * Asks to be told when little of what was sent to the connection is left unsent, so that more can be. The edge tells
   * once, in a later turn of the loop, of a few connections in each; of one that is gone it does not.
   */
  whenDrained(connection: ConnectionId): void;

  /** Sends what is left, then the close frame. `reason` has at most 123 bytes (RFC 6455, section 5.5). */
  disconnect(connection: ConnectionId, code: number, reason: string): void;
}
