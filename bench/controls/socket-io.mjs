// Socket.IO with its default engine, which is ws.
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { options, serve } from './socket-io-room.mjs';

const http = createServer();
serve(new Server(http, options));
http.listen(0, '127.0.0.1', () => console.log(`listening on ws://127.0.0.1:${http.address().port}`));
