/**
 * The sockets of an edge by connection, and how far each has fallen behind.
 *
 * Nothing tells whose buffer a publish fills: it may be one native call. So the buffers of those it went to are looked at
 * from time to time, and at the latest when as many bytes went out as could have filled one: a slow reader is found before
 * it has missed anything, and gets a close code it can read after all that was sent to it.
 */
import { forAll } from '../hub/edge-port.ts';
import type { ConnectionId } from '../hub/user.ts';
import type { Failed } from '../observe/guard.ts';
import type { Wire } from '../protocol/dialect.ts';
import type { Handshake } from '../session/session.ts';
import type { EdgeSession } from './handlers.ts';

/** What is asked of a socket, of whatever kind. */
export interface PeerSocket {
  send(wire: Wire, isBinary: boolean): unknown;
  /** What is sent in the callback goes out in one write. */
  cork(send: () => void): unknown;
  /** How many bytes the system has not taken yet. */
  getBufferedAmount(): number;
  /** Sends what is left, then the close frame. */
  end(code: number, reason: string): void;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
  isSubscribed(topic: string): boolean;
  getTopics(): string[];
}

export interface Peer<Socket extends PeerSocket = PeerSocket> {
  readonly session: EdgeSession;
  readonly address: string;
  /** Until the socket is open. */
  handshake: Handshake | undefined;
  /** Set while the socket is open. */
  socket: Socket | undefined;
  /** Those it is listed with. */
  readonly topics: Topic[];
  /** It has fallen behind, and is spared what is ephemeral: the native topics it would subscribe to. */
  spared: Set<string> | undefined;
  /** What is to be sent at the end of the turn. */
  soon: Wire[] | undefined;
  /** Somebody wants to know when it has caught up. */
  isAwaited: boolean;
  /** It has caught up, and is among those of whom this is told next. */
  isAnnounced: boolean;
  /** Its session is asked to end it. */
  isTooSlow: boolean;
  /** Up to when the control frames that came have used up what they may. */
  controlsPaid: number;
}

