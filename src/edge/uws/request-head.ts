/** Reads the head of a request. Everything is copied: the request is dead once its handler returns. */
import { normalAddress } from '../address.ts';
import { addLine, type RequestHead } from '../request-head.ts';
import type { HttpRequest, HttpResponse } from './native.ts';

/** `getHeader` of uWebSockets.js returns only the first line of a name: `forEach` has all. */
export function readHead(request: HttpRequest, response: HttpResponse): RequestHead {
  const lines = new Map<string, string[]>();
  request.forEach((name, value) => {
    addLine(lines, name, value);
  });
  return {
    method: request.getMethod(),
    url: request.getUrl(),
    query: request.getQuery(),
    lines,
    peer: peerAddress(response),
    proxied: proxiedAddress(response),
  };
}

/** The address of the other end. */
export function peerAddress(response: HttpResponse): string {
  return read(response.getRemoteAddressAsText());
}

/**
 * The address in a header of the PROXY protocol, version 2; empty if there was none. Any client may send one, and
 * another one before each request: uWebSockets.js returns the last.
 */
function proxiedAddress(response: HttpResponse): string {
  return read(response.getProxiedRemoteAddressAsText());
}

function read(bytes: ArrayBuffer): string {
  const text = Buffer.from(bytes).toString();
  return normalAddress(text) ?? text;
}
