// uWebSockets.js, with a loop over all sockets in place of its publish.
import { App, us_socket_local_port } from 'uWebSockets.js';

const sockets = new Set();
const app = App();
app.ws('/*', {
  // By default what a slow reader has no room for is left out, silently.
  maxBackpressure: 64 * 1024 * 1024,
  // By default a message may have 16 KiB.
  maxPayloadLength: 1024 * 1024,
  open: (socket) => sockets.add(socket),
  close: (socket) => sockets.delete(socket),
  message(_socket, message, isBinary) {
    for (const socket of sockets) socket.send(message, isBinary);
  },
});
app.listen('127.0.0.1', 0, (listening) =>
  console.log(`listening on ws://127.0.0.1:${us_socket_local_port(listening)}`),
);
