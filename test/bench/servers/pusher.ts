/** A server with Pusher Channels protocol 7: a client event on a private channel goes to all except its sender. */
import { createHmac } from 'node:crypto';
import { type WebSocket, WebSocketServer } from 'ws';

const app = { key: 'app-key', secret: 'app-secret' };

interface Frame {
  readonly event?: string;
  readonly channel?: string;
  readonly data?: { readonly channel?: string; readonly auth?: string };
}

/** @param allowsClientEvents of the app. A new subscriber is pinged, and closed if its next frame is not the answer. */
export function pusherServer(allowsClientEvents = true): WebSocketServer {
  const channels = new Map<WebSocket, string>();
  const asked = new Set<WebSocket>();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket, { url = '' }) => {
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    const fail = (code: number, message: string) => send({ event: 'pusher:error', data: { code, message } });
    const { pathname, searchParams } = new URL(url, 'ws://localhost');
    if (searchParams.get('protocol') !== '7') return socket.close(4007);
    if (pathname !== `/app/${app.key}`) {
      fail(4001, 'Could not find app by key');
      return socket.close(4001);
    }
    const socketId = `${server.clients.size}.1`;
    send({
      event: 'pusher:connection_established',
      data: JSON.stringify({ socket_id: socketId, activity_timeout: 120 }),
    });
    socket.on('message', (bytes) => {
      const { event = '', channel, data } = JSON.parse(bytes.toString()) as Frame;
      if (asked.delete(socket) && event !== 'pusher:pong') socket.close(4201, 'Pong reply not received');
      else if (event === 'pusher:subscribe') subscribe(data?.channel ?? '', data?.auth);
      else if (event.startsWith('client-') && channel !== undefined && channel === channels.get(socket)) {
        if (!allowsClientEvents) return fail(4301, 'Client events are not enabled for this app');
        for (const [other, own] of channels) {
          if (other !== socket && own === channel) other.send(JSON.stringify({ event, channel, data }));
        }
      }
    });

    function subscribe(channel: string, auth: string | undefined): void {
      const signature = createHmac('sha256', app.secret).update(`${socketId}:${channel}`).digest('hex');
      if (!channel.startsWith('private-') || auth !== `${app.key}:${signature}`) {
        send({ event: 'pusher:subscription_error', channel, data: { type: 'AuthError', status: 401 } });
        return;
      }
      channels.set(socket, channel);
      send({ event: 'pusher_internal:subscription_succeeded', channel, data: '{}' });
      send({ event: 'pusher:ping', data: {} });
      asked.add(socket);
    }
  });
  return server;
}
