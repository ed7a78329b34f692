/** How a client speaks to a kind of server. */
import type { Address } from './address.ts';
import type { Standing } from './standing.ts';

/** Where a client wants to be. */
export interface Destination {
  readonly address: Address;
  readonly room: string;
}

/** What to make of a frame that comes before a client is a member: an answer to give, or that it is one now. */
export type Step = { readonly reply: string } | 'member' | undefined;

export interface ClientDialect {
  /** The target of the upgrade request of who wants to be in a room. */
  path(room: string, address: Address): string;
  /** What a client says first; undefined: nothing, until it is spoken to. */
  readonly greeting?: (address: Address) => string;
  /**
   * What to make of a frame that comes before the connection is a member.
   *
   * @throws {Error} if it says that the client cannot be one.
   */
  readonly opening: ((text: string, destination: Destination) => Step) | 'member at once';
  /** One message; `id` asks for an acknowledgement, where the server has any. */
  message(body: string, id: string | undefined, room: string): string;
  /** Whether a frame is an acknowledgement; undefined: there are none. */
  readonly ack: ((payload: Buffer) => boolean) | undefined;
  /** Whether every message is acknowledged, whether it asks for that or not. */
  readonly alwaysAcks?: true;
  /** Whether what a connection says goes to all but itself: senders then have a connection of their own to speak with. */
  readonly excludesSender?: true;
  /** Whether a frame may hold several messages, each in a line. */
  readonly hasLines?: true;
  /** How a frame begins by which the server asks whether the client is there, if it does not by a ping, and the answer. */
  readonly heartbeat?: { readonly begins: string; readonly answer: string };
  /** What the server's own numbering stands behind in a message; undefined: there is none. */
  readonly sequence: string | undefined;
  /** Whether messages go out in binary frames. */
  readonly isBinary?: true;
  /** What a client in this room keeps to come back to where it was; undefined: who comes back has missed what was said. */
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