/** Of somebody who is let in; to be added once its socket is open. */
export function newPeer<Socket extends PeerSocket>(
  session: EdgeSession,
  address: string,
  handshake: Handshake,
): Peer<Socket> {
  return {
    session,
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
}

/** What is published to, whether it may be left out for a slow reader or not. */
interface Topic {
  readonly name: string;
  readonly subscribers: Set<Peer>;
  /** Something was published to it since the buffers were looked at. */
  isPublished: boolean;
}

export interface PressureLimits {
  /** Unsent bytes past which a connection is closed. */
  readonly buffer: number;
  /** Unsent bytes past which a connection is spared signals. */
  readonly signalBuffer: number;
}

/** Control frames that keep a connection alive are of no account: one in so many milliseconds, and so many at once. */
const controlInterval = 1000;
const controlBurst = 10;

/** Of how many peers it is told in one turn of the loop that they have caught up. */
const toldPerTurn = 8;

export class Peers<Socket extends PeerSocket = PeerSocket> {
  readonly #limits: PressureLimits;
  readonly #onDrained: (connection: ConnectionId) => void;
  readonly #failed: Failed;
  readonly #peers = new Map<ConnectionId, Peer<Socket>>();
  /** Those with subscribers, but for those that nearly all subscribe to. */
  readonly #topics = new Map<string, Topic>();
  /** Those to which something was published since the buffers were looked at. */
  #published: Topic[] = [];
  /** The same for those that nearly all subscribe to. */
  #isPublishedToAll = false;
  /** Those that are to be sent something at the end of the turn. */
  #waiting: Peer[] = [];
  /** Those that are awaited and have caught up; each once. */
  #caughtUp: Peer[] = [];
  /** Bytes published since the buffers were looked at. */
  #messageBytes = 0;
  #ephemeralBytes = 0;

  /** @param failed is told of what goes wrong with one peer: the others have their turn all the same. */
  constructor(limits: PressureLimits, onDrained: (connection: ConnectionId) => void, failed: Failed) {
    this.#limits = limits;
    this.#onDrained = onDrained;
    this.#failed = failed;
  }

  add(peer: Peer<Socket>): void {
    this.#peers.set(peer.session.id, peer);
  }

  /** Its socket has closed, and subscribes to nothing any more. */
  remove(peer: Peer): void {
    peer.socket = undefined;
    this.#peers.delete(peer.session.id);
    for (const topic of peer.topics.splice(0)) this.#forget(peer, topic);
  }

  /** The socket of a connection, while it is open. */
  socket(id: ConnectionId): Socket | undefined {
    return this.#peers.get(id)?.socket;
  }

  send(id: ConnectionId, wire: Wire): void {
    this.sendAll(id, [wire]);
  }

  sendEphemeral(id: ConnectionId, wire: Wire): void {
    if (!this.#peers.get(id)?.spared) this.sendAll(id, [wire]);
  }

  sendAll(id: ConnectionId, wires: readonly Wire[]): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    this.#catchUp(peer);
    this.#write(peer, wires);
  }

  /**
   * A send to a subscriber makes the edge write out first what was published for it, on its own: a message and its
   * `ack` in turns would be two writes for every message. So the acknowledgements of a turn go out together.
   */
  sendSoon(id: ConnectionId, wire: Wire): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    if (peer.soon) {
      peer.soon.push(wire);
      return;
    }
    peer.soon = [wire];
    if (this.#waiting.push(peer) === 1) setImmediate(() => this.#endOfTurn());
  }

  whenDrained(id: ConnectionId): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    peer.isAwaited = true;
    if (this.#isDrained(peer)) this.#announce(peer);
  }

  disconnect(id: ConnectionId, code: number, reason: string): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    this.#catchUp(peer);
    peer.socket?.end(code, reason);
  }

  subscribe(id: ConnectionId, topic: string, ephemeral: boolean): void {
    const peer = this.#peers.get(id);
    if (!peer || peer.isTooSlow) return;
    peer.socket?.subscribe(topic);
    if (!topic.startsWith(forAll)) this.#list(peer, topic);
    if (!ephemeral) return;
    if (peer.spared) peer.spared.add(ephemeralTopic(topic));
    else peer.socket?.subscribe(ephemeralTopic(topic));
  }

  unsubscribe(id: ConnectionId, topic: string): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    peer.socket?.unsubscribe(topic);
    peer.socket?.unsubscribe(ephemeralTopic(topic));
    peer.spared?.delete(ephemeralTopic(topic));
    const at = peer.topics.findIndex(({ name }) => name === topic);
    for (const listed of at < 0 ? [] : peer.topics.splice(at, 1)) this.#forget(peer, listed);
  }

  #list(peer: Peer, name: string): void {
    const topic = this.#topics.get(name) ?? { name, subscribers: new Set(), isPublished: false };
    this.#topics.set(name, topic);
    if (topic.subscribers.has(peer)) return;
    topic.subscribers.add(peer);
    peer.topics.push(topic);
  }

  #forget(peer: Peer, { name, subscribers }: Topic): void {
    subscribers.delete(peer);
    if (subscribers.size === 0) this.#topics.delete(name);
  }

  subscribers(topic: string): readonly ConnectionId[] {
    const those = topic.startsWith(forAll) ? this.#peers.values() : (this.#topics.get(topic)?.subscribers ?? []);
    return [...those].filter(({ socket }) => socket?.isSubscribed(topic)).map(({ session }) => session.id);
  }

  /** A ping or a pong has come (RFC 6455, section 5.5), and a ping was answered. */
  control(peer: Peer, bytes: number, now: number): void {
    const paid = Math.max(peer.controlsPaid, Math.floor(now));
    if (paid - now < controlInterval * controlBurst) {
      peer.controlsPaid = paid + controlInterval;
      return;
    }
    peer.session.receiveControl(bytes);
    this.#inspectOne(peer);
  }

  /** To be told before `bytes` more are published. */
  beforePublish(topic: string, bytes: number): void {
    this.#messageBytes += bytes;
    if (this.#messageBytes > this.#limits.buffer / 2) this.inspect();
    this.#note(topic);
  }

  /** To be told before `bytes` more are published that are ephemeral. */
  beforeEphemeral(topic: string, bytes: number): void {
    this.#ephemeralBytes += bytes;
    if (this.#ephemeralBytes > this.#limits.signalBuffer / 2) this.inspect();
    this.#note(topic);
  }

  #note(topic: string): void {
    const found = this.#topics.get(topic);
    if (!found) {
      this.#isPublishedToAll ||= topic.startsWith(forAll);
    } else if (!found.isPublished) {
      found.isPublished = true;
      this.#published.push(found);
    }
  }

  /** Looks at the buffers of all to whom something was published since the last time. */
  inspect(): void {
    const topics = this.#published;
    const isPublishedToAll = this.#isPublishedToAll;
    if (topics.length === 0 && !isPublishedToAll) return;
    this.#published = [];
    this.#isPublishedToAll = false;
    this.#messageBytes = 0;
    this.#ephemeralBytes = 0;
    let subscriptions = 0;
    for (const topic of topics) {
      topic.isPublished = false;
      subscriptions += topic.subscribers.size;
    }
    // Many topics may have the same subscribers, each of whom is to be looked at once.
    const isToSome = !isPublishedToAll && subscriptions < this.#peers.size;
    const those = isToSome ? topics.flatMap((topic) => [...topic.subscribers]) : this.#peers.values();
    for (const peer of those) {
      try {
        this.#inspectOne(peer);
      } catch (error) {
        this.#failed('the buffer of a connection cannot be looked at', error);
      }
    }
  }

  #endOfTurn(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const peer of waiting) {
      try {
        this.#catchUp(peer);
      } catch (error) {
        this.#failed('what was to be sent at the end of a turn cannot be', error);
      }
    }
  }

  #catchUp(peer: Peer): void {
    const { soon } = peer;
    peer.soon = undefined;
    if (soon) this.#write(peer, soon);
  }

  /** In one write, after what was published before. The peer may be closed by it, for being too slow. */
  #write(peer: Peer, wires: readonly Wire[]): void {
    const { socket } = peer;
    if (!socket || wires.length === 0) return;
    const write = () => {
      for (const wire of wires) socket.send(wire, typeof wire !== 'string');
    };
    if (wires.length > 1) socket.cork(write);
    else write();
    this.#inspectOne(peer);
  }

  #inspectOne(peer: Peer): void {
    const unsent = peer.socket?.getBufferedAmount() ?? 0;
    if (unsent > this.#limits.buffer) this.#endSlow(peer);
    else if (unsent > this.#limits.signalBuffer) spare(peer);
  }

  /** It takes its session a while to end it: what is published until then would be more that it does not read. */
  #endSlow(peer: Peer): void {
    if (peer.isTooSlow) return;
    peer.isTooSlow = true;
    peer.spared = undefined;
    for (const topic of peer.socket?.getTopics() ?? []) peer.socket?.unsubscribe(topic);
    for (const topic of peer.topics.splice(0)) this.#forget(peer, topic);
    peer.session.end('slow_reader');
  }

  /** The peer has caught up, at least in part. */
  drained(peer: Peer): void {
    if (!peer.socket || !this.#isDrained(peer)) return;
    if (peer.isAwaited) this.#announce(peer);
    for (const topic of peer.spared ?? []) peer.socket.subscribe(topic);
    peer.spared = undefined;
  }

  #isDrained({ socket }: Peer): boolean {
    return (socket?.getBufferedAmount() ?? 0) <= this.#limits.signalBuffer / 2;
  }

  #announce(peer: Peer): void {
    if (peer.isAnnounced) return;
    peer.isAnnounced = true;
    if (this.#caughtUp.push(peer) === 1) setImmediate(() => this.#tellCaughtUp());
  }

  /** A few in each turn: what they are sent then takes time. One that has fallen behind again is told of later. */
  #tellCaughtUp(): void {
    const peers = this.#caughtUp.splice(0, toldPerTurn);
    if (this.#caughtUp.length > 0) setImmediate(() => this.#tellCaughtUp());
    for (const peer of peers) {
      peer.isAnnounced = false;
      if (!peer.isAwaited || !peer.socket || !this.#isDrained(peer)) continue;
      peer.isAwaited = false;
      try {
        this.#onDrained(peer.session.id);
      } catch (error) {
        this.#failed('a connection that has caught up cannot go on', error);
      }
    }
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
