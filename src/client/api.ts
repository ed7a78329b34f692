/// <reference lib="esnext.disposable" preserve="true" />
/** The public interface of the client. Times are in milliseconds, and times of day in milliseconds since 1970. */
import type { GapReason, Member, Position, PresenceState, ServerDirect, User } from '../protocol/generated/frames.ts';
import type { HubbubError } from './error.ts';
import type { WebSocketConstructor } from './socket.ts';

// ---- the hub

export interface ConnectOptions {
  /** The name of the user. By default the name in the token, or `guest-` and four letters. */
  readonly name?: string | undefined;
  /**
   * The credential: the `ticket` of an earlier hub, or another one that the server accepts. A function is called for
   * every connection, so that it can replace a token that expires; if it returns undefined, and after the first
   * connection with a plain string, the latest ticket is used. A function that throws counts as a failed connection.
   */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>) | undefined;
  /** The WebSocket to use. By default the global one or, without one (Node 20), that of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor | undefined;
  /** Closes the hub when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How many messages may wait for their acknowledgements, in all rooms, before `send` is rejected; 1,000 by default.
   */
  readonly queue?: number | undefined;
  /**
   * How long to wait before connecting again: a random time up to `base` (500), doubled at each failure, up to `max`
   * (30,000). After a connection that lasted for `reset` (5,000) it starts with `base` again. If the server says when
   * to come back, that counts instead.
   */
  readonly backoff?: { readonly base?: number; readonly max?: number; readonly reset?: number } | undefined;
  /**
   * When to check that the server is still there: after `interval` (25,000, or half of the server's own timeout, if
   * that is less) without data from it. If nothing arrives within `timeout` (10,000), the connection is given up. A
   * connection that does not open within `timeout` is given up as well.
   */
  readonly heartbeat?: { readonly interval?: number; readonly timeout?: number } | undefined;
}

/**
 * - `connecting`: a connection is being made;
 * - `online`: the connection is up;
 * - `offline`: the connection is lost, and the hub waits for the next attempt;
 * - `closed`: closed for good.
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
  /** The close code (PROTOCOL.md, "Close codes"); 1006 if there was none. */
  readonly code: number;
  /** In words, for a person. */
  readonly message: string;
}

export interface HubEvents {
  readonly state: StateChange;
  /** The user of this hub: after the first connection, and whenever the id or the name has changed. */
  readonly user: { readonly user: User; readonly before: User | undefined };
  /** The token or the ticket was refused: from here on the user is a new guest. */
  readonly refused: HubbubError;
  readonly direct: Direct;
  readonly broadcast: Broadcast;
  /** A signal to this user alone. */
  readonly signal: Signal;
  /** The server refused something that has no promise, such as the name in the options. */
  readonly error: HubbubError;
}

/** A connection to a server that reconnects by itself, and everything that uses it. */
export interface Hub extends AsyncDisposable {
  readonly state: HubState;
  /** The user of this hub; undefined before the first connection. */
  readonly user: User | undefined;
  /** Brings the same user back in another hub, for example after a reload of the page. It is a credential. */
  readonly ticket: string | undefined;
  /** What the server takes; undefined before the first connection. */
  readonly limits: Limits | undefined;
  /** The rooms this hub is in, or is entering, by name. */
  readonly joined: ReadonlyMap<string, Room>;

  /**
   * Enters a room as `join` does, and returns it at once: listeners that are added now miss nothing, and messages wait
   * until the server has let the hub in. `entered` of the room tells when that was.
   * @throws HubbubError `closed`
   */
  room<Body = unknown>(room: string, options?: EntryOptions): Room<Body>;
  /**
   * Enters a room, and stays in it over all connections until it is left. A room that was entered already is returned
   * unchanged. Settles when the server has let the hub in; without a connection, that is when there is one.
   * @throws HubbubError if the server refuses it.
   */
  join<Body = unknown>(room: string, options?: JoinOptions): Promise<Room<Body>>;

  /**
   * Sends a message to all connections of one user. It is not kept: if no user of that id is connected, it is rejected
   * with `unknown_user`. Waits for a connection; if that breaks before the answer, it is rejected with
   * `connection_lost`: it may have arrived or not.
   */
  direct(to: string, body: unknown, options?: BodyOptions): Promise<Receipt>;
  /** Sends a message to every connection of the server. `connection_lost` as for `direct`. */
  broadcast(body: unknown, options?: BodyOptions): Promise<Receipt>;
  /**
   * Sends a signal to one user, such as an offer of a WebRTC call. @throws HubbubError `offline` without a connection.
   */
  signal(to: string, kind: string, body?: unknown, options?: BodyOptions): Promise<void>;
  /** Sets this user's presence state. It is sent again when the server has forgotten it. */
  status(state: PresenceState, note?: string, options?: CallOptions): Promise<void>;
  /** Changes this user's name, and keeps it over all connections. */
  rename(name: string, options?: CallOptions): Promise<void>;
  /** Lists all users on the server. */
  list(options?: CallOptions): Promise<Member[]>;
  /** Lists the open rooms, by name, with the number of users in each. */
  rooms(prefix?: string, options?: CallOptions): Promise<OpenRoom[]>;
  /** Measures the present round-trip time to the server. */
  ping(options?: CallOptions): Promise<number>;

