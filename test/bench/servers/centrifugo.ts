/**
 * A server with the protocol of Centrifugo: a frame may have several replies, one per line, and a ping is an empty one.
 */
import { type WebSocket, WebSocketServer } from 'ws';

interface Command {
  readonly id?: number;
  readonly connect?: { readonly token?: string };
  readonly subscribe?: { readonly channel: string };
  readonly publish?: { readonly channel: string; readonly data: unknown };
}

class Client {
  channel: string | undefined;
  /** Whether a ping has no answer yet. */
  isAsked = false;
  readonly #socket: WebSocket;
  #outbox: string[] = [];

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Sends the reply in one frame with all others of this turn. */
  send(reply: object): void {
    if (this.#outbox.length === 0) setImmediate(() => this.#socket.send(this.#outbox.splice(0).join('\n')));
    this.#outbox.push(JSON.stringify(reply));
  }

  ping(): void {
    this.isAsked = true;
    this.send({});
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}

/** Accepts everyone without a token, and lets them publish to their channel. A new subscriber is pinged. */
export function centrifugoServer(): WebSocketServer {
  const clients = new Set<Client>();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/connection/websocket' });
  server.on('connection', (socket) => {
    const client = new Client(socket);
    clients.add(client);
    socket.on('message', (bytes) => {
      for (const line of bytes.toString().split('\n')) take(client, JSON.parse(line) as Command);
    });
  });

  function take(client: Client, { id, connect, subscribe, publish }: Command): void {
    if (id === undefined && client.isAsked) client.isAsked = false;
    else if (client.isAsked) client.close(3012, 'no pong');
    else if (id === undefined || !Number.isInteger(id) || id < 1 || id >= 2 ** 32) client.close(3501, 'bad request');
    else if (connect?.token === 'expired') client.send({ id, error: { code: 109, message: 'token expired' } });
    else if (connect?.token !== undefined) client.close(3500, 'invalid token');
    else if (connect) client.send({ id, connect: { client: 'c', version: '6.2.0', ping: 25, pong: true } });
    else if (subscribe) {
      client.channel = subscribe.channel;
      client.send({ id, subscribe: {} });
      client.ping();
    } else if (publish && publish.channel === client.channel) {
      const { channel, data } = publish;
      for (const other of clients) if (other.channel === channel) other.send({ push: { channel, pub: { data } } });
      client.send({ id, publish: {} });
    } else client.send({ id, error: { code: 103, message: 'permission denied' } });
  }
  return server;
}
