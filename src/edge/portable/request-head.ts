import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { normalAddress } from '../address.ts';
import { addLine, type RequestHead } from '../request-head.ts';

/** Node joins the header lines of a name, or keeps the first one: only `rawHeaders` has all. */
export function readHead({ method = '', url = '', rawHeaders, socket }: IncomingMessage): RequestHead {
  const lines = new Map<string, string[]>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    addLine(lines, rawHeaders[at]?.toLowerCase() ?? '', rawHeaders[at + 1] ?? '');
  }
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  return { method: method.toLowerCase(), url: path, query, lines, peer: peerAddress(socket), proxied: '' };
}

/** The address of the other end. */
export function peerAddress({ remoteAddress = '' }: Socket): string {
  return normalAddress(remoteAddress) ?? remoteAddress;
}
