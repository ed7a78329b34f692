/** The WebSocket edge: uWebSockets.js accepts sockets and carries bytes. Of the protocol it knows nothing. */
import type { HttpRequest, HttpResponse, us_socket_context_t, WebSocket, WebSocketBehavior } from 'uWebSockets.js';
import type { EdgePort } from '../../hub/edge-port.ts';
import type { ConnectionId } from '../../hub/user.ts';
import { guarded } from '../../observe/guard.ts';
import type { Wire } from '../../protocol/dialect.ts';
import { type ClientAddresses, clientAddresses, type TrustedProxies } from '../address.ts';
import { type Rejection, retryAfter } from '../admission.ts';
import type { EdgeHandlers } from '../handlers.ts';
import { asksForWebSocket, handshakeFault } from '../handshake.ts';
import { ephemeralTopic, type Peer, Peers, type PressureLimits, type SocketData } from '../peers.ts';
import { PlainHttp, type PlainHttpOptions } from '../plain-http.ts';
import { requestFault } from '../request-fault.ts';
import { type HeaderLines, headerLines } from '../request-head.ts';
import { type RequestPath, requestPaths } from '../request-path.ts';
import { type SocketLimits, Sockets } from '../sockets.ts';
import { readWatch } from '../status-feed.ts';
import { type Purpose, readUpgrade } from '../upgrade.ts';
import { answering, guardedBehavior } from './guarded-behavior.ts';
import { type NativeApp, NativeApps, type TlsFiles } from './native-apps.ts';
import { peerAddress, proxiedAddress } from './socket-address.ts';

export interface EdgeOptions {
  readonly limits: PressureLimits;
  readonly sockets: SocketLimits;
  /** The longest frame a session takes, in bytes. */
  readonly maxFrame: number;
  /** After how long a silent peer that answers no ping is gone, in milliseconds. */
  readonly idleTimeout: number;
  /** Whose word it is taken for that a request is of another address. */
  readonly trustProxy: TrustedProxies;
  /** Whether it is by the PROXY protocol that the first of them says so. */
  readonly proxyProtocol: boolean;
  /** The path under which the server is; `/` for its own root. */
  readonly basePath: string;
  readonly http: PlainHttpOptions;
  readonly tls: TlsFiles | undefined;
}

const purposes: ReadonlyMap<string, Purpose> = new Map([
  ['/', 'json'],
  ['/ws', 'json'],
  ['/text', 'text'],
  ['/status', 'status'],
]);

/**
 * Frames that are longer than the limit by so many bytes are read, and then refused with a reason. What is longer still is
 * cut off without one: uWebSockets.js sets aside what a frame announces, and keeps what has come of it.
 */
const readBeyond = 16 * 1024;

/** How much the bytes that are not sent may grow between two looks at them. */
const pressureReserve = 4 * 1024 * 1024;

/** How often buffers are looked at, in milliseconds. */
const inspectInterval = 100;

const noRoom: Rejection = {
  status: '503 Service Unavailable',
  header: retryAfter,
  message: 'the server has as many connections as it can have',
};

export class Edge implements EdgePort {
  readonly #options: EdgeOptions;
  readonly #handlers: EdgeHandlers;
  readonly #apps: NativeApps;
  readonly #peers: Peers;
  readonly #sockets: Sockets;
  readonly #addresses: ClientAddresses;
  readonly #pathOf: (url: string) => RequestPath;
  readonly #http: PlainHttp;
  readonly #timer: NodeJS.Timeout;

