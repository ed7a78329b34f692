/** The edge of uWebSockets.js. */
import type { ConnectionId } from '../../hub/user.ts';
import { guarded } from '../../observe/guard.ts';
import type { Wire } from '../../protocol/dialect.ts';
import { answering } from '../answering.ts';
import { type Edge, type EdgeOptions, inspectInterval, readBeyond, type TlsFiles } from '../edge.ts';
import type { EdgeHandlers } from '../handlers.ts';
import { ephemeralTopic, newPeer, type Peer, Peers } from '../peers.ts';
import { PlainHttp } from '../plain-http.ts';
import { Requests } from '../requests.ts';
import { Sockets } from '../sockets.ts';
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

export class UwsEdge implements Edge {
  readonly #options: EdgeOptions;
  readonly #handlers: EdgeHandlers;
  readonly #apps: NativeApps;
  readonly #peers: Peers<WebSocket<SocketData>>;
  readonly #sockets: Sockets;
  readonly #requests: Requests;
  readonly #http: PlainHttp;
  readonly #timer: NodeJS.Timeout;

  constructor(native: Native, options: EdgeOptions, handlers: EdgeHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const { failed } = handlers;
    this.#peers = new Peers(options.limits, handlers.drained, failed);
    this.#sockets = new Sockets(options.sockets, handlers.full);
    this.#requests = new Requests(options, handlers, this.#sockets);
    this.#http = new PlainHttp(options.http, handlers, () => performance.now());
    this.#apps = new NativeApps(native, options.tls, (app) => this.#serve(app));
    const inspect = guarded('the buffers cannot be measured', failed, () => this.#inspect());
    this.#timer = setInterval(inspect, inspectInterval).unref();
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

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#apps.close();
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
    this.#apps.publish(topic, wire, this.#socket(except));
  }

  publishEphemeral(topic: string, wire: Wire, except?: ConnectionId): void {
    this.#peers.beforeEphemeral(topic, wire.length);
    this.#apps.publish(ephemeralTopic(topic), wire, this.#socket(except));
  }

  subscribe(connection: ConnectionId, topic: string, ephemeral: boolean): void {
    this.#peers.subscribe(connection, topic, ephemeral);
  }

  unsubscribe(connection: ConnectionId, topic: string): void {
    this.#peers.unsubscribe(connection, topic);
  }

  subscriberCount(topic: string): number {
    return this.#apps.subscriberCount(topic);
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

  #socket(connection: ConnectionId | undefined): WebSocket<SocketData> | undefined {
    return connection === undefined ? undefined : this.#peers.socket(connection);
  }

  // ---- sockets

  #serve(app: NativeApp): void {
    const { failed } = this.#handlers;
    app.native.ws('/*', guardedBehavior(this.#behavior(app), failed));
    app.native.filter(guarded('a new connection cannot be watched', failed, (...args) => this.#connected(...args)));
    app.native.any('/*', (response, request) => answering(response, failed, () => this.#answer(response, request)));
  }

  #behavior(app: NativeApp): WebSocketBehavior<SocketData> {
    const { maxFrame, idleTimeout, limits } = this.#options;
    return {
      maxPayloadLength: maxFrame + readBeyond,
      // Never reached: a connection is closed before. If it were, the socket would be closed, and not silently lose
      // messages.
      maxBackpressure: 4 * limits.buffer + pressureReserve,
      closeOnBackpressureLimit: true,
      idleTimeout: Math.round(idleTimeout / 1000),
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => {
        const purpose = this.#requests.purposeOf(request.getUrl());
        if (purpose) this.#upgrade(response, request, context, { app, purpose });
        else request.setYield(true);
      },
      open: (socket) => this.#open(socket),
      message: (socket, data, isBinary) => socket.getUserData().peer.session.receive(data, isBinary),
      ping: (socket, { byteLength }) => this.#peers.control(socket.getUserData().peer, byteLength, performance.now()),
      pong: (socket, { byteLength }) => this.#peers.control(socket.getUserData().peer, byteLength, performance.now()),
      drain: (socket) => this.#peers.drained(socket.getUserData().peer),
      close: (socket, code, reason) => this.#closed(socket, code, reason),
    };
  }

  /** Called for every socket that opens, and for those that end without becoming a WebSocket. */
  #connected(response: HttpResponse, change: number): void {
    if (change < 0) return this.#sockets.closed();
    if (!this.#sockets.opened()) {
      response.close();
      return;
    }
    // Every handling of the first request replaces this handler.
    const { unheard, failed } = this.#handlers;
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
    const upgrade = this.#requests.upgrade(readHead(request, response), purpose);
    if ('status' in upgrade) return this.#http.refuse(this.#responder(response), upgrade);
    const { session, address, handshake, key, subprotocol, extensions } = upgrade;
    const peer: SocketData['peer'] = newPeer(session, address, handshake);
    response.upgrade<SocketData>({ peer, app }, key, subprotocol, extensions, context);
  }

  #open(socket: WebSocket<SocketData>): void {
    const { peer, app } = socket.getUserData();
    this.#apps.opened(app);
    peer.socket = socket;
    this.#sockets.upgraded();
    this.#peers.add(peer);
    if (peer.handshake) peer.session.open(peer.handshake);
    peer.handshake = undefined;
  }

  #closed(socket: WebSocket<SocketData>, code: number, reason: ArrayBuffer): void {
    const { peer, app } = socket.getUserData();
    this.#apps.closed(app);
    this.#sockets.webSocketClosed();
    this.#peers.remove(peer);
    const { session, address } = peer;
    this.#handlers.closed({ connection: session.id, address, code, reason: Buffer.from(reason).toString() });
  }

  // ---- plain HTTP

  #answer(response: HttpResponse, request: HttpRequest): void {
    const responder = this.#responder(response);
    const page = this.#requests.plain(readHead(request, response));
    if ('status' in page) this.#http.refuse(responder, page);
    else this.#http.answer(responder, page.request, page.address);
  }

  #responder(response: HttpResponse): NativeResponder {
    return new NativeResponder(response, this.#handlers.failed);
  }

  #inspect(): void {
    this.#peers.inspect();
    this.#http.inspect();
  }
}
