/** A WebSocket for those who watch the server: it sends, and takes nothing. From this machine only. */
import type { HttpRequest, HttpResponse, WebSocketBehavior } from 'uWebSockets.js';
import { type ClientAddresses, isLoopback } from './address.ts';
import { clientAddress } from './upgrade.ts';

/** No room's topic looks like it: those have a colon. */
export const statusTopic = '*status';

/** @param first what is sent first. */
export function statusFeed(addresses: ClientAddresses, first: () => string): WebSocketBehavior<unknown> {
  return {
    maxPayloadLength: 1024,
    maxBackpressure: 1 << 20,
    closeOnBackpressureLimit: true,
    idleTimeout: 60,
    upgrade(response, request, context) {
      if (!isFromHere(response, request, addresses)) {
        response
          .writeStatus('403 Forbidden')
          .writeHeader('content-type', 'text/plain; charset=utf-8')
          .end('the figures of the server are told to its own machine only\n', true);
        return;
      }
      const key = request.getHeader('sec-websocket-key');
      const protocol = request.getHeader('sec-websocket-protocol');
      response.upgrade({}, key, protocol, request.getHeader('sec-websocket-extensions'), context);
    },
    open(socket) {
      socket.send(first());
      socket.subscribe(statusTopic);
    },
  };
}

/** A page from elsewhere, open in a browser on this machine, is not from here; nor is what a proxy on it passes on. */
function isFromHere(response: HttpResponse, request: HttpRequest, addresses: ClientAddresses): boolean {
  const origin = request.getHeader('origin');
  if (origin !== '' && hostOf(origin) !== request.getHeader('host')) return false;
  if (request.getHeader('x-forwarded-for') !== '') return false;
  return isLoopback(clientAddress(response, request, addresses));
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