  constructor(options: EdgeOptions, handlers: EdgeHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const { failed } = handlers;
    this.#peers = new Peers(options.limits, handlers.drained, failed);
    this.#sockets = new Sockets(options.sockets, handlers.full);
    this.#addresses = clientAddresses(options.trustProxy);
    this.#pathOf = requestPaths(options.basePath);
    this.#http = new PlainHttp(options.http, handlers, () => performance.now());
    this.#apps = new NativeApps(options.tls, (app) => this.#serve(app));
    const inspect = guarded('buffers cannot be looked at', failed, () => this.#inspect());
    this.#timer = setInterval(inspect, inspectInterval).unref();
  }

  /**
   * @param shared whether other edges may listen on the same port, which is not 0, each for a part of the connections
   * @returns the port, which is another than `port` if that is 0; undefined if it cannot be had.
   */
  listen(host: string, port: number, shared = false): number | undefined {
    return this.#apps.listen(host, port, shared);
  }

  /**
   * New connections get this certificate; those that are there keep theirs.
   * @throws Error if its files cannot be used; nothing has changed then.
   */
  renewCertificate(tls: TlsFiles): void {
    this.#apps.renew(tls);
  }

  /** Stops listening and drops the sockets that are left. */
  close(): void {
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
    app.native.filter(guarded('a new connection is not watched', failed, (...args) => this.#connected(...args)));
    app.native.any('/*', (response, request) => answering(response, failed, () => this.#answer(response, request)));
  }

  #behavior(app: NativeApp): WebSocketBehavior<SocketData> {
    const { maxFrame, idleTimeout, limits } = this.#options;
    return {
      maxPayloadLength: maxFrame + readBeyond,
      // Never reached: a connection is closed at less. If it were, the socket would be lost, but not silently.
      maxBackpressure: 4 * limits.buffer + pressureReserve,
      closeOnBackpressureLimit: true,
      idleTimeout: Math.round(idleTimeout / 1000),
      sendPingsAutomatically: true,
      upgrade: (response, request, context) => {
        const purpose = purposes.get(this.#pathOf(request.getUrl()).path);
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

  /** Is told of every socket that opens, and of those that end without having become a WebSocket. */
  #connected(response: HttpResponse, change: number): void {
    if (change < 0) return this.#sockets.closed();
    if (!this.#sockets.opened()) {
      response.close();
      return;
    }
    // Whatever is done with the first request, in the end it takes the place of this handler.
    const { unheard, failed } = this.#handlers;
    const address = peerAddress(response);
    const start = performance.now();
    const tell = () => unheard(address, performance.now() - start);
    response.onAborted(guarded('a connection without a request is not told of', failed, tell));
  }

  #upgrade(
    response: HttpResponse,
    request: HttpRequest,
    context: us_socket_context_t,
    { app, purpose }: { readonly app: NativeApp; readonly purpose: Purpose },
  ): void {
    const lines = headerLines(request);
    const fault = handshakeFault(lines);
    if (fault) return this.#refuse(response, lines, fault);
    const { handshake, key, subprotocol, extensions } = readUpgrade(request, lines, purpose);
    const address = this.#addressOf(response, lines);
    const watch = purpose === 'status' ? readWatch(response, lines) : undefined;
    if (!this.#sockets.mayUpgrade()) return this.#refuse(response, lines, noRoom);
    const admitted = this.#handlers.admit({ address, handshake, watch });
    if ('status' in admitted) return this.#http.refuse(response, admitted);
    const newPeer: Peer = {
      session: admitted,
      address,
      handshake,
      socket: undefined,
      topics: [],
      spared: undefined,
      soon: undefined,
      isAwaited: false,
      isAnnounced: false,
      isTooSlow: false,
      controlsPaid: 0,
    };
    response.upgrade<SocketData>({ peer: newPeer, app }, key, subprotocol, extensions, context);
  }

  /** A request that makes no sense: the rest of the server does not come to know what it says. */
  #refuse(response: HttpResponse, lines: HeaderLines, rejection: Rejection): void {
    this.#handlers.refused({ address: this.#addressOf(response, lines), ...rejection });
    this.#http.refuse(response, rejection);
  }

  #addressOf(response: HttpResponse, lines: HeaderLines): string {
    const forwarded = lines.get('x-forwarded-for') ?? [];
    // What the proxy next to the server has seen comes last. One that has not said so says nothing of others either.
    const claims = this.#options.proxyProtocol ? [...forwarded, proxiedAddress(response)] : forwarded;
    return this.#addresses(peerAddress(response), claims);
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
    const lines = headerLines(request);
    // uWebSockets.js takes a handshake whose key has not the right length for a plain request.
    const fault = asksForWebSocket(lines) ? handshakeFault(lines) : requestFault(lines);
    if (fault) return this.#refuse(response, lines, fault);
    const headers = new Map(Array.from(lines, ([name, values]) => [name, values.join(', ')]));
    const asked = { method: request.getMethod(), ...this.#pathOf(request.getUrl()), headers };
    this.#http.answer(response, asked, this.#addressOf(response, lines));
  }

  #inspect(): void {
    this.#peers.inspect();
    this.#http.inspect();
  }
}
