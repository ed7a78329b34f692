/** Reads an upgrade request. Everything is copied: the request is dead once the handler returns. */
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { type Dialect, subprotocols } from '../protocol/dialect.ts';
import type { Handshake } from '../session/session.ts';
import type { ClientAddresses } from './address.ts';

export interface UpgradeRequest {
  readonly handshake: Handshake;
  /** The subprotocol to answer with; empty: none was asked for that there is. */
  readonly subprotocol: string;
  readonly address: string;
  /** Of the WebSocket protocol; empty: not given. */
  readonly version: string;
  readonly key: string;
  readonly extensions: string;
}

/** @param pathDialect what the path asks for; a subprotocol in the request goes before it. */
export function readUpgrade(
  response: HttpResponse,
  request: HttpRequest,
  pathDialect: Dialect,
  addresses: ClientAddresses,
): UpgradeRequest {
  const offered = request
    .getHeader('sec-websocket-protocol')
    .split(',')
    .map((name) => name.trim());
  const subprotocol = offered.find((name) => Object.hasOwn(subprotocols, name)) ?? '';
  const query = new URLSearchParams(request.getQuery());
  const name = query.get('name') ?? undefined;
  const rooms = query.getAll('room');
  return {
    handshake: {
      dialect: subprotocols[subprotocol] ?? pathDialect,
      name: name && ownString(name),
      token: query.get('token') ?? undefined,
      // An empty name is none: `?room=` asks for no rooms at all.
      rooms: rooms.length > 0 ? rooms.filter((room) => room !== '').map(ownString) : undefined,
    },
    subprotocol,
    address: clientAddress(response, request, addresses),
    version: request.getHeader('sec-websocket-version'),
    key: request.getHeader('sec-websocket-key'),
    extensions: request.getHeader('sec-websocket-extensions'),
  };
}

/** The address of the client that a request is from. */
export function clientAddress(response: HttpResponse, request: HttpRequest, addresses: ClientAddresses): string {
  const forwarded: string[] = [];
  request.forEach((name, value) => {
    if (name === 'x-forwarded-for') forwarded.push(value);
  });
  return addresses(Buffer.from(response.getRemoteAddressAsText()).toString(), forwarded);
}

/** A piece of a string keeps the whole of it in memory: what stays would keep the query, its token included. */
function ownString(piece: string): string {
  return Buffer.from(piece).toString();
}
