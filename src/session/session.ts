/**
 * One connection, between its socket and the hub. A session decodes messages, applies the rate limit, answers requests
 * that concern nobody else, and passes the others to the hub as commands.
 *
 * opening → ready → ending (the socket is gone; earlier requests are still carried out) → closed
 */
import type { Tickets } from '../auth/ticket.ts';
import type { Clock } from '../hub/clock.ts';
import type { Command } from '../hub/commands.ts';
import type { EdgePort } from '../hub/edge-port.ts';
import { everyone, type Receiver } from '../hub/fan-out.ts';
import type { Trail } from '../hub/trail.ts';
import type { ConnectionId } from '../hub/user.ts';
import type { Codecs } from '../protocol/codecs.ts';
import { closeCodes } from '../protocol/codes.ts';
import {
  type Codec,
  type Decoded,
  type Dialect,
  protocolVersion,
  type Received,
  type Wire,
} from '../protocol/dialect.ts';
import type {
  ClientAuth,
  ClientFrame,
  ClientHello,
  CloseReason,
  ServerFrame,
  ServerWelcome,
  User,
} from '../protocol/generated/frames.ts';
import { Refusal } from '../protocol/refusal.ts';
import { validateClientFrame } from '../protocol/validate.ts';
import { otherCost, requestCosts, transferCost } from './costs.ts';
import { Intake, type IntakeContext, type IntakeOwner } from './intake.ts';

/** The parameters of a client when it connected. Not checked yet. */
export interface Handshake {
  readonly dialect: Dialect;
  readonly name: string | undefined;
  readonly token: string | undefined;
  /** undefined for the rooms that everyone is put into. */
  readonly rooms: readonly string[] | undefined;
}

/** Shared by all sessions. */
export interface SessionContext extends IntakeContext, Clock {
  readonly edge: EdgePort;
  readonly codecs: Codecs;
  readonly tickets: Tickets;
  readonly dispatch: (command: Command) => void;
  /** A user who is connected, or was a moment ago, with the present name. */
  readonly find: (userId: string) => User | undefined;
  readonly newUserId: () => string;
  /** For the operator. */
  readonly report: (message: string, fields: Record<string, unknown>) => void;
  readonly server: ServerWelcome['server'];
  readonly autoJoin: readonly string[];
  readonly mayBroadcast: boolean;
  readonly maxFrame: number;
  readonly maxRooms: number;
  /** Milliseconds. */
  readonly idleTimeout: number;
}

/** How long a client should wait after flooding before it comes back, in milliseconds. */
const floodingRetry = 5000;

/** An answer of this length or more, in bytes, must be read before the next request is carried out. */
const longAnswer = 16 * 1024;

/** How many rooms a connection joins while it opens; the others follow one by one. */
const roomsAtOnce = 2;

/** The cost of opening a connection, in units. */
const openCost = 100;

export class Session implements Receiver, IntakeOwner {
  readonly id: ConnectionId;
  /** undefined if connections are not followed. */
  readonly trail: Trail | undefined;
  readonly #context: SessionContext;
  readonly #codec: Codec;
  /** Made with the first message, or when something has to wait: most connections only listen. */
  #intake: Intake | undefined;
  #user: User;
  /** The rooms that it joins when it opens. */
  #rooms: readonly string[];
  #state: 'opening' | 'ready' | 'ending' | 'closed' = 'opening';
  #isFirstFrame = true;

  constructor(context: SessionContext, id: ConnectionId, dialect: Dialect, trail?: Trail) {
    this.id = id;
    this.trail = trail;
    this.#context = context;
    this.#codec = context.codecs.create(dialect);
    this.#rooms = context.autoJoin;
    const userId = context.newUserId();
    this.#user = guest(userId);
  }

  /** Welcomes the client and joins its rooms, now or in its turn. */
  open(handshake: Handshake): void {
    const { turns, monotonic } = this.#context;
    if (!turns.hasRoom(monotonic(), true)) return this.#takingIn().do(() => this.#open(handshake));
    try {
      this.#open(handshake);
    } catch (error) {
      this.failed(error);
    }
  }

