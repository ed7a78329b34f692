/**
 * The sockets of an edge by connection, and how far each has fallen behind.
 *
 * A publish may be one native call, which does not report whose buffers it fills. So the buffers of the receivers are
 * inspected regularly, and at the latest when enough bytes went out to fill one: a slow reader is found before it has
 * missed anything, and gets a close code that it can read after all its messages.
 */
import { forAll } from '../hub/edge-port.ts';
import type { ConnectionId } from '../hub/user.ts';
import type { Failed } from '../observe/guard.ts';
import { closeCodes } from '../protocol/codes.ts';
import type { Wire } from '../protocol/dialect.ts';
import type { Handshake } from '../session/session.ts';
import type { EdgeSession } from './handlers.ts';

/** The functions of a socket, in any edge. */
export interface PeerSocket {
  send(wire: Wire, isBinary: boolean): unknown;
  /** Everything sent in the callback goes out in one write. */
  cork(send: () => void): unknown;
  /** How many bytes the system has not taken yet. */
  getBufferedAmount(): number;
  /** Sends the remaining data, then the close frame. */
  end(code: number, reason: string): void;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
  isSubscribed(topic: string): boolean;
  getTopics(): string[];
}

export interface Peer<Socket extends PeerSocket = PeerSocket> {
  readonly session: EdgeSession;
  readonly address: string;
  /** Set until the socket is open. */
  handshake: Handshake | undefined;
  /** Set while the socket is open. */
  socket: Socket | undefined;
  /** The topics in which it is listed. */
  readonly topics: Topic[];
  /** Set while it has fallen behind, and gets no ephemeral messages: the native topics it would subscribe to. */
  spared: Set<string> | undefined;
  /** Messages to send at the end of the turn. */
  soon: Wire[] | undefined;
  /** Whether the hub waits for it to catch up. */
  isAwaited: boolean;
  /** Whether it has caught up, and will be reported next. */
  isAnnounced: boolean;
  /** Whether its session was asked to end it. */
  isTooSlow: boolean;
  /** The time up to which control frames have used up their allowance. */
  controlsPaid: number;
}

/** A peer for an admitted visitor; add it once its socket is open. */
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

/** A topic, with both its ordinary and its ephemeral messages. */
interface Topic {
  readonly name: string;
  readonly subscribers: Set<Peer>;
  /** Whether something was published to it since the last inspection. */
  isPublished: boolean;
}

export interface PressureLimits {
  /** Unsent bytes beyond which a connection is closed. */
  readonly buffer: number;
  /** Unsent bytes beyond which a connection gets no signals. */
  readonly signalBuffer: number;
}

/** Control frames that keep a connection alive do not count: one per interval in milliseconds, and a burst. */
const controlInterval = 1000;
const controlBurst = 10;

/** How many drained peers are reported in one turn of the loop. */
const toldPerTurn = 8;

export class Peers<Socket extends PeerSocket = PeerSocket> {
  readonly #limits: PressureLimits;
  readonly #onDrained: (connection: ConnectionId) => void;
  readonly #failed: Failed;
  readonly #peers = new Map<ConnectionId, Peer<Socket>>();
  /** Topics with subscribers, except for those that nearly all subscribe to. */
  readonly #topics = new Map<string, Topic>();
  /** Topics to which something was published since the last inspection. */
  #published: Topic[] = [];
  /** The same for topics that nearly all subscribe to. */
  #isPublishedToAll = false;
  /** Peers with messages to send at the end of the turn. */
  #waiting: Peer[] = [];
  /** Awaited peers that have caught up; each once. */
  #caughtUp: Peer[] = [];
  /** Bytes published since the last inspection. */
  #messageBytes = 0;
  #ephemeralBytes = 0;

  /** @param failed is called for an error with one peer; the others have their turn nevertheless. */
  constructor(limits: PressureLimits, onDrained: (connection: ConnectionId) => void, failed: Failed) {
    this.#limits = limits;
    this.#onDrained = onDrained;
    this.#failed = failed;
  }

  add(peer: Peer<Socket>): void {
    this.#peers.set(peer.session.id, peer);
  }

  /** Its socket has closed, and has no subscriptions any more. */
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
   * A send to a subscriber makes the edge first write out published messages separately: alternating messages and
   * `ack`s would be two writes per message. So the acknowledgements of a turn go out together.
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

  /** A ping or a pong has arrived (RFC 6455, section 5.5); a ping was answered. */
  control(peer: Peer, bytes: number, now: number): void {
    const paid = Math.max(peer.controlsPaid, Math.floor(now));
    if (paid - now < controlInterval * controlBurst) {
      peer.controlsPaid = paid + controlInterval;
      return;
    }
    if (peer.isTooSlow) return this.#cutOff(peer);
    peer.session.receiveControl(bytes);
    this.#inspectOne(peer);
  }

  /** Its session may be in another process, and every ping that arrives until it has ended adds an unread answer. */
  #cutOff({ socket }: Peer): void {
    const { code, message } = closeCodes.slow_reader;
    socket?.end(code, message);
  }

  /** Call it before `bytes` more are published. */
  beforePublish(topic: string, bytes: number): void {
    this.#messageBytes += bytes;
    if (this.#messageBytes > this.#limits.buffer / 2) this.inspect();
    this.#note(topic);
  }

  /** Call it before `bytes` more of ephemeral messages are published. */
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

  /** Inspects the buffers of all peers to which something was published since the last time. */
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
    // Many topics may have the same subscribers, and each should be inspected once.
    const isToSome = !isPublishedToAll && subscriptions < this.#peers.size;
    const those = isToSome ? topics.flatMap((topic) => [...topic.subscribers]) : this.#peers.values();
    for (const peer of those) {
      try {
        this.#inspectOne(peer);
      } catch (error) {
        this.#failed('the buffer of a connection cannot be measured', error);
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
        this.#failed('what waits for the end of the turn cannot be sent', error);
      }
    }
  }

  #catchUp(peer: Peer): void {
    const { soon } = peer;
    peer.soon = undefined;
    if (soon) this.#write(peer, soon);
  }

  /** Writes all at once, after earlier published messages. This may close the peer as a slow reader. */
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

  /** Unsubscribes first: until its session has ended it, it must get no further published messages. */
  #endSlow(peer: Peer): void {
    if (peer.isTooSlow) return;
    peer.isTooSlow = true;
    peer.spared = undefined;
    for (const topic of peer.socket?.getTopics() ?? []) peer.socket?.unsubscribe(topic);
    for (const topic of peer.topics.splice(0)) this.#forget(peer, topic);
    peer.session.end('slow_reader');
  }

  /** The socket of the peer has sent some data. */
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

  /**
   * Reports a few per turn, because sending to them takes time. A peer that has fallen behind again is reported later.
   */
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

/** Ephemeral messages have native topics of their own, so that a connection can unsubscribe from them. */
export function ephemeralTopic(topic: string): string {
  return `~${topic}`;
}

function spare(peer: Peer): void {
  if (!peer.socket || peer.spared) return;
  peer.spared = new Set(peer.socket.getTopics().filter((topic) => topic.startsWith('~')));
  for (const topic of peer.spared) peer.socket.unsubscribe(topic);
}
