import type { Commit } from '../log/port.ts';
import type { Dialect } from '../protocol/dialect.ts';
import type {
  ClientBroadcast,
  ClientDirect,
  ClientHistory,
  ClientJoin,
  ClientLeave,
  ClientList,
  ClientMessage,
  ClientName,
  ClientRooms,
  ClientSignal,
  ClientStatus,
  User,
} from '../protocol/generated/frames.ts';
import type { ConnectionId } from './user.ts';

/** The frames that concern others; the rest a session answers by itself. */
export type HubFrame =
  | ClientBroadcast
  | ClientDirect
  | ClientHistory
  | ClientJoin
  | ClientLeave
  | ClientList
  | ClientMessage
  | ClientName
  | ClientRooms
  | ClientSignal
  | ClientStatus;

/** What the hub is told. Plain data. */
export type Command =
  /** A connection is there, as `user`; it enters `rooms` without asking. */
  | {
      readonly type: 'connect';
      readonly connection: ConnectionId;
      readonly dialect: Dialect;
      readonly user: User;
      readonly rooms: readonly string[];
    }
  /** It is gone: on purpose (`clean`), or its places are kept for the grace time. */
  | { readonly type: 'disconnect'; readonly connection: ConnectionId; readonly clean: boolean }
  /** It turned out to be somebody else's. */
  | { readonly type: 'identify'; readonly connection: ConnectionId; readonly user: User }
  /** It asks for something. With `byName`, `to` of a `direct` is a display name. */
  | { readonly type: 'request'; readonly connection: ConnectionId; readonly frame: HubFrame; readonly byName?: boolean }
  /** The log has kept what came up to these numbers. */
  | { readonly type: 'committed'; readonly commits: readonly Commit[] }
  /** A replay is over: the connection has what the room's log has, up to number `seq`. */
  | { readonly type: 'replayed'; readonly connection: ConnectionId; readonly room: string; readonly seq: number }
  /** What is laid down for rooms is not what it was. */
  | { readonly type: 'revise' }
  /** Time has passed. */
  | { readonly type: 'tick' };
