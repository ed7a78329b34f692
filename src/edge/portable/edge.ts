/** The portable edge, on Node's own HTTP server and `ws`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ConnectionId } from '../../hub/user.ts';
import { guarded } from '../../observe/guard.ts';
import type { Wire } from '../../protocol/dialect.ts';
import { type Edge, type EdgeOptions, inspectInterval, readBeyond, type TlsFiles } from '../edge.ts';
import type { EdgeHandlers } from '../handlers.ts';
import { ephemeralTopic, newPeer, Peers } from '../peers.ts';
import { PlainHttp } from '../plain-http.ts';
import { Requests, type Upgrade } from '../requests.ts';
import { Sockets } from '../sockets.ts';
import { Listener } from './listener.ts';
import { readHead } from './request-head.ts';
import { PortableResponder } from './responder.ts';
import { PortableSocket, type SocketEvents } from './socket.ts';
import { Topics } from './topics.ts';

/** The longest interval between two checks for silent peers, in milliseconds. */
const silenceInterval = 4000;

/** RFC 6455, section 7.4.1. */
const abnormalClosure = 1006;
const internalError = 1011;

export class PortableEdge implements Edge {
  readonly #options: EdgeOptions;
  readonly #handlers: EdgeHandlers;
  readonly #listener: Listener;
  readonly #webSockets: WebSocketServer;
  readonly #peers: Peers<PortableSocket>;
  readonly #topics: Topics;
  readonly #sockets: Sockets;
  readonly #requests: Requests;
  readonly #http: PlainHttp;
  /** Open WebSockets. */
  readonly #open = new Set<PortableSocket>();
  /** The connections on which a request waits for its answer. */
  readonly #asking = new WeakSet<Socket>();
  readonly #events: SocketEvents;
  readonly #timers: readonly NodeJS.Timeout[];

