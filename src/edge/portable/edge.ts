/** The portable edge, on Node's own HTTP server and `ws`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { guarded } from '../../observe/guard.ts';
import type { Wire } from '../../protocol/dialect.ts';
import { type EdgeOptions, readBeyond, type TlsFiles } from '../edge.ts';
import type { EdgeHandlers } from '../handlers.ts';
import { LocalEdge } from '../local-edge.ts';
import { newPeer } from '../peers.ts';
import type { Upgrade } from '../requests.ts';
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

export class PortableEdge extends LocalEdge<PortableSocket> {
  readonly #listener: Listener;
  readonly #webSockets: WebSocketServer;
  readonly #topics: Topics;
  /** Open WebSockets. */
  readonly #open = new Set<PortableSocket>();
  /** The connections on which a request waits for its answer. */
  readonly #asking = new WeakSet<Socket>();
  readonly #events: SocketEvents;
  readonly #timer: NodeJS.Timeout;

  /** @param headLimit the longest head of a request, in bytes. */
  constructor(options: EdgeOptions, handlers: EdgeHandlers, headLimit: number) {
    super(options, handlers);
    const { maxFrame, idleTimeout, tls } = options;
    const { failed } = handlers;
    this.#topics = new Topics(failed);
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
        this.peers.drained(peer),
      ),
      ended: guarded('the end of a connection cannot be handled', failed, (...args) => this.#ended(...args)),
    };
    const events = {
      request: (request: IncomingMessage, response: ServerResponse) => this.#request(request, response),
      upgrade: (request: IncomingMessage, head: Buffer) => this.#upgrade(request, head),
    };
    this.#listener = new Listener(tls, headLimit, this.sockets, events, handlers);
    const endSilent = guarded('silent connections cannot be found', failed, () => this.#endSilent());
    this.#timer = setInterval(endSilent, Math.min(silenceInterval, idleTimeout / 4)).unref();
  }

  listen(host: string, port: number): Promise<number | undefined> {
    return this.#listener.listen(host, port);
  }

  renewCertificate(tls: TlsFiles): void {
    this.#listener.renew(tls);
  }

  override async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#open) socket.ended(abnormalClosure, '');
    await super.close();
    await this.#listener.close();
  }

  subscriberCount(topic: string): number {
    return this.#topics.count(topic);
  }

  protected publishTo(topic: string, wire: Wire, except: PortableSocket | undefined): void {
    this.#topics.publish(topic, wire, except);
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
    const purpose = asked.method === 'get' ? this.requests.purposeOf(asked.url) : undefined;
    if (this.#asking.has(request.socket)) return void request.socket.destroy();
    if (!purpose) return this.#answer(request, undefined);
    const upgrade = this.requests.upgrade(asked, purpose);
    if ('status' in upgrade) this.http.refuse(this.#responder(request, undefined), upgrade);
    else this.#openWebSocket(request, head, upgrade);
  }

  #answer(request: IncomingMessage, response: ServerResponse | undefined): void {
    this.answer(this.#responder(request, response), readHead(request));
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
    if (!isOpen) this.handlers.closed({ connection: session.id, address, code: abnormalClosure, reason: '' });
  }

  #serve(webSocket: WebSocket, system: Socket, peer: PortableSocket['peer']): void {
    const { failed } = this.handlers;
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
      if (!socket.isEnded) this.peers.control(peer, byteLength, performance.now());
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
    whole(() => this.opened(peer, socket));
  }

  #ended(socket: PortableSocket, code: number, reason: string): void {
    for (const topic of socket.topics) this.#topics.unsubscribe(socket, topic);
    this.closed(socket.peer, code, reason);
  }

  #endSilent(): void {
    const now = performance.now();
    for (const socket of this.#open) if (socket.isSilent(now, this.options.idleTimeout)) socket.terminate();
  }
}

/** A copy: `ws` passes a part of its read buffer, which also has other data. */
function bytesOf({ buffer, byteOffset, byteLength }: Buffer): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}
