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
  /** What is shown. */
  readonly active: Key | undefined;
  /** Whether somebody looks at the page, and at its latest messages. */
  readonly attention: { readonly visible: boolean; readonly atEnd: boolean };
  /** Which rooms there are on the server. */
  readonly open: readonly OpenRoom[];
  readonly notices: readonly Notice[];
  /** For keys of what has none of its own. */
  readonly counter: number;
}

/** Times are those of a clock that does not jump, in milliseconds. */
export interface Connection {
  readonly state: HubState;
  /** Since when the server has been away. */
  readonly lostAt?: number;
  /** When the next attempt is made. */
  readonly retryAt?: number;
  /** Why it is offline, or closed for good. */
  readonly why?: string;
  /** Of the time before the latest connection. */
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
  /** How many messages nobody has looked at. */
  readonly unread: number;
  /** The entry that was the first unread one. */
  readonly mark: string | undefined;
  /** Up to where it was read in an earlier session. */
  readonly read: Position | undefined;
  /** The room's latest message when it was entered: later ones are new. */
  readonly entered: Position | undefined;
  /** Whether the room has earlier messages; `failed`: they could not be read. */
  readonly older: 'none' | 'some' | 'loading' | 'failed';
  readonly catchingUp: CatchingUp | undefined;
  /** What the entries take, in bytes, about. */
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

/** What was said here and is not acknowledged. */
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
  /** undefined where messages are not kept. */
  readonly position: Position | undefined;
  readonly at: number;
  readonly from: User;
  readonly content: Content;
  /** It was said to everyone on the server. */
  readonly isBroadcast?: boolean;
}

/** Who came and went, in one line. */
export interface PeopleEntry {
  readonly kind: 'people';
  readonly key: string;
  readonly at: number;
  readonly moves: readonly Move[];
}

export interface Move {
  readonly id: string;
  readonly name: string;
  /** What they were called before. */
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
  /** How many messages of others came then. */
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

/** Its name if it is a room, the id of the other if it is not. */
export function nameIn(key: Key): string {
  return key.slice(1);
}
