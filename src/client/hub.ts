/** The centre of the client: it keeps one connection, and restores the state on every new one. */
import type {
  Member,
  PresenceState,
  ServerAck,
  ServerError,
  ServerFrame,
  ServerGoodbye,
  ServerMembers,
  ServerRooms,
  ServerWelcome,
  User,
} from '../protocol/generated/frames.ts';
import type {
  BodyOptions,
  Broadcast,
  CallOptions,
  ClosedBecause,
  ConnectOptions,
  Direct,
  EntryOptions,
  Hub,
  HubEvents,
  HubState,
  JoinOptions,
  Limits,
  OpenRoom,
  Receipt,
  Room,
  StateChange,
} from './api.ts';
import { createBackoff, mayReturn } from './backoff.ts';
import { Connection } from './connection.ts';
import { abortable, Deferred } from './deferred.ts';
import { asyncDispose } from './dispose.ts';
import { Emitter } from './emitter.ts';
import type { Environment } from './environment.ts';
import { HubbubError } from './error.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { Identity } from './identity.ts';
import { defaultRetry, type Question, Requests, toError } from './requests.ts';
import { RoomClient, type RoomContext } from './room.ts';
import { encode, signalOf } from './wire.ts';
import { Writer } from './writer.ts';

const subprotocol = 'hubbub.json';
/** The id of the frame with the credential. In the URL the credential would end up in the log of every proxy. */
const hello = 'hello';
const defaultQueue = 1000;
const defaultInterval = 25_000;
const defaultTimeout = 10_000;
/** How long `close` waits for acknowledgements, and then for the other side; in milliseconds. */
const drainTime = 5000;
const closeTime = 1000;
/** The largest page that may be asked for. */
const limit = 1000;

export class HubClient implements Hub {
  readonly #url: URL;
  readonly #options: ConnectOptions;
  readonly #environment: Environment;
  readonly #emitter = new Emitter<HubEvents>();
  readonly #rooms = new Map<string, RoomClient>();
  readonly #identity: Identity;
  readonly #pause: ReturnType<typeof createBackoff>;
  readonly #writer: Writer;
  readonly #requests: Requests;
  readonly #context: RoomContext;
  readonly #stopWatching: () => void;
  readonly #abort = () => void this.close({ timeout: 0 });
  #state: HubState = 'connecting';
  #connection: Connection | undefined;
  /** Counts the attempts to connect, so that late results of an abandoned attempt do not affect the next one. */
  #attempt = 0;
  /** The credential of this attempt, until it is sent. */
  #token: string | undefined;
  /** The `welcome` of a connection that has not sent its credential yet. */
  #guest: ServerWelcome | undefined;
  /** The user as the application knows it. */
  #known: User | undefined;
  #onlineAt = 0;
  #heartbeat: Heartbeat | undefined;
  #goodbye: ServerGoodbye | undefined;
  /** Ends the time in which a connection must open, or the time until the next attempt. */
  #stopTimer: () => void = () => undefined;
  /** Why requests are no longer possible. */
  #over: HubbubError | undefined;
  #closing: Promise<void> | undefined;
  #whenEnded: () => void = () => undefined;

  constructor(url: URL, options: ConnectOptions, environment: Environment) {
    this.#url = url;
    this.#options = options;
    this.#environment = environment;
    this.#identity = new Identity(options);
    this.#pause = createBackoff(options.backoff ?? {}, environment.random);
    this.#writer = new Writer(environment);
    const prefix = environment.newPrefix();
    let count = 0;
    const newId = () => {
      count += 1;
      return `${prefix}-${count}`;
    };
    this.#requests = new Requests(environment, this.#writer, newId);
    this.#context = {
      environment,
      newId,
      writer: this.#writer,
      requests: this.#requests,
      refusal: () => this.#refusal(),
      over: (room) => {
        if (this.#rooms.get(room.name) !== room) return;
        this.#rooms.delete(room.name);
        this.#begin(room.next);
      },
      changed: (changes) => {
        this.#identity.changed(changes);
        this.#identify();
      },
    };
    this.#stopWatching = environment.onWaking(() => this.#check());
    const { signal } = options;
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (signal?.aborted) this.#abort();
    else void this.#open();
  }

