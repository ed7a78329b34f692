// The floor with rooms: the same as uws-publish.mjs, but the path of the request names the room.
import { App, us_socket_local_port } from 'uWebSockets.js';

const app = App();
app.ws('/*', {
  maxBackpressure: 64 * 1024 * 1024,
  // By default a message may have 16 KiB.
  maxPayloadLength: 1024 * 1024,
  upgrade: (response, request, context) =>
    response.upgrade({ room: request.getUrl() }, request.getHeader('sec-websocket-key'), '', '', context),
  open: (socket) => socket.subscribe(socket.getUserData().room),
  message: (socket, message, isBinary) => app.publish(socket.getUserData().room, message, isBinary),
});
app.listen('127.0.0.1', 0, (listening) =>
  console.log(`listening on ws://127.0.0.1:${us_socket_local_port(listening)}`),
);
