/** The edge of uWebSockets.js. */
import { guarded } from '../../observe/guard.ts';
import type { Wire } from '../../protocol/dialect.ts';
import { answering } from '../answering.ts';
import { type EdgeOptions, readBeyond, type TlsFiles } from '../edge.ts';
import type { EdgeHandlers } from '../handlers.ts';
import { LocalEdge } from '../local-edge.ts';
import { newPeer, type Peer } from '../peers.ts';
import type { Purpose } from '../upgrade.ts';
import { guardedBehavior } from './guarded-behavior.ts';
import type { HttpRequest, HttpResponse, Native, SocketContext, WebSocket, WebSocketBehavior } from './native.ts';
import { type NativeApp, NativeApps } from './native-apps.ts';
import { peerAddress, readHead } from './request-head.ts';
import { NativeResponder } from './responder.ts';

/** How much unsent data may grow between two inspections, in bytes. */
const pressureReserve = 4 * 1024 * 1024;

/** The user data of a socket. */
interface SocketData {
  readonly peer: Peer<WebSocket<SocketData>>;
  /** The app that it belongs to. */
  readonly app: NativeApp;
}

export class UwsEdge extends LocalEdge<WebSocket<SocketData>> {
  readonly #apps: NativeApps;

  constructor(native: Native, options: EdgeOptions, handlers: EdgeHandlers) {
    super(options, handlers);
    this.#apps = new NativeApps(native, options.tls, (app) => this.#serve(app));
  }

  async listen(host: string, port: number): Promise<number | undefined> {
    return this.#apps.listen(host, port, false);
  }

  /**
   * Listens on a port, which is not 0, that other edges may share; each gets a part of the connections.
   * @returns whether that succeeded.
   */
  listenShared(host: string, port: number): boolean {
    return this.#apps.listen(host, port, true) !== undefined;
  }

  renewCertificate(tls: TlsFiles): void {
    this.#apps.renew(tls);
  }

  override async close(): Promise<void> {
    this.#apps.close();
    await super.close();
  }

  subscriberCount(topic: string): number {
    return this.#apps.subscriberCount(topic);
  }

  protected publishTo(topic: string, wire: Wire, except: WebSocket<SocketData> | undefined): void {
    this.#apps.publish(topic, wire, except);
  }

  // ---- sockets

  #serve(app: NativeApp): void {
    const { failed } = this.handlers;
    app.native.ws('/*', guardedBehavior(this.#behavior(app), failed));
    app.native.filter(guarded('a new connection cannot be watched', failed, (...args) => this.#connected(...args)));
    app.native.any('/*', (response, request) =>
      answering(response, failed, () => this.answer(this.#responder(response), readHead(request, response))),
    );
  }

  #behavior(app: NativeApp): WebSocketBehavior<SocketData> {
    const { maxFrame, idleTimeout, limits } = this.options;
    return {
      maxPayloadLength: maxFrame + readBeyond,
      // Never reached: a connection is closed before. If it were, the socket would be closed, and not silently lose
      // messages.
      maxBackpressure: 4 * limits.buffer + pressureReserve,
      closeOnBackpressureLimit: true,
      idleTimeout: Math.round(idleTimeout / 1000),
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => {
        const purpose = this.requests.purposeOf(request.getUrl());
        if (purpose) this.#upgrade(response, request, context, { app, purpose });
        else request.setYield(true);
      },
      open: (socket) => this.#open(socket),
      message: (socket, data, isBinary) => socket.getUserData().peer.session.receive(data, isBinary),
      ping: (socket, { byteLength }) => this.peers.control(socket.getUserData().peer, byteLength, performance.now()),
      pong: (socket, { byteLength }) => this.peers.control(socket.getUserData().peer, byteLength, performance.now()),
      drain: (socket) => this.peers.drained(socket.getUserData().peer),
      close: (socket, code, reason) => this.#closed(socket, code, reason),
    };
  }

  /** Called for every socket that opens, and for those that end without becoming a WebSocket. */
  #connected(response: HttpResponse, change: number): void {
    if (change < 0) return this.sockets.closed();
    if (!this.sockets.opened()) {
      response.close();
      return;
    }
    // Every handling of the first request replaces this handler.
    const { unheard, failed } = this.handlers;
    const address = peerAddress(response);
    const start = performance.now();
    const tell = () => unheard(address, performance.now() - start);
    response.onAborted(guarded('a connection without a request cannot be reported', failed, tell));
  }

  #upgrade(
    response: HttpResponse,
    request: HttpRequest,
    context: SocketContext,
    { app, purpose }: { readonly app: NativeApp; readonly purpose: Purpose },
  ): void {
    const upgrade = this.requests.upgrade(readHead(request, response), purpose);
    if ('status' in upgrade) return this.http.refuse(this.#responder(response), upgrade);
    const { session, address, handshake, key, subprotocol, extensions } = upgrade;
    const peer: SocketData['peer'] = newPeer(session, address, handshake);
    response.upgrade<SocketData>({ peer, app }, key, subprotocol, extensions, context);
  }

  #open(socket: WebSocket<SocketData>): void {
    const { peer, app } = socket.getUserData();
    this.#apps.opened(app);
    this.sockets.upgraded();
    this.opened(peer, socket);
  }

  #closed(socket: WebSocket<SocketData>, code: number, reason: ArrayBuffer): void {
    const { peer, app } = socket.getUserData();
    this.#apps.closed(app);
    this.sockets.webSocketClosed();
    this.closed(peer, code, Buffer.from(reason).toString());
  }

  // ---- plain HTTP

  #responder(response: HttpResponse): NativeResponder {
    return new NativeResponder(response, this.handlers.failed);
  }
}
