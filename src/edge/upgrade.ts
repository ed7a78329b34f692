/** Reads an upgrade request. Everything is copied: the request is dead once the handler returns. */
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { type Dialect, subprotocols } from '../protocol/dialect.ts';
import type { Handshake } from '../session/session.ts';
import { type ClientAddresses, normalAddress } from './address.ts';
import { elements, type HeaderLines, single } from './request-head.ts';
import { readWatch, statusSubprotocol, type Watch } from './status-feed.ts';

/** What a path is for: a dialect, which a subprotocol may replace, or the figures of the server. */
export type Purpose = Dialect | 'status';

export interface UpgradeRequest {
  readonly handshake: Handshake;
  /** Set if it asks for the figures of the server, not for a session. */
  readonly watch: Watch | undefined;
  /** The subprotocol to answer with; empty: none was asked for that there is. */
  readonly subprotocol: string;
  readonly address: string;
  readonly key: string;
  readonly extensions: string;
}

/** The address of the other end of a connection. */
export function peerAddress(response: HttpResponse): string {
  const text = Buffer.from(response.getRemoteAddressAsText()).toString();
  return normalAddress(text) ?? text;
}

/** @param lines of a request that has no `handshakeFault`. */
export function readUpgrade(
  request: HttpRequest,
  lines: HeaderLines,
  purpose: Purpose,
  peer: string,
  addresses: ClientAddresses,
): UpgradeRequest {
  const offered = elements(lines, 'sec-websocket-protocol');
  const known = (name: string) =>
    purpose === 'status' ? name === statusSubprotocol : Object.hasOwn(subprotocols, name);
  const subprotocol = offered.find(known) ?? '';
  const query = new URLSearchParams(request.getQuery());
  const name = query.get('name') ?? undefined;
  const rooms = query.getAll('room');
  return {
    handshake: {
      dialect: subprotocols[subprotocol] ?? (purpose === 'status' ? 'json' : purpose),
      name: name && ownString(name),
      token: query.get('token') ?? undefined,
      // An empty name is none: `?room=` asks for no rooms at all.
      rooms: rooms.length > 0 ? rooms.filter((room) => room !== '').map(ownString) : undefined,
    },
    watch: purpose === 'status' ? readWatch(lines, peer, offered) : undefined,
    subprotocol,
    address: addresses(peer, lines.get('x-forwarded-for') ?? []),
    key: single(lines, 'sec-websocket-key') ?? '',
    extensions: elements(lines, 'sec-websocket-extensions').join(', '),
  };
}

/** A piece of a string keeps the whole of it in memory: what stays would keep the query, its token included. */
function ownString(piece: string): string {
  return Buffer.from(piece).toString();
}
