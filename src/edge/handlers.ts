/** What an edge needs of the rest of the server. All but functions is plain data: that may be in another process. */
import type { ConnectionId } from '../hub/user.ts';
import type { Failed } from '../observe/guard.ts';
import type { Session } from '../session/session.ts';
import type { Rejection } from './admission.ts';
import type { RequestPath } from './request-path.ts';
import type { Watch } from './status-feed.ts';
import type { UpgradeRequest } from './upgrade.ts';

/** What an edge needs of a session. */
export type EdgeSession = Pick<Session, 'id' | 'open' | 'receive' | 'receiveControl' | 'end'>;

/** Who asks to be let in. */
export interface Visitor extends Pick<UpgradeRequest, 'handshake'> {
  readonly address: string;
  /** Set if it asks for the figures of the server, not for a session. */
  readonly watch: Watch | undefined;
}

/** A plain HTTP request: the method and the names of headers in lower case. */
export interface PlainRequest extends RequestPath {
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
}

export interface PlainReply {
  /** Code and reason. */
  readonly status: string;
  readonly headers: Record<string, string>;
  /** undefined: none, and no length of one. */
  readonly body: Uint8Array | undefined;
}

/** Somebody who was turned away before there was a session. */
export interface Refusal {
  readonly address: string;
  /** Code and reason of the answer. */
  readonly status: string;
  readonly message: string;
}

/** How a connection ended (RFC 6455, section 7.1.5). */
export interface Closing {
  readonly connection: ConnectionId;
  readonly address: string;
  readonly code: number;
  readonly reason: string;
}

export interface EdgeHandlers {
  /** Makes the session of a visitor, which is to be opened with its socket; or says why there is none. */
  readonly admit: (visitor: Visitor) => EdgeSession | Rejection;
  /** To be told once of everyone who was admitted. */
  readonly closed: (closing: Closing) => void;
  /** To be told of everyone whom the edge itself has turned away. */
  readonly refused: (refusal: Refusal) => void;
  /**
   * To be told of a connection that has ended before there was a whole request. What uWebSockets.js answers by itself is
   * among them: a head that is too long (431), HTTP/1.0 (505), what it does not understand (400).
   * @param address of the other end, be it a proxy.
   * @param duration in milliseconds.
   */
  readonly unheard: (address: string, duration: number) => void;
  /** There are as many sockets as there may be: from now on some are turned away. */
  readonly full: (sockets: number) => void;
  /** Answers plain HTTP. */
  readonly http: (request: PlainRequest) => PlainReply;
  /** Answers `whenDrained`. */
  readonly drained: (connection: ConnectionId) => void;
  /** A defect was met in a timer of the edge, or in what uWebSockets.js has called. */
  readonly failed: Failed;
}
