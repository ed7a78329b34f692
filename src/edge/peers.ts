/**
 * The sockets of an edge by connection, and how far each has fallen behind.
 *
 * A publish is one native call, and nothing tells whose buffer it fills. So the buffers are looked at from time to time,
 * and at the latest when as many bytes went out as could have filled one: a slow reader is found before it has missed
 * anything, and gets a close code it can read after all that was sent to it.
 */
import type { WebSocket } from 'uWebSockets.js';
import type { ConnectionId } from '../hub/user.ts';
import type { Handshake, Session } from '../session/session.ts';

/** What is attached to a socket. */
export interface SocketData {
  readonly peer: Peer;
}

export interface Peer {
  readonly session: Session;
  readonly address: string;
  /** Until the socket is open. */
  handshake: Handshake | undefined;
  /** Set while the socket is open. */
  socket: WebSocket<SocketData> | undefined;
  /** It has fallen behind, and is spared what is ephemeral: the native topics it would subscribe to. */
  spared: Set<string> | undefined;
}

export interface PressureLimits {
  /** Unsent bytes past which a connection is closed. */
  readonly buffer: number;
  /** Unsent bytes past which a connection is spared signals. */
  readonly signalBuffer: number;
}

export class Peers {
  readonly #limits: PressureLimits;
  readonly #peers = new Map<ConnectionId, Peer>();
  /** Bytes published since the buffers were looked at. */
  #messageBytes = 0;
  #ephemeralBytes = 0;

  constructor(limits: PressureLimits) {
    this.#limits = limits;
  }

  add(peer: Peer): void {
    this.#peers.set(peer.session.id, peer);
  }

  remove(peer: Peer): void {
    peer.socket = undefined;
    this.#peers.delete(peer.session.id);
  }

  get(id: ConnectionId): Peer | undefined {
    return this.#peers.get(id);
  }

  subscribe(id: ConnectionId, topic: string, ephemeral: boolean): void {
    const peer = this.#peers.get(id);
    peer?.socket?.subscribe(topic);
    if (!ephemeral) return;
    if (peer?.spared) peer.spared.add(ephemeralTopic(topic));
    else peer?.socket?.subscribe(ephemeralTopic(topic));
  }

  unsubscribe(id: ConnectionId, topic: string): void {
    const peer = this.#peers.get(id);
    peer?.socket?.unsubscribe(topic);
    peer?.socket?.unsubscribe(ephemeralTopic(topic));
    peer?.spared?.delete(ephemeralTopic(topic));
  }

  /** To be told before `bytes` more are published. */
  beforePublish(bytes: number): void {
    this.#messageBytes += bytes;
    if (this.#messageBytes > this.#limits.buffer / 2) this.inspect();
  }

  /** To be told before `bytes` more are published that are ephemeral. */
  beforeEphemeral(bytes: number): void {
    this.#ephemeralBytes += bytes;
    if (this.#ephemeralBytes > this.#limits.signalBuffer / 2) this.inspect();
  }

  /** Looks at every buffer, if anything was published since the last time. */
  inspect(): void {
    if (this.#messageBytes + this.#ephemeralBytes === 0) return;
    this.#messageBytes = 0;
    this.#ephemeralBytes = 0;
    for (const peer of this.#peers.values()) this.inspectOne(peer);
  }

  inspectOne(peer: Peer): void {
    const unsent = peer.socket?.getBufferedAmount() ?? 0;
    if (unsent > this.#limits.buffer) peer.session.end('slow_reader');
    else if (unsent > this.#limits.signalBuffer) spare(peer);
  }

  /** The peer has caught up, at least in part. */
  drained(peer: Peer): void {
    if (!peer.spared || !peer.socket || peer.socket.getBufferedAmount() > this.#limits.signalBuffer / 2) return;
    for (const topic of peer.spared) peer.socket.subscribe(topic);
    peer.spared = undefined;
  }
}

/** What is ephemeral has native topics of its own, so that a connection can go without them. */
export function ephemeralTopic(topic: string): string {
  return `~${topic}`;
}

function spare(peer: Peer): void {
  if (!peer.socket || peer.spared) return;
  peer.spared = new Set(peer.socket.getTopics().filter((topic) => topic.startsWith('~')));
  for (const topic of peer.spared) peer.socket.unsubscribe(topic);
}
