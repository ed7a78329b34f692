/** A WebSocket for those who watch the server: it sends, and takes nothing. From this machine only. */
import type { HttpRequest, HttpResponse, WebSocketBehavior } from 'uWebSockets.js';
import { clientAddress } from './upgrade.ts';

/** No room's topic looks like it: those have a colon. */
export const statusTopic = '*status';

/** As uWebSockets.js writes addresses: those of IPv6 in full. */
const loopback = /^(127\.|::1$|::ffff:127\.|(0000:){7}0001$|(0000:){5}ffff:7f)/;

/** @param first what is sent first. */
export function statusFeed(trustProxy: boolean, first: () => string): WebSocketBehavior<unknown> {
  return {
    maxPayloadLength: 1024,
    maxBackpressure: 1 << 20,
    closeOnBackpressureLimit: true,
    idleTimeout: 60,
    upgrade(response, request, context) {
      if (!isFromHere(response, request, trustProxy)) {
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
function isFromHere(response: HttpResponse, request: HttpRequest, trustProxy: boolean): boolean {
  const origin = request.getHeader('origin');
  if (origin !== '' && hostOf(origin) !== request.getHeader('host')) return false;
  if (!trustProxy && request.getHeader('x-forwarded-for') !== '') return false;
  return loopback.test(clientAddress(response, request, trustProxy));
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
