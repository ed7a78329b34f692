// The ws package, with a loop over all clients as in its documentation.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
server.on('connection', (socket) => {
  socket.on('message', (data, binary) => {
    for (const client of server.clients) client.send(data, { binary });
  });
});
server.on('listening', () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
