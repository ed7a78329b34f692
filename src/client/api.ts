/// <reference lib="esnext.disposable" preserve="true" />
/** What an application sees of the client. Times are milliseconds, and times of day milliseconds since 1970. */
import type { GapReason, Member, Position, PresenceState, ServerDirect, User } from '../protocol/generated/frames.ts';
import type { HubbubError } from './error.ts';
import type { WebSocketConstructor } from './socket.ts';

// ---- the hub

export interface ConnectOptions {
  /** What to be called. Left out, it is the name in the token, or `guest-` and four letters. */
  readonly name?: string | undefined;
  /**
   * Who to be: the `ticket` of an earlier hub, or another credential the server takes. A function is asked at every
   * connection, so that a token that expires can be replaced; where it gives undefined, and after the first connection
   * with a plain string, the latest ticket is used. A function that throws counts as a failed connection.
   */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** The WebSocket to use. By default the global one, or that of the package `ws` where there is none (Node 20). */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Closes the hub when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** How many sends may wait for their acknowledgement, over all rooms, before `send` is refused; 1,000 by default. */
  readonly queue?: number | undefined;
  /**
   * How long to wait before connecting again: a random time up to `base` (500), doubled at each failure, up to `max`
   * (30,000). A connection that has lasted for `reset` (5,000) starts anew. Where the server says when to come back,
   * that counts.
   */
  readonly backoff?: { readonly base?: number; readonly max?: number; readonly reset?: number } | undefined;
  /**
   * When the server is asked whether it is still there: after `interval` (25,000, or half the time after which the
   * server itself gives up, if that is less) without a word from it. If nothing comes within `timeout` (10,000), the
   * connection is given up. A connection that does not open within `timeout` is given up as well.
   */
  readonly heartbeat?: { readonly interval?: number; readonly timeout?: number } | undefined;
}

/**
 * - `connecting`: a connection is being made;
 * - `online`: the server is there;
 * - `offline`: the connection is lost, the next attempt is waited for;
 * - `closed`: for good.
 */
export type HubState = 'connecting' | 'online' | 'offline' | 'closed';

export interface StateChange {
  readonly state: HubState;
  /** Why it is `offline` or `closed`. Left out after `close()`. */
  readonly reason?: ClosedBecause;
  /** `offline`: when the next attempt is made, from now. */
  readonly retry?: number;
}

/** How a connection ended. */
export interface ClosedBecause {
  /** The close code (PROTOCOL.md, "Close codes"); 1006 where there was none. */
  readonly code: number;
  /** In words, for a person. */
  readonly message: string;
}

export interface HubEvents {
  readonly state: StateChange;
  /** Who this is: after the first connection, and when the id or the name is another one. */
  readonly user: { readonly user: User; readonly before: User | undefined };
  /** The token or the ticket was refused: from here on this is a new guest. */
  readonly refused: HubbubError;
  readonly direct: Direct;
  readonly broadcast: Broadcast;
  /** A signal to this user alone. */
  readonly signal: Signal;
  /** The server refused something that nobody waits for, such as the name in the options. */
  readonly error: HubbubError;
}

/** A connection to a server that is kept up, and everything that goes over it. */
export interface Hub extends AsyncDisposable {
  readonly state: HubState;
  /** Who this is; undefined before the first connection. */
  readonly user: User | undefined;
  /** Brings the same user back in another hub, after a reload of the page for example. It is a credential. */
  readonly ticket: string | undefined;
  /** The rooms this hub is in, or is getting into, by name. */
  readonly joined: ReadonlyMap<string, Room>;

  /**
   * Enters a room, and stays in it over all connections until it is left. A room that was entered already is given back
   * as it is. Settles when the server has let it in; if there is no connection, when there is one.
   * @throws HubbubError if the server refuses it.
   */
  join<Body = unknown>(room: string, options?: JoinOptions): Promise<Room<Body>>;

