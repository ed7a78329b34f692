/**
 * The interface from an edge to the rest of the server, which may be in another process: apart from functions, plain
 * data.
 */
import type { ConnectionId } from '../hub/user.ts';
import type { Failed } from '../observe/guard.ts';
import type { Session } from '../session/session.ts';
import type { Rejection } from './admission.ts';
import type { RequestPath } from './request-path.ts';
import type { Watch } from './status-feed.ts';
import type { UpgradeRequest } from './upgrade.ts';

/** The part of a session that an edge uses. */
export type EdgeSession = Pick<Session, 'id' | 'open' | 'receive' | 'receiveControl' | 'end'>;

/** A client that asks for a connection. */
export interface Visitor extends Pick<UpgradeRequest, 'handshake'> {
  readonly address: string;
  /** Set if it asks for the figures of the server instead of a session. */
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
  /** undefined for no body, and no `Content-Length`. */
  readonly body: Uint8Array | undefined;
}

/** A connection that was refused before it had a session. */
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
  /** Makes the session of a visitor, to be opened with its socket; or returns why there is none. */
  readonly admit: (visitor: Visitor) => EdgeSession | Rejection;
  /** MUST be called once for every admitted visitor. */
  readonly closed: (closing: Closing) => void;
  /** Called for every connection that the edge itself refuses. */
  readonly refused: (refusal: Refusal) => void;
  /**
   * Called for a connection that ended before it had a complete request. That includes requests that uWebSockets.js
   * answers by itself: a head that is too long (431), HTTP/1.0 (505), malformed ones (400).
   * @param address of the other end, which may be a proxy.
   * @param duration in milliseconds.
   */
  readonly unheard: (address: string, duration: number) => void;
  /** The limit of sockets is reached: from now on some are refused. */
  readonly full: (sockets: number) => void;
  /** Answers plain HTTP. */
  readonly http: (request: PlainRequest) => PlainReply;
  /** Answers `whenDrained`. */
  readonly drained: (connection: ConnectionId) => void;
  /** A defect was met in a timer of the edge, or in a callback of its library. */
  readonly failed: Failed;
}
