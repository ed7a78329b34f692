/** Checks handshakes of WebSockets by RFC 6455, section 4.2.1, which uWebSockets.js hardly does. */
import type { Rejection } from './admission.ts';
import { malformed, requestFault } from './request-fault.ts';
import { elements, type HeaderLines, single } from './request-head.ts';

const version = '13';

/** 16 bytes in Base64. */
const key = /^[A-Za-z0-9+/]{22}==$/;

/** Whether it asks for a WebSocket, correctly or not. */
export function asksForWebSocket(lines: HeaderLines): boolean {
  return includes(lines, 'upgrade', 'websocket');
}

/** @returns the fault of the request; undefined if it is well-formed. */
export function handshakeFault(lines: HeaderLines): Rejection | undefined {
  const fault = requestFault(lines);
  if (fault) return fault;
  // Proxies do this that are not configured for WebSockets.
  if (!asksForWebSocket(lines)) return malformed('"Upgrade: websocket" is missing: a proxy has to pass it on');
  if (!includes(lines, 'connection', 'upgrade')) {
    return malformed('"Connection: Upgrade" is missing: a proxy has to pass it on');
  }
  if ((lines.get('sec-websocket-version') ?? []).length > 1) {
    return malformed('there are several Sec-WebSocket-Version lines');
  }
  if (single(lines, 'sec-websocket-version') !== version) return otherVersion;
  if (!key.test(single(lines, 'sec-websocket-key') ?? '')) {
    return malformed('there has to be one Sec-WebSocket-Key, which is 16 bytes in Base64');
  }
  if (hasBody(lines)) return malformed('a handshake has no body');
  return undefined;
}

const otherVersion: Rejection = {
  status: '426 Upgrade Required',
  header: ['sec-websocket-version', version],
  message: `this server speaks WebSocket version ${version}`,
};

function includes(lines: HeaderLines, name: string, token: string): boolean {
  return elements(lines, name).some((element) => element.toLowerCase() === token);
}

function hasBody(lines: HeaderLines): boolean {
  return lines.has('transfer-encoding') || (lines.get('content-length') ?? []).some((length) => length !== '0');
}
