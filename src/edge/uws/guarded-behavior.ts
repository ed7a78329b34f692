/** In uWebSockets.js an error from a callback ends the process, and so does a request without an answer. */
import { type Failed, guarded } from '../../observe/guard.ts';
import { answering } from '../answering.ts';
import type { WebSocket, WebSocketBehavior } from './native.ts';

/** The same behavior, but a socket on which it throws is closed, unless it is closing already. */
export function guardedBehavior<Data>(behavior: WebSocketBehavior<Data>, failed: Failed): WebSocketBehavior<Data> {
  const { upgrade, open, message, ping, pong, drain, close } = behavior;
  const end = (socket: WebSocket<Data>, error: unknown) => {
    failed('a connection has failed', error);
    guarded('a connection cannot be closed', failed, () => socket.end(internalError, 'internal error'))();
  };
  return {
    ...behavior,
    upgrade: (response, request, context) => answering(response, failed, () => upgrade(response, request, context)),
    open(socket) {
      try {
        open(socket);
      } catch (error) {
        end(socket, error);
      }
    },
    message(socket, data, isBinary) {
      try {
        message(socket, data, isBinary);
      } catch (error) {
        end(socket, error);
      }
    },
    ping: guarded('a ping cannot be counted', failed, ping),
    pong: guarded('a pong cannot be counted', failed, pong),
    drain: guarded('a connection whose buffer has drained cannot go on', failed, drain),
    close: guarded('the end of a connection cannot be handled', failed, close),
  };
}

/** RFC 6455, section 7.4.1. */
const internalError = 1011;
