/**
 * Connects the client's hub with the store: events of the server go to the store, actions of the person to the server.
 */
import { connect, type Hub, HubbubError, type Room } from '../../../client/connect.ts';
import type { Member, PresenceState } from '../../../protocol/generated/frames.ts';
import { bodyOf, type Content } from '../state/content.ts';
import { firstPosition, latestPosition } from '../state/conversation.ts';
import { nameOf } from '../state/reduce.ts';
import { isRoom, type Key, nameIn, type Outgoing } from '../state/state.ts';
import type { Memory } from './memory.ts';
import type { Store } from './store.ts';

/** The room of a first visit. */
const firstRoom = 'lobby';

/** How many messages to read when a room is entered, and at each further step. */
const page = { first: 60, older: 100 };

/** How often a person who goes on typing is announced, in milliseconds. */
const typingInterval = 3000;

/** The kind of the signal. */
const typing = 'typing';

export interface SessionOptions {
  readonly url: string;
  readonly store: Store;
  readonly memory: Memory;
  /** Milliseconds since 1970: for stamps. */
  readonly now: () => number;
  /** Milliseconds on a clock that does not jump: for durations. */
  readonly monotonic: () => number;
  /** @param key of the room or user to show first. */
  readonly key?: Key | undefined;
  readonly name?: string | undefined;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #store: Store;
  readonly #rooms = new Map<string, Room>();
  readonly #typed = new Map<Key, number>();
  #hub: Hub;
  #sends = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#hub = this.#connect();
    const { memory, key } = options;
    const rooms = memory.get('rooms') ?? [firstRoom];
    for (const room of rooms) this.#enter(room);
    const first = key ?? (rooms[0] === undefined ? undefined : (`#${rooms[0]}` as const));
    if (first !== undefined) this.open(first);
  }

  get hub(): Hub {
    return this.#hub;
  }

  // ---- actions of the person

  /** Shows a room or a user; a room is entered if it was not. */
  open(key: Key, name?: string): void {
    if (isRoom(key)) this.#enter(nameIn(key));
    else this.#tell({ type: 'entering', key, name: name ?? nameOf(this.#store.state, nameIn(key)) });
    this.#tell({ type: 'open', key });
  }

  leave(key: Key): void {
    const name = nameIn(key);
    this.#tell({ type: 'gone', key });
    if (!isRoom(key)) return;
    this.#options.memory.change('rooms', (rooms = []) => rooms.filter((room) => room !== name));
    const room = this.#rooms.get(name);
    this.#rooms.delete(name);
    room?.leave().then(
      () => this.look(),
      (error) => this.#notice(error),
    );
  }

  say(key: Key, content: Content): void {
    const id = `${++this.#sends}`;
    this.#typed.delete(key);
    this.#send(key, { id, at: this.#options.now(), content });
  }

  retry(key: Key, { id, content }: Outgoing): void {
    this.#send(key, { id, at: this.#options.now(), content });
  }

  discard(key: Key, { id }: Outgoing): void {
    this.#tell({ type: 'discard', key, id });
  }

  /** The person is typing. */
  type(key: Key): void {
    const time = this.#options.monotonic();
    if (time - (this.#typed.get(key) ?? Number.NEGATIVE_INFINITY) < typingInterval) return;
    if (isRoom(key)) {
      const wentOut = this.#rooms.get(nameIn(key))?.signal(typing) ?? false;
      if (wentOut) this.#typed.set(key, time);
      return;
    }
    this.#typed.set(key, time);
    // Without a connection, or without a receiver, nobody is told.
    this.#hub.signal(nameIn(key), typing).catch(() => undefined);
  }

  /** Reads older messages. */
  older(key: Key): void {
    const conversation = this.#store.state.conversations.get(key);
    const room = this.#rooms.get(nameIn(key));
    if (!room || !conversation || conversation.phase !== 'open') return;
    if (conversation.older !== 'some' && conversation.older !== 'failed') return;
    this.#tell({ type: 'paging', key });
    const before = firstPosition(conversation)?.seq;
    room.history({ limit: page.older, ...(before !== undefined && { before }) }).then(
      (found) => this.#tell({ type: 'page', key, page: found }),
      (error) => {
        this.#tell({ type: 'not paged', key });
        this.#notice(error);
      },
    );
  }

  /** @throws HubbubError if the server does not take it. */
  async rename(name: string): Promise<void> {
    await this.#hub.rename(name);
  }

  /** @throws HubbubError if the server does not take it. */
  async status(state: PresenceState, note: string): Promise<void> {
    await this.#hub.status(state, ...(note === '' ? [] : [note]));
  }

  /** Asks for the open rooms. */
  look(): void {
    if (this.#store.state.connection.state !== 'online') return;
    this.#hub.rooms().then(
      (rooms) => this.#tell({ type: 'rooms', rooms }),
      // It will be asked again in a while.
      () => undefined,
    );
  }

  dismiss(id: string): void {
    this.#tell({ type: 'dismiss', id });
  }

  /** Connects again to the same rooms, after the connection was closed for good. */
  again(): void {
    this.#rooms.clear();
    this.#hub = this.#connect();
    for (const key of this.#store.state.conversations.keys()) {
      if (isRoom(key)) this.#enter(nameIn(key));
    }
  }

  // ---- events of the server

  #connect(): Hub {
    const { url, memory, now, monotonic, name } = this.#options;
    const known = name ?? memory.get('name');
    const hub = connect(url, {
      token: () => memory.get('ticket'),
      ...(known !== undefined && { name: known }),
    });
    hub.on('state', ({ state, reason, retry }) => {
      this.#tell({
        type: 'connection',
        state,
        time: monotonic(),
        ...(retry !== undefined && { retry }),
        ...(reason && { why: reason.message }),
      });
      if (state !== 'online') return;
      if (hub.limits) this.#tell({ type: 'limit', frame: hub.limits.frame });
      memory.set('ticket', hub.ticket);
      this.look();
    });
    hub.on('user', ({ user }) => {
      this.#tell({ type: 'user', user });
      memory.set('ticket', hub.ticket);
      memory.set('name', user.name);
    });
    hub.on('refused', () => {
      memory.set('ticket', undefined);
      this.#tell({ type: 'notice', text: 'The server does not know you any more. You are a new guest.' });
    });
    hub.on('direct', (direct) => this.#tell({ type: 'direct', direct, at: now() }));
    hub.on('broadcast', (broadcast) => this.#tell({ type: 'broadcast', broadcast, at: now() }));
    hub.on('signal', ({ from, kind }) => {
      if (kind === typing) this.#tell({ type: 'typing', key: `@${from.id}`, user: from, time: monotonic() });
    });
    hub.on('error', (error) => this.#notice(error));
    return hub;
  }

  #enter(name: string): void {
    const key: Key = `#${name}`;
    if (this.#rooms.has(name)) return;
    const { memory } = this.#options;
    const conversation = this.#store.state.conversations.get(key);
    const since = conversation && latestPosition(conversation);
    this.#tell({ type: 'entering', key, read: memory.get('read')?.[name] });
    // `again` enters it.
    if (this.#hub.state === 'closed') return;
    const room = this.#hub.room(name, since ? { since } : { last: page.first });
    this.#rooms.set(name, room);
    this.#listen(key, room);
    room.entered.then(
      () => {
        memory.change('rooms', (rooms = []) => (rooms.includes(name) ? rooms : [...rooms, name]));
        this.look();
      },
      // `left` has said why.
      () => undefined,
    );
  }

  #listen(key: Key, room: Room): void {
    const { now, monotonic } = this.#options;
    const told = () => ({ key, members: membersOf(room) });
    room.on('joined', (joined) => this.#tell({ type: 'joined', joined, ...told(), time: monotonic() }));
    room.on('presence', (presence) => this.#tell({ type: 'presence', presence, ...told(), at: now() }));
    room.on('gap', (gap) => this.#tell({ type: 'gap', key, gap }));
    room.on('signal', ({ from, kind }) => {
      if (kind === typing) this.#tell({ type: 'typing', key, user: from, time: monotonic() });
    });
    room.on('left', (error) => {
      if (error && this.#rooms.get(room.name) === room) this.#bar(key, error);
    });
    // Last: messages that have waited come from here on.
    room.on('message', (message) => this.#tell({ type: 'message', key, message, at: now() }));
  }

  #bar(key: Key, error: unknown): void {
    // The whole connection was closed; the room may be entered again with another one.
    if (error instanceof HubbubError && error.code === 'closed') return;
    this.#rooms.delete(nameIn(key));
    if (!this.#store.state.conversations.has(key)) return;
    this.#tell({ type: 'barred', key, why: wordsFor(error) });
    this.#options.memory.change('rooms', (rooms = []) => rooms.filter((room) => room !== nameIn(key)));
  }

  #send(key: Key, outgoing: Outgoing): void {
    const { id, content } = outgoing;
    this.#tell({ type: 'sending', key, outgoing });
    this.#transmit(key, content).then(
      ({ at }) => this.#tell({ type: 'sent', key, id, at }),
      (error) => this.#tell({ type: 'refused', key, id, why: wordsFor(error) }),
    );
  }

  async #transmit(key: Key, content: Content): Promise<{ at: number }> {
    const { body, mime } = bodyOf(content);
    const options = mime === undefined ? {} : { mime };
    // Its rooms would only report that they were left.
    if (this.#hub.state === 'closed') throw new HubbubError('closed', 'the connection is closed');
    if (!isRoom(key)) return this.#hub.direct(nameIn(key), body, options);
    const room = this.#rooms.get(nameIn(key));
    if (!room) throw new Error('You are not in this room.');
    return room.send(body, options);
  }

  /** Shows an answer. */
  tell(text: string): void {
    this.#tell({ type: 'notice', text });
  }

  #notice(error: unknown): void {
    this.tell(wordsFor(error));
  }

  get #tell(): Store['tell'] {
    return (happening) => this.#store.tell(happening);
  }
}

function membersOf({ members }: Room): Member[] | undefined {
  return members && [...members.values()];
}

/** An error in words for a person. */
export function wordsFor(error: unknown): string {
  if (error instanceof HubbubError) {
    switch (error.code) {
      case 'unknown_user':
        return 'Nobody of that name is here now, and direct messages are not kept.';
      case 'connection_lost':
        return 'The connection broke. It may have arrived, or not.';
      case 'frame_too_big':
        return 'This is longer than the server takes.';
      case 'closed':
        return 'The connection is closed.';
      default:
        break;
    }
  }
  const words = error instanceof Error ? error.message : String(error);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
