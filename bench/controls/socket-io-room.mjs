// What both Socket.IO controls do: everyone is in one room, and a message goes to the room.

/** Heartbeats are text frames, which the load client would have to decode: they are put off until after the run. */
export const options = { transports: ['websocket'], serveClient: false, pingInterval: 3_600_000 };

export function serve(io) {
  io.on('connection', (socket) => {
    socket.join('room');
    socket.on('message', (body, acknowledge) => {
      io.to('room').emit('message', body);
      acknowledge?.();
    });
  });
}
