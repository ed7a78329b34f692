import type { Entry } from '../log/port.ts';
import type { Dialect, HistoryPage } from '../protocol/dialect.ts';
import type { ServerFrame, ServerJoined, ServerMessage } from '../protocol/generated/frames.ts';
import type { ConnectionId } from './user.ts';

/** The output of the hub. Plain data, to be carried out in order. */
export type Effect =
  | Delivery
  | Keeping
  /** A failure, in a room or elsewhere. For the operator. */
  | {
      readonly type: 'failure';
      readonly room?: string;
      readonly message: string;
      readonly error: unknown;
      /** This connection is only half set up, and has to be closed. */
      readonly ends?: ConnectionId;
    };

/** Effects on the log. */
export type Keeping =
  /** The message is the next one in the room's log. */
  | { readonly type: 'append'; readonly frame: ServerMessage }
  /** Sends the connection the log's messages after number `after` up to `to`; then `replayed` comes back. */
  | {
      readonly type: 'replay';
      readonly connection: ConnectionId;
      readonly room: string;
      readonly after: number;
      readonly to: number;
    }
  /** Stops a replay. */
  | { readonly type: 'stopReplay'; readonly connection: ConnectionId; readonly room: string }
  /** A page that the connection has asked for, and its messages. */
  | {
      readonly type: 'history';
      readonly connection: ConnectionId;
      readonly page: HistoryPage;
      readonly entries: readonly Entry[];
    }
  /** It has joined again in the middle of a replay: the answer says in `after` how far that has come. */
  | { readonly type: 'joinedAgain'; readonly connection: ConnectionId; readonly joined: ServerJoined };

const keeping: ReadonlySet<string> = new Set<Keeping['type']>([
  'append',
  'replay',
  'stopReplay',
  'history',
  'joinedAgain',
]);

export function isKeeping(effect: Delivery | Keeping): effect is Keeping {
  return keeping.has(effect.type);
}

/** Effects on sockets. */
export type Delivery =
  /** To one connection. */
  | { readonly type: 'send'; readonly connection: ConnectionId; readonly frame: ServerFrame }
  /** To these connections of one user, except `except`. */
  | {
      readonly type: 'sendEach';
      readonly user: string;
      readonly connections: readonly ConnectionId[];
      readonly frame: ServerFrame;
      readonly except: ConnectionId;
    }
  /** To every connection in a room, except `except`. */
  | { readonly type: 'publish'; readonly room: string; readonly frame: ServerFrame; readonly except?: ConnectionId }
  /** The same for a frame that slow readers do not get. */
  | { readonly type: 'signal'; readonly room: string; readonly frame: ServerFrame; readonly except: ConnectionId }
  /** To every connection of the server. */
  | { readonly type: 'broadcast'; readonly frame: ServerFrame }
  /** From here on the connection gets messages that are published in the room. */
  | { readonly type: 'subscribe'; readonly connection: ConnectionId; readonly dialect: Dialect; readonly room: string }
  | {
      readonly type: 'unsubscribe';
      readonly connection: ConnectionId;
      readonly dialect: Dialect;
      readonly room: string;
    };