  /** @returns a function that ends it. */
  on<Event extends keyof HubEvents>(event: Event, listener: (event: HubEvents[Event]) => void): () => void;

  /**
   * Closes the connection for good, and leaves all rooms at once. If the connection is up, it waits up to `timeout`
   * (5,000) for the acknowledgements of messages; the others are rejected with `closed`.
   */
  close(options?: { readonly timeout?: number }): Promise<void>;
}

export interface CallOptions {
  /** Ends the call: it throws the signal's `reason`. A request under way may be carried out nevertheless. */
  readonly signal?: AbortSignal | undefined;
}

export interface BodyOptions extends CallOptions {
  /** The MIME type of the body, for the receiver's information. */
  readonly mime?: string | undefined;
}

export interface EntryOptions {
  /**
   * Where to go on: a position from earlier, or any message. Everything after it follows; `gap` reports messages that
   * are missing.
   */
  readonly since?: Position | undefined;
  /** How many of the latest messages to get first; not with `since`. */
  readonly last?: number | undefined;
}

export interface JoinOptions extends EntryOptions, CallOptions {}

/** What the server takes from this connection. */
export interface Limits {
  /** The longest frame, in bytes. */
  readonly frame: number;
  /** How many rooms the hub may be in. */
  readonly rooms: number;
  /** Left out if the number of frames is not limited. The hub sends no faster. */
  readonly frames?: Rate;
  /** Left out if the number of bytes is not limited. The hub sends no faster. */
  readonly bytes?: Rate;
}

export interface Rate {
  readonly perSecond: number;
  /** How many at once. */
  readonly burst: number;
}

/** The server has carried out a request. */
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
  /** Its number: later messages have higher numbers, but not always the next one. */
  readonly seq: number;
  /** The id its sender gave it. */
  readonly id?: string;
  readonly from: User;
  /** The server's time. */
  readonly at: number;
  /** JSON, or a `Uint8Array` if it was sent as bytes. */
  readonly body: Body;
  readonly mime?: string;
}

/** An acknowledged message: it is in the room's log, at this position. */
export interface Sent extends Receipt {
  readonly room: string;
  readonly id: string;
  readonly epoch: string;
  readonly seq: number;
}

export interface SendOptions extends BodyOptions {
  /** Whether this client gets its own message, in its place among the others; true by default. */
  readonly echo?: boolean | undefined;
}

/**
 * Missing messages between the one before and the next: the numbers `from` to `to`. `trimmed`, `not_kept` and `damaged`
 * come from the server. `epoch`: the room has been numbered anew, so that the number of missing messages is unknown;
 * all present messages follow. `unread`: there was no listener, and more messages came than are held; `history` has
 * them.
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

/** The changes among the members since the last event, also after a break of the connection. They may be empty. */
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
  /** This client is no longer in the room; with an error if the server ended it. Nothing follows. */
  readonly left: HubbubError | undefined;
  /** The changes among the members, together … */
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
  /** The most messages, 1 to 1,000; 100 by default. Large messages may make it fewer. */
  readonly limit?: number | undefined;
}

/** A page of a room's messages, the oldest first. */
export interface Page<Body = unknown> {
  readonly messages: Message<Body>[];
  /** Whether the room has more messages in this direction. */
  readonly more: boolean;
}

/**
 * A room this client is in. Its messages come as events, or by `for await (const message of room)`: every message once,
 * in the room's order, whatever happens to the connection; if some are missing, `gap` reports them first.
 *
 * Without a listener, up to 1,000 messages wait for one; then the oldest are dropped, and `gap` reports them
 * (`unread`). So nothing is missed between `join` and the loop, nor between two loops. Several loops and listeners at
 * the same time each get all messages. A loop ends when the room is left; if the server ended it, the loop throws.
 */
export interface Room<Body = unknown> extends AsyncDisposable, AsyncIterable<Message<Body>> {
  readonly name: string;
  /** Settles when the server has let the hub in for the first time; rejects with a `HubbubError` if it refuses it. */
  readonly entered: Promise<void>;
  /**
   * The position up to which everything was received. To resume after the last handled message, keep that message
   * instead.
   */
  readonly position: Position | undefined;
  /**
   * The members by user id, updated in place. undefined in a room too large for lists, which has only `count`. It does
   * not change while the connection is lost.
   */
  readonly members: ReadonlyMap<string, Member> | undefined;
  /** How many users are here. */
  readonly count: number;

  /**
   * Sends a message; a `Uint8Array` is sent as bytes. Messages arrive in the order of the calls, each once, over any
   * number of connections. Settles when the server has acknowledged it.
   * @throws HubbubError `queue_full` at once; the server's error if it refuses it; `left` or `closed` if it can no
   *   longer be sent.
   */
  send(body: Body, options?: SendOptions): Promise<Sent>;
  /**
   * Sends something that matters only now, such as `typing`. @returns whether it was sent: it is not without a
   * connection.
   */
  signal(kind: string, body?: unknown, options?: { readonly mime?: string }): boolean;
  history(options?: HistoryOptions): Promise<Page<Body>>;
  /** Leaves, after all messages sent before were acknowledged. */
  leave(options?: CallOptions): Promise<void>;

  /** @returns a function that ends it. */
  on<Event extends keyof RoomEvents>(event: Event, listener: (event: RoomEvents<Body>[Event]) => void): () => void;
}