  /** The client is told of invalid parameters, and gets the defaults instead. */
  #open(handshake: Handshake): void {
    if (this.#state !== 'opening') return;
    const refusals: Refusal[] = [];
    const accept = (frame: object): ClientFrame | undefined => {
      const checked = validateClientFrame(frame);
      if (!(checked instanceof Refusal)) return checked;
      refusals.push(checked);
      return undefined;
    };
    if (handshake.token !== undefined) {
      const user = this.#verify(handshake.token);
      if (user instanceof Refusal) refusals.push(user);
      else this.#user = this.#context.find(user.id) ?? user;
    }
    if (handshake.name !== undefined && accept({ type: 'name', name: handshake.name })) {
      this.#user = { id: this.#user.id, name: handshake.name };
    }
    if (handshake.rooms) {
      const rooms = [...new Set(handshake.rooms)].filter((room) => accept({ type: 'join', room }) !== undefined);
      // The array of a filter has spare capacity, which would live as long as the connection.
      this.#rooms = rooms.slice();
    }

    this.#state = 'ready';
    this.trail?.opened(this.#user, this.#codec.dialect);
    this.#context.edge.subscribe(this.id, everyone(this.#codec.dialect), false);
    this.#welcome();
    for (const refusal of refusals) this.deliver(refusal.frame());
    const { dialect } = this.#codec;
    const first = this.#rooms.slice(0, roomsAtOnce);
    this.#context.dispatch({ type: 'connect', connection: this.id, dialect, user: this.#user, rooms: first });
    this.#context.work.own += openCost + first.length * requestCosts.join;
    for (const room of this.#rooms.slice(roomsAtOnce)) this.#takingIn().do(() => this.#join(room));
    if (handshake.token !== undefined && handshake.name !== undefined) this.#rename(this.#user.name);
  }

  /** Takes a message from the socket; `data` is only valid during the call. */
  receive(data: ArrayBuffer, isBinary: boolean): void {
    if (this.#state !== 'ready' && this.#state !== 'opening') return;
    this.trail?.received(data.byteLength);
    if (data.byteLength > this.#context.maxFrame) this.#cutOff('frame_too_big');
    else this.#takingIn().receive(data, isBinary);
  }

  /** The edge has got a ping or a pong, and more of them than a connection needs to stay alive. */
  receiveControl(bytes: number): void {
    if (this.#state === 'ready' || this.#state === 'opening') this.#takingIn().receiveControl(bytes);
  }

  deliver(frame: ServerFrame): void {
    if (this.#state !== 'ready') return;
    if (frame.type === 'error') this.trail?.refused(frame);
    const wire = this.#codec.encode(frame);
    if (wire.length === 0) return;
    this.#context.work.own += transferCost(wire.length);
    if (frame.type === 'ack') this.#context.edge.sendSoon(this.id, wire);
    else this.#send(wire);
  }

  deliverPage(wire: Wire): void {
    if (this.#state !== 'ready') return;
    this.#context.work.own += transferCost(wire.length);
    this.#send(wire);
  }

  get codec(): Codec {
    return this.#codec;
  }

  get isOpen(): boolean {
    return this.#state === 'ready';
  }

  deliverAll(wires: readonly Wire[]): void {
    if (this.#state !== 'ready') return;
    for (const wire of wires) this.#context.work.own += transferCost(wire.length);
    this.#context.edge.sendAll(this.id, wires);
  }

  /** The client has read most of its data. */
  drained(): void {
    this.#intake?.release();
  }

  /** A client that does not read its answers gets no further ones. */
  #send(wire: Wire): void {
    const { edge } = this.#context;
    edge.send(this.id, wire);
    if (wire.length < longAnswer) return;
    this.#takingIn().hold();
    edge.whenDrained(this.id);
  }

  /** The server ends the connection with a goodbye. `retry`: when the client may come back, in milliseconds. */
  end(why: CloseReason, retry?: number): void {
    if (this.#state === 'closed') return;
    // Closed before the goodbye goes out: a send can make the edge end the session of a slow reader.
    this.#end(why === 'quit');
    this.#sayGoodbye(why, retry);
  }

  /** The connection is gone: on purpose (`clean`) or not. */
  closed(clean: boolean): void {
    if (this.#state === 'ending' || this.#state === 'closed') return;
    this.#endInTurn(clean);
  }

  /**
   * Ends the connection at once because of its messages: reading from its socket could hold up all others. Earlier
   * requests are still carried out.
   */
  #cutOff(why: CloseReason, retry?: number): void {
    this.#takingIn().hurry();
    if (this.#state !== 'ready' && this.#state !== 'opening') return;
    this.#endInTurn(false);
    this.#sayGoodbye(why, retry);
  }

  #endInTurn(clean: boolean): void {
    this.#state = 'ending';
    const intake = this.#takingIn();
    intake.release();
    intake.do(() => this.#end(clean));
  }

  #sayGoodbye(why: CloseReason, retry: number | undefined): void {
    const { edge } = this.#context;
    const { code, message, reconnect } = closeCodes[why];
    this.trail?.ended(code, why);
    const goodbye = this.#codec.encode({
      type: 'goodbye',
      code,
      why,
      message,
      ...(reconnect && { retry: retry ?? 0 }),
    });
    edge.send(this.id, goodbye);
    edge.disconnect(this.id, code, message);
  }

  #end(clean: boolean): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#codec.closed();
    this.#context.dispatch({ type: 'disconnect', connection: this.id, clean });
  }

  #takingIn(): Intake {
    this.#intake ??= new Intake(this.#context, this);
    return this.#intake;
  }

  #join(room: string): void {
    this.#context.work.own += requestCosts.join;
    this.#context.dispatch({ type: 'request', connection: this.id, frame: { type: 'join', room } });
  }

  // ---- for the intake

  get isOver(): boolean {
    return this.#state === 'closed';
  }

  decode(data: Received, isBinary: boolean): Decoded | Iterable<Decoded> {
    return this.#codec.decode(data, isBinary);
  }

  limit(retry: number): void {
    this.deliver(new Refusal('rate_limited', `too fast; try again in ${retry} ms`, { retry }).frame());
  }

  flooding(): void {
    this.#cutOff('flooding', floodingRetry);
  }

  failed(error: unknown): void {
    this.#context.report('a session failed', { connection: this.id, error });
    this.end('internal');
  }

  handle(decoded: Decoded): void {
    switch (decoded.kind) {
      case 'frame':
        return this.#request(decoded.frame, decoded.byName ?? false);
      case 'refused':
        this.#context.work.own += otherCost;
        return this.deliver(decoded.refusal.frame(decoded.id));
      case 'answer':
        this.#context.work.own += otherCost + transferCost(decoded.wire.length);
        return this.#context.edge.send(this.id, decoded.wire);
      case 'quit':
        return this.end('quit');
    }
  }

  #request(frame: ClientFrame, byName: boolean): void {
    const isFirst = this.#isFirstFrame;
    this.#isFirstFrame = false;
    this.#context.work.own += requestCosts[frame.type];
    switch (frame.type) {
      case 'hello':
        return this.#hello(frame, isFirst);
      case 'auth':
        return this.#authenticate(frame);
      case 'echo':
        return this.deliver(frame);
      case 'ping':
        return this.deliver({ type: 'pong', at: this.#context.now(), ...withId(frame.id) });
      case 'broadcast':
        if (!this.#context.mayBroadcast)
          return this.#refuse(new Refusal('forbidden', 'broadcasts are switched off'), frame.id);
        break;
      case 'name':
        this.#user = { id: this.#user.id, name: frame.name };
        this.trail?.named(this.#user);
        break;
      default:
    }
    this.#context.dispatch({ type: 'request', connection: this.id, frame, byName });
  }

  #hello({ id, name, version, token }: ClientHello, isFirst: boolean): void {
    if (!isFirst) return this.#refuse(new Refusal('hello_not_first', 'hello must be the first frame'), id);
    if (version !== undefined && version !== protocolVersion) {
      const message = `this server speaks protocol version ${protocolVersion}, not ${version}`;
      return this.#refuse(new Refusal('unsupported_version', message, { path: '/version' }), id);
    }
    const known = token === undefined ? this.#user : this.#verify(token);
    if (known instanceof Refusal) return this.#refuse(known, id);
    const isOther = known.id !== this.#user.id;
    this.#user = { id: known.id, name: name ?? this.#context.find(known.id)?.name ?? known.name };
    this.trail?.named(this.#user);
    this.#welcome(id);
    if (isOther) this.#context.dispatch({ type: 'identify', connection: this.id, user: this.#user });
    if (name !== undefined) this.#rename(name);
  }

  #authenticate({ id, token }: ClientAuth): void {
    const user = this.#verify(token);
    if (user instanceof Refusal) return this.#refuse(user, id);
    if (user.id !== this.#user.id) {
      return this.#refuse(new Refusal('forbidden', 'this token is for another user', { path: '/token' }), id);
    }
    if (id !== undefined) this.deliver({ type: 'ack', id, at: this.#context.now() });
  }

  #verify(token: string): User | Refusal {
    const user = this.#context.tickets.verify(token, this.#context.trusted());
    if (!user) return new Refusal('invalid_token', 'the token is not valid here, or has expired', { path: '/token' });
    // A ticket of an earlier version may have a name that is no longer valid.
    return validateClientFrame({ type: 'name', name: user.name }) instanceof Refusal ? guest(user.id) : user;
  }

  /** A user who is connected already may have another name there. */
  #rename(name: string): void {
    this.#context.dispatch({ type: 'request', connection: this.id, frame: { type: 'name', name } });
  }

  #welcome(id?: string): void {
    const { tickets, server, maxFrame, maxRooms, rates, idleTimeout, now, trusted } = this.#context;
    this.deliver({
      type: 'welcome',
      connection: this.id,
      user: this.#user,
      server,
      protocol: protocolVersion,
      limits: {
        frame: maxFrame,
        rooms: maxRooms,
        ...(rates.frames && { frames: rates.frames }),
        ...(rates.bytes && { bytes: rates.bytes }),
      },
      rooms: [...this.#rooms],
      heartbeat: idleTimeout,
      // The later of both clocks, so that it does not expire too soon by either: which is right turns out later.
      ticket: tickets.issue(this.#user, Math.max(now(), trusted())),
      ...withId(id),
    });
  }

  #refuse(refusal: Refusal, id: string | undefined): void {
    this.deliver(refusal.frame(id));
  }
}

/** A user without a name. */
function guest(id: string): User {
  return { id, name: `guest-${id.slice(-4)}` };
}

function withId(id: string | undefined): { id?: string } {
  return id === undefined ? {} : { id };
}
