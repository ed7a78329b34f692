/** uWebSockets.js lets what its callbacks throw end the process, and ends it itself if a request is left without an answer. */
import type { HttpResponse, WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import { type Failed, guarded } from '../../observe/guard.ts';

/** Calls what answers a request. If it throws, the connection of the request is cut. */
export function answering(response: HttpResponse, failed: Failed, answer: () => void): void {
  try {
    answer();
  } catch (error) {
    failed('a request cannot be answered', error);
    // If it was answered or upgraded already, that is refused, and there is nothing to be done.
    guarded('a request cannot be cut off', failed, () => response.close())();
  }
}

/** The same behavior; a socket on which it throws is closed, unless it is closing. */
export function guardedBehavior<Data>(behavior: WebSocketBehavior<Data>, failed: Failed): WebSocketBehavior<Data> {
  const { upgrade, open, message, ping, pong, drain, close } = behavior;
  const end = (socket: WebSocket<Data>, error: unknown) => {
    failed('a connection has failed', error);
    guarded('a connection cannot be closed', failed, () => socket.end(internalError, 'internal error'))();
  };
  return {
    ...behavior,
    ...(upgrade && {
      upgrade: (response, request, context) =>
        answering(response, failed, () => void upgrade(response, request, context)),
    }),
    ...(open && {
      open(socket) {
        try {
          void open(socket);
        } catch (error) {
          end(socket, error);
        }
      },
    }),
    ...(message && {
      message(socket, data, isBinary) {
        try {
          void message(socket, data, isBinary);
        } catch (error) {
          end(socket, error);
        }
      },
    }),
    ...(ping && { ping: guarded('a ping cannot be counted', failed, ping) }),
    ...(pong && { pong: guarded('a pong cannot be counted', failed, pong) }),
    ...(drain && { drain: guarded('a connection that takes more again cannot go on', failed, drain) }),
    ...(close && { close: guarded('a connection that has closed cannot be taken leave of', failed, close) }),
  };
}

/** RFC 6455, section 7.4.1. */
const internalError = 1011;