  get state(): HubState {
    return this.#state;
  }

  get user(): User | undefined {
    return this.#identity.user;
  }

  get ticket(): string | undefined {
    return this.#identity.ticket;
  }

  get limits(): Limits | undefined {
    return this.#writer.limits;
  }

  get joined(): ReadonlyMap<string, Room> {
    return this.#rooms;
  }

  on<Event extends keyof HubEvents>(event: Event, listener: (event: HubEvents[Event]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  // ---- what the application asks for

  room<Body = unknown>(name: string, options: EntryOptions = {}): Room<Body> {
    const room = this.#enter(name, options);
    // The caller keeps the room: no aborted `join` leaves it.
    room.waiting += 1;
    return room as Room<unknown> as Room<Body>;
  }

  async join<Body = unknown>(name: string, options: JoinOptions = {}): Promise<Room<Body>> {
    const { signal } = options;
    signal?.throwIfAborted();
    const room = this.#enter(name, options);
    room.waiting += 1;
    await abortable(room.entered, signal, () => {
      room.waiting -= 1;
      if (room.waiting === 0) void room.leave();
    });
    return room as Room<unknown> as Room<Body>;
  }

  direct(to: string, body: unknown, { mime, signal }: BodyOptions = {}): Promise<Receipt> {
    return this.#requests.ask<ServerAck>({ type: 'direct', to, body, mime }, signal);
  }

  broadcast(body: unknown, { mime, signal }: BodyOptions = {}): Promise<Receipt> {
    return this.#requests.ask<ServerAck>({ type: 'broadcast', body, mime }, signal);
  }

  async signal(to: string, kind: string, body?: unknown, { mime, signal }: BodyOptions = {}): Promise<void> {
    this.#mustBeOnline();
    await this.#requests.ask({ type: 'signal', to, kind, body, mime }, signal);
  }

  async status(state: PresenceState, note?: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#requests.ask({ type: 'status', state, note }, signal, true);
    this.#identity.stated(state, note);
  }

  async rename(name: string, { signal }: CallOptions = {}): Promise<void> {
    await this.#requests.ask({ type: 'name', name }, signal, true);
    this.#identity.renamed(name);
    this.#identify();
  }

  async list({ signal }: CallOptions = {}): Promise<Member[]> {
    const pages = await this.#pages<ServerMembers>({ type: 'list' }, signal);
    return pages.flatMap(({ members }) => members);
  }

  async rooms(prefix?: string, { signal }: CallOptions = {}): Promise<OpenRoom[]> {
    const pages = await this.#pages<ServerRooms>({ type: 'rooms', prefix }, signal);
    return pages.flatMap(({ rooms }) => rooms);
  }

  async ping({ signal }: CallOptions = {}): Promise<number> {
    this.#mustBeOnline();
    const start = this.#environment.now();
    await this.#requests.ask({ type: 'ping' }, signal);
    return this.#environment.now() - start;
  }

  close({ timeout = drainTime }: { readonly timeout?: number } = {}): Promise<void> {
    this.#over ??= new HubbubError('closed', 'the hub is closed');
    this.#closing ??= this.#close(timeout);
    return this.#closing;
  }

  [asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeout: number): Promise<void> {
    if (this.#state === 'online' && timeout > 0) await this.#settled(timeout);
    const connection = this.#connection;
    this.#finish();
    if (!connection) return;
    const ended = new Deferred<void>();
    this.#whenEnded = () => ended.resolve();
    const stop = this.#environment.after(closeTime, () => connection.abandon('the server does not answer'));
    connection.close();
    await ended.promise;
    stop();
  }

  /** Resolves when everything that was sent is acknowledged, or after the timeout. */
  async #settled(timeout: number): Promise<void> {
    const late = new Deferred<void>();
    const stop = this.#environment.after(timeout, () => late.resolve());
    await Promise.race([late.promise, Promise.all(Array.from(this.#rooms.values(), (room) => room.settled()))]);
    stop();
  }

  #enter(name: string, options: EntryOptions): RoomClient {
    if (this.#over) throw this.#over;
    let room = this.#rooms.get(name);
    while (room?.leaving && room.next) room = room.next;
    if (room && !room.leaving) return room;
    const next = new RoomClient(this.#context, name, options);
    if (room) room.next = next;
    else this.#begin(next);
    return next;
  }

  /** Enters the room, unless it has been left in the meantime. */
  #begin(room: RoomClient | undefined): void {
    if (!room) return;
    if (room.isLeft) return this.#begin(room.next);
    this.#rooms.set(room.name, room);
    if (this.#writer.isOpen) room.enter();
  }

  async #pages<Page extends ServerMembers | ServerRooms>(question: Question, signal?: AbortSignal): Promise<Page[]> {
    const pages: Page[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.#requests.ask<Page>({ ...question, limit, cursor } as Question, signal, true);
      pages.push(page);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return pages;
  }

  #mustBeOnline(): void {
    if (this.#state !== 'online') throw new HubbubError('offline', 'there is no connection');
  }

  /** Why no message can be sent; undefined if messages can be sent. */
  #refusal(): HubbubError | undefined {
    const { queue = defaultQueue } = this.#options;
    let unacknowledged = 0;
    for (const room of this.#rooms.values()) unacknowledged += room.unacknowledged;
    const full = `${queue} messages are not acknowledged yet`;
    return this.#over ?? (unacknowledged < queue ? undefined : new HubbubError('queue_full', full));
  }

  // ---- the connection

  async #open(): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const { WebSocket = this.#environment.WebSocket(), heartbeat } = this.#options;
    this.#stopTimer = this.#environment.after(heartbeat?.timeout ?? defaultTimeout, () => this.#giveUp());
    this.#set({ state: 'connecting' });
    try {
      const Socket = await WebSocket;
      const url = new URL(this.#url);
      const token = await this.#identity.token();
      if (attempt !== this.#attempt) return;
      this.#token = token;
      const { name } = this.#identity;
      // An empty `room`: the client then joins each room itself, from its last position.
      url.searchParams.append('room', '');
      if (name !== undefined) url.searchParams.append('name', name);
      const handlers = {
        frame: (frame: ServerFrame) => this.#receive(frame),
        end: (because: ClosedBecause) => this.#lost(because),
      };
      this.#connection = new Connection(new Socket(url.href, [subprotocol]), handlers, this.#environment.after);
    } catch (error) {
      if (attempt === this.#attempt) this.#lost({ code: 1006, message: (error as Error).message });
    }
  }

  #giveUp(): void {
    const message = 'the server does not answer';
    if (this.#connection) this.#connection.abandon(message);
    else this.#lost({ code: 1006, message });
  }

  /** Called when the connection may have died, or may be possible again. */
  #check(): void {
    if (this.#state === 'online') this.#heartbeat?.check();
    if (this.#state !== 'offline') return;
    this.#stopTimer();
    void this.#open();
  }

  #welcome(frame: ServerWelcome): void {
    const connection = this.#connection;
    if (!connection) return;
    const token = this.#token;
    this.#token = undefined;
    if (token !== undefined) {
      // The token carries a name of its own, so the wanted name is sent again, unless the server has already refused
      // it.
      const { name } = this.#identity;
      this.#guest = frame;
      const asked = frame.user.name === name ? name : undefined;
      return connection.send(encode({ type: 'hello', token, name: asked, id: hello }).wire);
    }
    this.#stopTimer();
    this.#onlineAt = this.#environment.now();
    this.#writer.start(frame.limits, (wire) => connection.send(wire));
    this.#heartbeat = this.#beat(frame.heartbeat);
    const again = this.#identity.welcomed(frame);
    this.#identify();
    for (const question of again) this.#requests.ask(question).catch(() => undefined);
    for (const room of this.#rooms.values()) room.enter();
    this.#requests.resume();
    this.#set({ state: 'online' });
  }

  #beat(patience: number): Heartbeat {
    const { interval, timeout = defaultTimeout } = this.#options.heartbeat ?? {};
    return startHeartbeat(this.#environment, {
      interval: interval ?? Math.min(defaultInterval, patience / 2 || defaultInterval),
      timeout,
      ask: () => this.#writer.push(encode({ type: 'ping' })),
      dead: () => this.#giveUp(),
    });
  }

  #lost(because: ClosedBecause): void {
    const lasted = this.#writer.isOpen ? this.#environment.now() - this.#onlineAt : 0;
    const goodbye = this.#goodbye;
    this.#release();
    if (this.#state === 'closed') return this.#whenEnded();
    this.#requests.lost(new HubbubError('connection_lost', 'the connection was lost before the answer'));
    for (const room of this.#rooms.values()) room.lost();
    const reason = { ...because, ...(goodbye && { message: goodbye.message }) };
    if (!mayReturn(goodbye?.code ?? because.code)) return this.#finish(reason);
    const retry = this.#pause(lasted, goodbye?.retry);
    this.#stopTimer = this.#environment.after(retry, () => void this.#open());
    this.#set({ state: 'offline', reason, retry });
  }

  #release(): void {
    this.#attempt += 1;
    this.#connection = undefined;
    this.#goodbye = undefined;
    this.#stopTimer();
    this.#heartbeat?.stop();
    this.#heartbeat = undefined;
    this.#writer.stop();
  }

  /** Closes for good: asked by the application, or by the server for this reason. */
  #finish(reason?: ClosedBecause): void {
    if (this.#state === 'closed') return;
    this.#release();
    this.#stopWatching();
    this.#options.signal?.removeEventListener('abort', this.#abort);
    const error = reason && new HubbubError('closed', reason.message);
    this.#over ??= error;
    this.#requests.close(this.#over);
    this.#state = 'closed';
    for (const room of this.#rooms.values()) room.end(error, this.#over);
    this.#emitter.emit('state', { state: 'closed', ...(reason && { reason }) });
  }

  #set(change: StateChange): void {
    if (this.#state === change.state && change.state !== 'offline') return;
    this.#state = change.state;
    this.#emitter.emit('state', change);
  }

  // ---- frames

  #receive(frame: ServerFrame): void {
    if (this.#state === 'closed') return;
    this.#heartbeat?.heard();
    switch (frame.type) {
      case 'welcome':
        return this.#welcome(frame);
      case 'goodbye':
        this.#goodbye = frame;
        return;
      case 'error':
        return this.#refused(frame);
      case 'direct':
      case 'broadcast': {
        const { type, ...said } = frame;
        return this.#emitter.emit(type, said as Direct & Broadcast);
      }
      default:
        return this.#pass(frame);
    }
  }

  /** Passes an answer to its request, and everything else to its room. */
  #pass(frame: ServerFrame): void {
    if (this.#requests.settle(frame)) return;
    if ('room' in frame && frame.room !== undefined) this.#rooms.get(frame.room)?.receive(frame);
    else if (frame.type === 'signal') this.#emitter.emit('signal', signalOf(frame));
  }

  #refused(frame: ServerError): void {
    if (frame.id !== undefined) {
      const isKnown =
        this.#requests.refuse(frame) || Array.from(this.#rooms.values()).some((room) => room.refused(frame));
      if (isKnown) return;
    }
    const error = toError(frame);
    if (frame.code === 'rate_limited') return this.#slowDown(error);
    const isHello = frame.id === hello;
    this.#emitter.emit(isHello || frame.code === 'invalid_token' ? 'refused' : 'error', error);
    if (isHello && this.#guest) this.#welcome(this.#guest);
  }

  /** A frame was refused by the rate limit, and the server did not say which. */
  #slowDown(error: HubbubError): void {
    const { retry = defaultRetry } = error;
    this.#writer.pause(retry);
    this.#requests.repeat(retry, error);
    for (const room of this.#rooms.values()) room.repeat(retry);
  }

  // ---- who this is

  #identify(): void {
    const before = this.#known;
    const { user } = this;
    this.#known = user;
    if (user && (user.id !== before?.id || user.name !== before.name)) this.#emitter.emit('user', { user, before });
  }
}
