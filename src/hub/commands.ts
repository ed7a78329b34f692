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

/** The input of the hub. Plain data. */
export type Command =
  /** A new connection of `user`, which enters `rooms` without asking. */
  | {
      readonly type: 'connect';
      readonly connection: ConnectionId;
      readonly dialect: Dialect;
      readonly user: User;
      readonly rooms: readonly string[];
    }
  /** It is gone. Unless it left on purpose (`clean`), its places are kept for the grace time. */
  | { readonly type: 'disconnect'; readonly connection: ConnectionId; readonly clean: boolean }
  /** It belongs to another user than it seemed. */
  | { readonly type: 'identify'; readonly connection: ConnectionId; readonly user: User }
  /** It asks for something. With `byName`, `to` of a `direct` is a display name. */
  | { readonly type: 'request'; readonly connection: ConnectionId; readonly frame: HubFrame; readonly byName?: boolean }
  /** The log has committed everything up to these numbers. */
  | { readonly type: 'committed'; readonly commits: readonly Commit[] }
  /** A replay is over: the connection has everything in the room's log up to number `seq`. */
  | { readonly type: 'replayed'; readonly connection: ConnectionId; readonly room: string; readonly seq: number }
  /** The policies of rooms have changed. */
  | { readonly type: 'revise' }
  /** Time has passed. */
  | { readonly type: 'tick' };
