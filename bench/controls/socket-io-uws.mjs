// Socket.IO with its uWebSockets.js engine.

import { App, us_socket_local_port } from 'uWebSockets.js';
import { Server } from 'socket.io';
import { options, serve } from './socket-io-room.mjs';

const app = App();
const io = new Server(options);
// By default what a slow reader has no room for is left out, silently.
io.attachApp(app, { maxBackpressure: 64 * 1024 * 1024 });
serve(io);
app.listen('127.0.0.1', 0, (listening) =>
  console.log(`listening on ws://127.0.0.1:${us_socket_local_port(listening)}`),
);
