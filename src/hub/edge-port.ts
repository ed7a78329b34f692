import type { Wire } from '../protocol/dialect.ts';
import type { ConnectionId } from './user.ts';

/** The prefix of topics that nearly all connections subscribe to: an edge need not list the subscribers of these. */
export const forAll = '*';

/**
 * The functions of an edge that the hub's side uses: connections and topics by name, bytes already encoded. An edge
 * MUST carry out the calls in order, MUST deliver in that order to each connection, and MUST ignore a connection that
 * is gone.
 */
export interface EdgePort {
  send(connection: ConnectionId, wire: Wire): void;

  /** Like `send`, but it MUST be skipped if the connection has fallen behind. */
  sendEphemeral(connection: ConnectionId, wire: Wire): void;

  /** `send` for several messages at once, in this order: many small ones SHOULD be few writes. */
  sendAll(connection: ConnectionId, wires: readonly Wire[]): void;

  /** `send` of the same message to several connections. */
  sendEach(connections: readonly ConnectionId[], wire: Wire): void;

  /**
   * `send` for a message that may arrive after the next published one, such as an `ack`. It MAY be put off to the end
   * of the turn of the loop, so that many become one write; a later `send` to the connection MUST NOT overtake it.
   */
  sendSoon(connection: ConnectionId, wire: Wire): void;

  /**
   * Sends to all subscribers of the topic except `except`. A subscriber that cannot take it MUST be closed, and MUST
   * NOT get a later message.
   */
  publish(topic: string, wire: Wire, except?: ConnectionId): void;

  /** Like `publish`, but it MUST be skipped for a subscriber that has fallen behind. */
  publishEphemeral(topic: string, wire: Wire, except?: ConnectionId): void;

  /** From here on the connection gets published messages and, with `ephemeral`, also ephemeral ones. */
  subscribe(connection: ConnectionId, topic: string, ephemeral: boolean): void;
  unsubscribe(connection: ConnectionId, topic: string): void;

  /** How many connections a publish would reach now. */
  subscriberCount(topic: string): number;

  /** The connections that a publish would reach now. It MAY take longer than a publish. */
  subscribers(topic: string): readonly ConnectionId[];

  /**
   * Asks for a call of `drained` once little of the data for the connection is left unsent, so that more can be sent.
   * The edge calls it once, in a later turn of the loop, for a few connections per turn; and never for one that is
   * gone.
   */
  whenDrained(connection: ConnectionId): void;

  /** Sends the remaining data, then the close frame. `reason` has at most 123 bytes (RFC 6455, section 5.5). */
  disconnect(connection: ConnectionId, code: number, reason: string): void;
}
