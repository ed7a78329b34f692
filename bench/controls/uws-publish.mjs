// The floor: uWebSockets.js gives every message to everyone with one native publish.
// An argument is a number of bytes to add to each message, to publish as many as a server with an envelope does.
import { App, us_socket_local_port } from 'uWebSockets.js';

const padding = Buffer.alloc(Number(process.argv[2] ?? 0), ' ');
const app = App();
app.ws('/*', {
  // By default what a slow reader has no room for is left out, silently.
  maxBackpressure: 64 * 1024 * 1024,
  // By default a message may have 16 KiB.
  maxPayloadLength: 1024 * 1024,
  open: (socket) => socket.subscribe('room'),
  message: (_socket, message, isBinary) =>
    app.publish('room', padding.length > 0 ? Buffer.concat([Buffer.from(message), padding]) : message, isBinary),
});
app.listen('127.0.0.1', 0, (listening) =>
  console.log(`listening on ws://127.0.0.1:${us_socket_local_port(listening)}`),
);