  /** @param headLimit the longest head of a request, in bytes. */
  constructor(options: EdgeOptions, handlers: EdgeHandlers, headLimit: number) {
    this.#options = options;
    this.#handlers = handlers;
    const { maxFrame, idleTimeout, limits, sockets, http, tls } = options;
    const { failed } = handlers;
    this.#peers = new Peers(limits, handlers.drained, failed);
    this.#topics = new Topics(failed);
    this.#sockets = new Sockets(sockets, handlers.full);
    this.#requests = new Requests(options, handlers, this.#sockets);
    this.#http = new PlainHttp(http, handlers, () => performance.now());
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // `ws` would drop a connection with several unsent pongs; here they count as unread data.
      autoPong: false,
      maxPayload: maxFrame + readBeyond,
    });
    this.#events = {
      drained: guarded('a connection whose buffer has drained cannot go on', failed, ({ peer }) =>
        this.#peers.drained(peer),
      ),
      ended: guarded('the end of a connection cannot be handled', failed, (...args) => this.#ended(...args)),
    };
    const events = {
      request: (request: IncomingMessage, response: ServerResponse) => this.#request(request, response),
      upgrade: (request: IncomingMessage, head: Buffer) => this.#upgrade(request, head),
    };
    this.#listener = new Listener(tls, headLimit, this.#sockets, events, handlers);
    const inspect = guarded('the buffers cannot be measured', failed, () => {
      this.#peers.inspect();
      this.#http.inspect();
    });
    const endSilent = guarded('silent connections cannot be found', failed, () => this.#endSilent());
    this.#timers = [
      setInterval(inspect, inspectInterval).unref(),
      setInterval(endSilent, Math.min(silenceInterval, idleTimeout / 4)).unref(),
    ];
  }

  listen(host: string, port: number): Promise<number | undefined> {
    return this.#listener.listen(host, port);
  }

  renewCertificate(tls: TlsFiles): void {
    this.#listener.renew(tls);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#open) socket.ended(abnormalClosure, '');
    await this.#listener.close();
  }

  // ---- the port

  send(connection: ConnectionId, wire: Wire): void {
    this.#peers.send(connection, wire);
  }

  sendEphemeral(connection: ConnectionId, wire: Wire): void {
    this.#peers.sendEphemeral(connection, wire);
  }

  sendAll(connection: ConnectionId, wires: readonly Wire[]): void {
    this.#peers.sendAll(connection, wires);
  }

  sendEach(connections: readonly ConnectionId[], wire: Wire): void {
    for (const connection of connections) this.#peers.send(connection, wire);
  }

  sendSoon(connection: ConnectionId, wire: Wire): void {
    this.#peers.sendSoon(connection, wire);
  }

  publish(topic: string, wire: Wire, except?: ConnectionId): void {
    this.#peers.beforePublish(topic, wire.length);
    this.#topics.publish(topic, wire, this.#socket(except));
  }

  publishEphemeral(topic: string, wire: Wire, except?: ConnectionId): void {
    this.#peers.beforeEphemeral(topic, wire.length);
    this.#topics.publish(ephemeralTopic(topic), wire, this.#socket(except));
  }

  subscribe(connection: ConnectionId, topic: string, ephemeral: boolean): void {
    this.#peers.subscribe(connection, topic, ephemeral);
  }

  unsubscribe(connection: ConnectionId, topic: string): void {
    this.#peers.unsubscribe(connection, topic);
  }

  subscriberCount(topic: string): number {
    return this.#topics.count(topic);
  }

  subscribers(topic: string): readonly ConnectionId[] {
    return this.#peers.subscribers(topic);
  }

  whenDrained(connection: ConnectionId): void {
    this.#peers.whenDrained(connection);
  }

  disconnect(connection: ConnectionId, code: number, reason: string): void {
    this.#peers.disconnect(connection, code, reason);
  }

  #socket(connection: ConnectionId | undefined): PortableSocket | undefined {
    return connection === undefined ? undefined : this.#peers.socket(connection);
  }

  // ---- requests

  #request(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    // One at a time: a request before the answer to the one before ends the connection.
    if (this.#asking.has(socket)) {
      if (!socket.writableEnded) socket.destroy();
      return;
    }
    this.#answer(request, response);
  }

  #upgrade(request: IncomingMessage, head: Buffer): void {
    const asked = readHead(request);
    const purpose = asked.method === 'get' ? this.#requests.purposeOf(asked.url) : undefined;
    if (this.#asking.has(request.socket)) return void request.socket.destroy();
    if (!purpose) return this.#answer(request, undefined);
    const upgrade = this.#requests.upgrade(asked, purpose);
    if ('status' in upgrade) this.#http.refuse(this.#responder(request, undefined), upgrade);
    else this.#openWebSocket(request, head, upgrade);
  }

  #answer(request: IncomingMessage, response: ServerResponse | undefined): void {
    const responder = this.#responder(request, response);
    const page = this.#requests.plain(readHead(request));
    if ('status' in page) this.#http.refuse(responder, page);
    else this.#http.answer(responder, page.request, page.address);
  }

  #responder(request: IncomingMessage, response: ServerResponse | undefined): PortableResponder {
    this.#asking.add(request.socket);
    return new PortableResponder(request, response, () => this.#asking.delete(request.socket));
  }

  // ---- WebSockets

  #openWebSocket(request: IncomingMessage, head: Buffer, { session, address, handshake, subprotocol }: Upgrade): void {
    const peer = newPeer<PortableSocket>(session, address, handshake);
    // `ws` would parse it again, more strictly than lists in headers allow (RFC 9110, section 5.6.1).
    delete request.headers['sec-websocket-protocol'];
    Object.assign(request.headers, {
      upgrade: 'websocket',
      ...(subprotocol && { 'sec-websocket-protocol': subprotocol }),
    });
    let isOpen = false;
    this.#webSockets.handleUpgrade(request, request.socket, head, (webSocket) => {
      isOpen = true;
      this.#serve(webSocket, request.socket, peer);
    });
    if (!isOpen) this.#handlers.closed({ connection: session.id, address, code: abnormalClosure, reason: '' });
  }

  #serve(webSocket: WebSocket, system: Socket, peer: PortableSocket['peer']): void {
    const { failed } = this.#handlers;
    const socket = new PortableSocket(peer, webSocket, system, this.#topics, this.#events, performance.now());
    const whole = (what: () => void): void => {
      try {
        what();
      } catch (error) {
        failed('a connection has failed', error);
        guarded('a connection cannot be closed', failed, () => socket.end(internalError, 'internal error'))();
      }
    };
    const control = guarded('a ping or a pong cannot be counted', failed, ({ byteLength }: Buffer) => {
      if (!socket.isEnded) this.#peers.control(peer, byteLength, performance.now());
    });
    const ping = (data: Buffer) => {
      if (!socket.isEnded) webSocket.pong(data);
      control(data);
    };
    webSocket.on('message', (data: Buffer, isBinary) => {
      if (!socket.isEnded) whole(() => peer.session.receive(bytesOf(data), isBinary));
    });
    webSocket.on('ping', ping);
    webSocket.on('pong', control);
    // The close code reports it as well.
    webSocket.on('error', () => undefined);
    webSocket.on('close', (code, reason) => {
      this.#open.delete(socket);
      socket.ended(code, reason.toString());
    });
    this.#listener.upgraded(system);
    this.#open.add(socket);
    peer.socket = socket;
    this.#peers.add(peer);
    whole(() => {
      if (peer.handshake) peer.session.open(peer.handshake);
      peer.handshake = undefined;
    });
  }

  #ended(socket: PortableSocket, code: number, reason: string): void {
    const { peer } = socket;
    for (const topic of socket.topics) this.#topics.unsubscribe(socket, topic);
    this.#peers.remove(peer);
    const { session, address } = peer;
    this.#handlers.closed({ connection: session.id, address, code, reason });
  }

  #endSilent(): void {
    const now = performance.now();
    for (const socket of this.#open) if (socket.isSilent(now, this.#options.idleTimeout)) socket.terminate();
  }
}

/** A copy: `ws` passes a part of its read buffer, which also has other data. */
function bytesOf({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
