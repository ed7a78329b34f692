/** Reads an upgrade request. */
import { type Dialect, subprotocols } from '../protocol/dialect.ts';
import type { Handshake } from '../session/session.ts';
import { elements, type RequestHead, single } from './request-head.ts';
import { statusSubprotocol } from './status-feed.ts';

/** The purpose of a path: a dialect, which a subprotocol may override, or the figures of the server. */
export type Purpose = Dialect | 'status';

export interface UpgradeRequest {
  readonly handshake: Handshake;
  /** The subprotocol of the answer; empty if no known one was offered. */
  readonly subprotocol: string;
  readonly key: string;
  readonly extensions: string;
}

/** @param head of a request that has no `handshakeFault`. */
export function readUpgrade(head: Pick<RequestHead, 'query' | 'lines'>, purpose: Purpose): UpgradeRequest {
  const { lines } = head;
  const offered = elements(lines, 'sec-websocket-protocol');
  const known = (name: string) =>
    purpose === 'status' ? name === statusSubprotocol : Object.hasOwn(subprotocols, name);
  const subprotocol = offered.find(known) ?? '';
  const query = new URLSearchParams(head.query);
  const name = query.get('name') ?? undefined;
  const rooms = query.getAll('room');
  return {
    handshake: {
      dialect: subprotocols[subprotocol] ?? (purpose === 'status' ? 'json' : purpose),
      name: name && ownString(name),
      token: query.get('token') ?? undefined,
      // An empty name does not count: `?room=` asks for no rooms at all.
      rooms: rooms.length > 0 ? rooms.filter((room) => room !== '').map(ownString) : undefined,
    },
    subprotocol,
    key: single(lines, 'sec-websocket-key') ?? '',
    extensions: elements(lines, 'sec-websocket-extensions').join(', '),
  };
}

/** A substring keeps the whole string in memory: the query, with its token. */
function ownString(piece: string): string {
  return Buffer.from(piece).toString();
}
