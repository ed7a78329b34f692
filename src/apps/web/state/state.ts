/** Everything the page knows, as plain data that is never changed in place. */
import type { HubState, OpenRoom } from '../../../client/api.ts';
import type { GapReason, Member, Position, User } from '../../../protocol/generated/frames.ts';
import type { Content } from './content.ts';

/** A room `#name`, or the direct messages with a user `@id`. */
export type Key = `#${string}` | `@${string}`;

export interface State {
  /** undefined before the first connection. */
  readonly me: User | undefined;
  readonly connection: Connection;
  /** The longest frame that the server takes, in bytes. */
  readonly frameLimit: number;
  readonly conversations: ReadonlyMap<Key, Conversation>;
  /** The visible conversation. */
  readonly active: Key | undefined;
  /** Whether the page is visible, and the latest messages are. */
  readonly attention: { readonly visible: boolean; readonly atEnd: boolean };
  /** The open rooms of the server. */
  readonly open: readonly OpenRoom[];
  readonly notices: readonly Notice[];
  /** For keys of entries that have none of their own. */
  readonly counter: number;
}

/** Times are those of a clock that does not jump, in milliseconds. */
export interface Connection {
  readonly state: HubState;
  /** Since when the server has been away. */
  readonly lostAt?: number;
  /** When the next attempt is made. */
  readonly retryAt?: number;
  /** Why the hub is offline, or closed for good. */
  readonly why?: string;
  /** The interruption before the latest connection. */
  readonly back?: Back;
}

export interface Back {
  readonly time: number;
  /** Milliseconds. */
  readonly away: number;
}

export interface Conversation {
  readonly key: Key;
  readonly name: string;
  readonly phase: 'joining' | 'open' | 'refused';
  /** Why it was refused. */
  readonly why?: string;
  readonly entries: readonly Entry[];
  readonly outbox: readonly Outgoing[];
  /** undefined in a room too large for lists, and for direct messages. */
  readonly members: readonly Member[] | undefined;
  readonly count: number;
  readonly typing: readonly Typing[];
  /** How many messages have not been seen. */
  readonly unread: number;
  /** The entry that was the first unread one. */
  readonly mark: string | undefined;
  /** The position up to which it was read in an earlier session. */
  readonly read: Position | undefined;
  /** The room's latest message when it was entered: later ones are new. */
  readonly entered: Position | undefined;
  /** Whether the room has earlier messages; `failed`: they could not be read. */
  readonly older: 'none' | 'some' | 'loading' | 'failed';
  readonly catchingUp: CatchingUp | undefined;
  /** The approximate size of the entries, in bytes. */
  readonly size: number;
}

export interface CatchingUp {
  /** The `resumed` entry. */
  readonly key: string;
  readonly to: Position;
}

export interface Typing {
  readonly user: User;
  /** On a clock that does not jump, in milliseconds. */
  readonly until: number;
}

/** A message from this page that is not acknowledged. */
export interface Outgoing {
  readonly id: string;
  readonly at: number;
  readonly content: Content;
  /** Why it was refused. */
  readonly refused?: string;
  /** It has come back already. */
  readonly isEchoed?: boolean;
}

export type Entry = MessageEntry | PeopleEntry | GapEntry | ResumedEntry;

export interface MessageEntry {
  readonly kind: 'message';
  readonly key: string;
  /** undefined if messages are not kept. */
  readonly position: Position | undefined;
  readonly at: number;
  readonly from: User;
  readonly content: Content;
  /** It is a broadcast. */
  readonly isBroadcast?: boolean;
}

/** Arrivals and departures, in one line. */
export interface PeopleEntry {
  readonly kind: 'people';
  readonly key: string;
  readonly at: number;
  readonly moves: readonly Move[];
}

export interface Move {
  readonly id: string;
  readonly name: string;
  /** The name before. */
  readonly was?: string;
  readonly what: 'joined' | 'left' | 'joined and left' | 'came back' | 'renamed';
}

export interface GapEntry {
  readonly kind: 'gap';
  readonly key: string;
  readonly from?: number;
  readonly to?: number;
  readonly why: GapReason | 'unread';
}

/** The connection was lost before this, and is back. */
export interface ResumedEntry {
  readonly kind: 'resumed';
  readonly key: string;
  readonly away: number;
  /** How many messages of others came after the interruption. */
  readonly caughtUp: number;
}

export interface Notice {
  readonly id: string;
  readonly text: string;
}

export const initial: State = {
  me: undefined,
  connection: { state: 'connecting' },
  frameLimit: 64 << 10,
  conversations: new Map(),
  active: undefined,
  attention: { visible: true, atEnd: true },
  open: [],
  notices: [],
  counter: 0,
};

export function isRoom(key: Key): boolean {
  return key.startsWith('#');
}

/** The name of the room, or the id of the other user. */
export function nameIn(key: Key): string {
  return key.slice(1);
}
