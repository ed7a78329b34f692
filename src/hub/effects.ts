import type { Dialect } from '../protocol/dialect.ts';
import type { ServerFrame } from '../protocol/generated/frames.ts';
import type { ConnectionId } from './user.ts';

/** What the hub wants done. Plain data, to be carried out in this order. */
export type Effect =
  | Delivery
  /** A room failed on a command and has been rebuilt. For the operator. */
  | { readonly type: 'failure'; readonly room: string; readonly error: unknown };

/** What concerns the sockets. */
export type Delivery =
  /** To one connection. */
  | { readonly type: 'send'; readonly connection: ConnectionId; readonly frame: ServerFrame }
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
