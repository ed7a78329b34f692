/** Where a connection comes from, as the system says, and as a proxy does with the first bytes on it. */
import type { HttpResponse } from 'uWebSockets.js';
import { normalAddress } from '../address.ts';

/** The address of the other end. */
export function peerAddress(response: HttpResponse): string {
  return read(response.getRemoteAddressAsText());
}

/**
 * The address in a header of the PROXY protocol, version 2; empty if there was none. Anybody may send one, and one more
 * before each request: uWebSockets.js tells the last.
 */
export function proxiedAddress(response: HttpResponse): string {
  return read(response.getProxiedRemoteAddressAsText());
}

function read(bytes: ArrayBuffer): string {
  const text = Buffer.from(bytes).toString();
  return normalAddress(text) ?? text;
}
