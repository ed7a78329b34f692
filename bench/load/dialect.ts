/** The protocol between a client and a kind of server. */
import type { Address } from './address.ts';
import type { Standing } from './standing.ts';

/** The room of a client. */
export interface Destination {
  readonly address: Address;
  readonly room: string;
}

/** The reaction to a frame before the client is a member: a reply, or that it is a member now. */
export type Step = { readonly reply: string } | 'member' | undefined;

export interface ClientDialect {
  /** The target of the upgrade request for a room. */
  path(room: string, address: Address): string;
  /** The first frame of a client; undefined if the server speaks first. */
  readonly greeting?: (address: Address) => string;
  /**
   * Handles a frame that arrives before the connection is a member.
   *
   * @throws {Error} if the server refuses the client.
   */
  readonly opening: ((text: string, destination: Destination) => Step) | 'member at once';
  /** One message; `id` asks for an acknowledgement, if the server has any. */
  message(body: string, id: string | undefined, room: string): string;
  /** Whether a frame is an acknowledgement; undefined if there are none. */
  readonly ack: ((payload: Buffer) => boolean) | undefined;
  /** Whether every message is acknowledged, even without an `id`. */
  readonly alwaysAcks?: true;
  /** Whether a message does not come back to its sender: senders then use a separate connection. */
  readonly excludesSender?: true;
  /** Whether a frame may have several messages, one per line. */
  readonly hasLines?: true;
  /** The beginning of a heartbeat frame, if the server uses frames instead of pings, and the answer. */
  readonly heartbeat?: { readonly begins: string; readonly answer: string };
  /** The text before the server's own number in a message; undefined if there is none. */
  readonly sequence: string | undefined;
  /** Whether messages go out in binary frames. */
  readonly isBinary?: true;
  /** The state that a client keeps to resume in this room; undefined if missed messages are lost. */
  readonly standing?: (room: string) => Standing;
}

/** Whether a payload begins with `text`, which is in ASCII. */
export function beginsWith(text: string): (payload: Buffer) => boolean {
  return (payload) => payload.toString('latin1', 0, text.length) === text;
}

/** A target of a request with one more parameter. */
export function withQuery(target: string, query: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}${query}`;
}
