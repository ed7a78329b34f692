/** What the edges with sockets in this process have in common, whatever kind of sockets these are. */
import type { ConnectionId } from '../hub/user.ts';
import { guarded } from '../observe/guard.ts';
import type { Wire } from '../protocol/dialect.ts';
import { type Edge, type EdgeOptions, inspectInterval, type TlsFiles } from './edge.ts';
import type { EdgeHandlers } from './handlers.ts';
import { ephemeralTopic, type Peer, type PeerSocket, Peers } from './peers.ts';
import { PlainHttp } from './plain-http.ts';
import type { RequestHead } from './request-head.ts';
import { Requests } from './requests.ts';
import type { Responder } from './responder.ts';
import { Sockets } from './sockets.ts';

export abstract class LocalEdge<Socket extends PeerSocket> implements Edge {
  protected readonly options: EdgeOptions;
  protected readonly handlers: EdgeHandlers;
  protected readonly peers: Peers<Socket>;
  protected readonly sockets: Sockets;
  protected readonly requests: Requests;
  protected readonly http: PlainHttp;
  readonly #timer: NodeJS.Timeout;

  constructor(options: EdgeOptions, handlers: EdgeHandlers) {
    this.options = options;
    this.handlers = handlers;
    this.peers = new Peers(options.limits, handlers.drained, handlers.failed);
    this.sockets = new Sockets(options.sockets, handlers.full);
    this.requests = new Requests(options, handlers, this.sockets);
    this.http = new PlainHttp(options.http, handlers, () => performance.now());
    const inspect = guarded('the buffers cannot be measured', handlers.failed, () => {
      this.peers.inspect();
      this.http.inspect();
    });
    this.#timer = setInterval(inspect, inspectInterval).unref();
  }

  abstract listen(host: string, port: number): Promise<number | undefined>;
  abstract renewCertificate(tls: TlsFiles): void;
  abstract subscriberCount(topic: string): number;

  /** Sends to all sockets that are subscribed, except `except`. */
  protected abstract publishTo(topic: string, wire: Wire, except: Socket | undefined): void;

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  // ---- the port

  send(connection: ConnectionId, wire: Wire): void {
    this.peers.send(connection, wire);
  }

  sendEphemeral(connection: ConnectionId, wire: Wire): void {
    this.peers.sendEphemeral(connection, wire);
  }

  sendAll(connection: ConnectionId, wires: readonly Wire[]): void {
    this.peers.sendAll(connection, wires);
  }

  sendEach(connections: readonly ConnectionId[], wire: Wire): void {
    for (const connection of connections) this.peers.send(connection, wire);
  }

  sendSoon(connection: ConnectionId, wire: Wire): void {
    this.peers.sendSoon(connection, wire);
  }

  publish(topic: string, wire: Wire, except?: ConnectionId): void {
    this.peers.beforePublish(topic, wire.length);
    this.publishTo(topic, wire, this.#socket(except));
  }

  publishEphemeral(topic: string, wire: Wire, except?: ConnectionId): void {
    this.peers.beforeEphemeral(topic, wire.length);
    this.publishTo(ephemeralTopic(topic), wire, this.#socket(except));
  }

  subscribe(connection: ConnectionId, topic: string, ephemeral: boolean): void {
    this.peers.subscribe(connection, topic, ephemeral);
  }

  unsubscribe(connection: ConnectionId, topic: string): void {
    this.peers.unsubscribe(connection, topic);
  }

  subscribers(topic: string): readonly ConnectionId[] {
    return this.peers.subscribers(topic);
  }

  whenDrained(connection: ConnectionId): void {
    this.peers.whenDrained(connection);
  }

  disconnect(connection: ConnectionId, code: number, reason: string): void {
    this.peers.disconnect(connection, code, reason);
  }

  #socket(connection: ConnectionId | undefined): Socket | undefined {
    return connection === undefined ? undefined : this.peers.socket(connection);
  }

  // ---- for its sockets

  /** A WebSocket is open: its session begins. */
  protected opened(peer: Peer<Socket>, socket: Socket): void {
    peer.socket = socket;
    this.peers.add(peer);
    if (peer.handshake) peer.session.open(peer.handshake);
    peer.handshake = undefined;
  }

  /** It has closed. */
  protected closed(peer: Peer<Socket>, code: number, reason: string): void {
    this.peers.remove(peer);
    const { session, address } = peer;
    this.handlers.closed({ connection: session.id, address, code, reason });
  }

  /** Answers a request for plain HTTP, or refuses it. */
  protected answer(responder: Responder, head: RequestHead): void {
    const page = this.requests.plain(head);
    if ('status' in page) this.http.refuse(responder, page);
    else this.http.answer(responder, page.request, page.address);
  }
}