  /**
   * Says something to all connections of one user. Not kept: it is refused with `unknown_user` if nobody of that id is
   * there. Waits for a connection; if that breaks before the answer, `connection_lost`: it is not known whether it
   * arrived.
   */
  direct(to: string, body: unknown, options?: BodyOptions): Promise<Receipt>;
  /** Says something to every connection of the server. `connection_lost` as for `direct`. */
  broadcast(body: unknown, options?: BodyOptions): Promise<Receipt>;
  /**
   * Sends a signal to one user, such as an offer of a WebRTC call. @throws HubbubError `offline` without a connection.
   */
  signal(to: string, kind: string, body?: unknown, options?: BodyOptions): Promise<void>;
  /** Sets this user's presence state. It is said again when the server has forgotten it. */
  status(state: PresenceState, note?: string, options?: CallOptions): Promise<void>;
  /** Changes this user's name, and keeps it over all connections. */
  rename(name: string, options?: CallOptions): Promise<void>;
  /** Everyone on the server. */
  list(options?: CallOptions): Promise<Member[]>;
  /** The open rooms, by name, with the number of users in them. */
  rooms(prefix?: string, options?: CallOptions): Promise<OpenRoom[]>;
  /** How long the way to the server and back takes now. */
  ping(options?: CallOptions): Promise<number>;

  /** @returns a function that ends it. */
  on<Event extends keyof HubEvents>(event: Event, listener: (event: HubEvents[Event]) => void): () => void;

  /**
   * Closes the connection for good, and leaves all rooms at once. Messages that were sent before are waited for, if the
   * connection is up, for up to `timeout` (5,000); what is not acknowledged by then is rejected with `closed`.
   */
  close(options?: { readonly timeout?: number }): Promise<void>;
}

export interface CallOptions {
  /** Ends the call: it throws the signal's `reason`. What is under way may be carried out nevertheless. */
  readonly signal?: AbortSignal | undefined;
}

export interface BodyOptions extends CallOptions {
  /** The MIME type of the body, for the receiver's information. */
  readonly mime?: string | undefined;
}

export interface JoinOptions extends CallOptions {
  /**
   * Where to go on: a position kept from earlier, or any message. Everything after it comes, or `gap` says what does
   * not.
   */
  readonly since?: Position | undefined;
  /** How many of the latest messages are wanted first; not with `since`. */
  readonly last?: number | undefined;
}

/** The server has carried it out. */
export interface Receipt {
  /** The server's time. */
  readonly at: number;
}

export interface OpenRoom {
  readonly room: string;
  readonly count: number;
}

export type Direct = Omit<ServerDirect, 'type'>;

export interface Broadcast {
  readonly from: User;
  readonly at: number;
  readonly body: unknown;
  readonly mime?: string;
}

export interface Signal {
  readonly from: User;
  readonly kind: string;
  readonly body?: unknown;
  readonly mime?: string;
}

// ---- a room

/** A message in a room. It is a position, too: `join(room, { since: message })` goes on after it. */
export interface Message<Body = unknown> {
  readonly room: string;
  /** Names the room's numbering; numbers of different epochs cannot be compared. */
  readonly epoch: string;
  /** Its number: later messages have higher ones, but not always the next. */
  readonly seq: number;
  /** The id its sender gave it. */
  readonly id?: string;
  readonly from: User;
  /** The server's time. */
  readonly at: number;
  /** JSON, or a `Uint8Array` where it was sent as bytes. */
  readonly body: Body;
  readonly mime?: string;
}

/** A message was acknowledged: it is in the room's log, in this place. */
export interface Sent extends Receipt {
  readonly room: string;
  readonly id: string;
  readonly epoch: string;
  readonly seq: number;
}

export interface SendOptions extends BodyOptions {
  /** Whether this client hears its own message, in its place among the others. It does by default. */
  readonly echo?: boolean | undefined;
}

/**
 * Messages between the one before and the next that cannot be had: the numbers `from` to `to`. `trimmed`, `not_kept`
 * and `damaged` are the server's word. `epoch`: the room has been numbered anew, and the end of what was there before
 * cannot be told; everything that is there now follows. `unread`: nobody listened, and more came than is held;
 * `history` has it.
 */
