import type { Entry } from '../log/port.ts';
import type { Dialect, HistoryPage } from '../protocol/dialect.ts';
import type { ServerFrame, ServerJoined, ServerMessage } from '../protocol/generated/frames.ts';
import type { ConnectionId } from './user.ts';

/** What the hub wants done. Plain data, to be carried out in this order. */
export type Effect =
  | Delivery
  | Keeping
  /** Something failed, of a room or not, and what was done about it. For the operator. */
  | {
      readonly type: 'failure';
      readonly room?: string;
      readonly message: string;
      readonly error: unknown;
      /** This connection is here in part only, and is to be closed. */
      readonly ends?: ConnectionId;
    };

/** What concerns the log. */
export type Keeping =
  /** The message is the next one in the room's log. */
  | { readonly type: 'append'; readonly frame: ServerMessage }
  /** The connection is to get what the log has after number `after` up to `to`; then `replayed` comes back. */
  | {
      readonly type: 'replay';
      readonly connection: ConnectionId;
      readonly room: string;
      readonly after: number;
      readonly to: number;
    }
  /** It is not to get the rest of it. */
  | { readonly type: 'stopReplay'; readonly connection: ConnectionId; readonly room: string }
  /** It asked for this page, whose messages are these. */
  | {
      readonly type: 'history';
      readonly connection: ConnectionId;
      readonly page: HistoryPage;
      readonly entries: readonly Entry[];
    }
  /** It asked to join in the middle of a replay: to be told with `after` how far that has come. */
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

/** What concerns the sockets. */
export type Delivery =
  /** To one connection. */
  | { readonly type: 'send'; readonly connection: ConnectionId; readonly frame: ServerFrame }
  /** To these connections of one user but `except`. */
  | {
      readonly type: 'sendEach';
      readonly user: string;
      readonly connections: readonly ConnectionId[];
      readonly frame: ServerFrame;
      readonly except: ConnectionId;
    }
  /** To every connection in a room but `except`. */
  | { readonly type: 'publish'; readonly room: string; readonly frame: ServerFrame; readonly except?: ConnectionId }
  /** The same for what may be left out for a slow reader. */
  | { readonly type: 'signal'; readonly room: string; readonly frame: ServerFrame; readonly except: ConnectionId }
  /** To every connection of the server. */
  | { readonly type: 'broadcast'; readonly frame: ServerFrame }
  /** From here on the connection gets what is published in the room. */
  | { readonly type: 'subscribe'; readonly connection: ConnectionId; readonly dialect: Dialect; readonly room: string }
  | {
      readonly type: 'unsubscribe';
      readonly connection: ConnectionId;
      readonly dialect: Dialect;
      readonly room: string;
    };