export interface Gap {
  readonly room: string;
  readonly from?: number;
  readonly to?: number;
  readonly why: GapReason | 'unread';
}

/** The server has let this client in, for the first time or again. */
export interface Joined {
  /** Whether this is the first time. */
  readonly first: boolean;
  readonly epoch: string;
  /** The number of the room's latest message. */
  readonly seq: number;
  /** How many users are in the room. */
  readonly count: number;
}

/** What is different among the members since the last time, after breaks of the connection too. It may be nothing. */
export interface Presence {
  readonly count: number;
  readonly joins: readonly Member[];
  readonly leaves: readonly Member[];
  readonly changes: readonly MemberChange[];
}

export interface MemberChange {
  readonly member: Member;
  readonly was: Member;
}

export interface RoomEvents<Body = unknown> {
  /** Each message once, in the order of the room. */
  readonly message: Message<Body>;
  readonly gap: Gap;
  readonly signal: Signal;
  readonly joined: Joined;
  /** The room is over for this client; with an error if the server ended it. Nothing follows. */
  readonly left: HubbubError | undefined;
  /** The server has told of the members. What is different comes together … */
  readonly presence: Presence;
  /** … and one by one. */
  readonly join: Member;
  readonly leave: Member;
  readonly change: MemberChange;
}

export interface HistoryOptions extends CallOptions {
  /** The latest messages before this number. */
  readonly before?: number | undefined;
  /** The first messages after this number; not with `before`. Without both, the latest ones. */
  readonly after?: number | undefined;
  /** How many messages at most, 1 to 1,000; 100 by default. Of large messages there may be fewer. */
  readonly limit?: number | undefined;
}

/** A page of a room's messages, the oldest first. */
export interface Page<Body = unknown> {
  readonly messages: Message<Body>[];
  /** Whether the room has more of them in the direction that was asked for. */
  readonly more: boolean;
}

/**
 * A room this client is in. Its messages come as events, or by `for await (const message of room)`: every message once,
 * in the room's order, whatever happens to the connection; where some cannot be had, `gap` says so first.
 *
 * As long as nobody listens, messages wait for who will: up to 1,000, then the oldest make room and `gap` tells of them
 * (`unread`). So nothing is missed between `join` and the loop, nor between two loops. Several loops and listeners at
 * the same time get all messages each. A loop ends when the room is left; if the server ended it, it throws.
 */
export interface Room<Body = unknown> extends AsyncDisposable, AsyncIterable<Message<Body>> {
  readonly name: string;
  /** Up to where everything was received. To go on from what was dealt with, keep the latest message's instead. */
  readonly position: Position | undefined;
  /**
   * Who is here, by user id, kept up to date in place. undefined in a room too large for lists: there is only `count`.
   * While the connection is lost it is as it was.
   */
  readonly members: ReadonlyMap<string, Member> | undefined;
  /** How many users are here. */
  readonly count: number;

  /**
   * Says something; a `Uint8Array` goes as bytes. Messages arrive in the order of the calls, each once, over any number
   * of connections. Settles when the server has acknowledged it.
   * @throws HubbubError `queue_full` at once; what the server says if it refuses it; `left` or `closed` if it cannot be
   *   sent any more.
   */
  send(body: Body, options?: SendOptions): Promise<Sent>;
  /** What matters only now, such as `typing`. @returns whether it went out: without a connection it does not. */
  signal(kind: string, body?: unknown, options?: { readonly mime?: string }): boolean;
  history(options?: HistoryOptions): Promise<Page<Body>>;
  /** Leaves, after what was sent before has been acknowledged. */
  leave(options?: CallOptions): Promise<void>;

  /** @returns a function that ends it. */
  on<Event extends keyof RoomEvents>(event: Event, listener: (event: RoomEvents<Body>[Event]) => void): () => void;
}
