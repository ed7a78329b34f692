/**
 * The hub: a stream of commands in, room actors keyed by name, a stream of effects out. It carries out one command after
 * the other; what a command causes that comes back as a command (an effect closes a connection) waits its turn.
 */
import { type Observer, Subject } from 'rxjs';
import type { User } from '../protocol/generated/frames.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Command, HubFrame } from './commands.ts';
import { type ConnectionRecord, Directory } from './directory.ts';
import type { Effect } from './effects.ts';
import { page } from './page.ts';
import { joined, left, openRoom, type Room, type RoomCommand, step, subscription } from './room.ts';
import type { RosterOptions } from './roster.ts';
import { type ConnectionId, describeMember, type UserRecord } from './user.ts';

export interface HubOptions extends RosterOptions {
  /** How many rooms one connection may be in. */
  readonly maxRooms: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A name for a room's new numbering, never given twice. */
  readonly newEpoch: () => string;
  /** The room actor's transition; another one only to test supervision. */
  readonly step?: (room: Room, command: RoomCommand, now: number) => Effect[];
}

/** How often the hub wants to be told that time has passed, in milliseconds. */
export const tickInterval = 100;

type Request<T extends HubFrame['type']> = Extract<HubFrame, { type: T }>;

export class Hub {
  /** What is to be done, in order. */
  readonly effects = new Subject<Effect>();
  readonly #commands = new Subject<Command>();
  readonly #options: HubOptions;
  readonly #step: (room: Room, command: RoomCommand, now: number) => Effect[];
  readonly #directory = new Directory();
  readonly #rooms = new Map<string, Room>();
  /** The rooms for which the passing of time matters. */
  readonly #restless = new Set<Room>();
  readonly #waiting: Command[] = [];
  #busy = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#step = options.step ?? step;
    this.#commands.subscribe((command) => this.#receive(command));
  }

  /** Where commands go in. */
  get commands(): Observer<Command> {
    return this.#commands;
  }

  /** A connected user, as they are called now. */
  find(userId: string): User | undefined {
    return this.#directory.users.get(userId)?.public;
  }

  /** How much there is of everything, for tests, health and metrics. */
  get counts(): { connections: number; users: number; rooms: number; restless: number } {
    const { connections, users } = this.#directory;
    return { connections: connections.size, users: users.size, rooms: this.#rooms.size, restless: this.#restless.size };
  }

  #receive(command: Command): void {
    this.#waiting.push(command);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) this.#carryOut(next);
    } finally {
      this.#busy = false;
    }
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case 'tick':
        for (const room of this.#restless) this.#tell(room, command);
        return;
      case 'connect':
        return this.#connect(command);
      case 'disconnect':
        return this.#with(command, (connection) => this.#disconnect(connection, command.clean ? 'quit' : 'lose'));
      case 'identify':
        return this.#with(command, (connection) => this.#identify(connection, command.user));
      case 'request':
        return this.#with(command, (connection) => this.#request(connection, command.frame, command.byName ?? false));
    }
  }

  /** A command of a connection that has gone meanwhile means nothing any more. */
  #with({ connection: id }: { connection: ConnectionId }, then: (connection: ConnectionRecord) => void): void {
    const connection = this.#directory.connections.get(id);
    if (connection) then(connection);
  }

  #request(connection: ConnectionRecord, frame: HubFrame, byName: boolean): void {
    switch (frame.type) {
      case 'message':
      case 'signal':
        return this.#toRoomOrUser(connection, frame);
      case 'join':
        return this.#join(connection, frame.room, frame.id);
      case 'leave':
        return this.#leave(connection, frame);
      case 'direct':
        return this.#direct(connection, frame, byName);
      case 'broadcast':
        return this.#broadcast(connection, frame);
      case 'name':
        return this.#change(connection, frame, { name: frame.name });
      case 'status':
        return this.#change(connection, frame, { state: frame.state, note: frame.note });
      case 'list':
        return this.#list(connection, frame);
      case 'rooms':
        return this.#listRooms(connection, frame);
    }
  }

  // ---- connections

  #connect({ connection: id, dialect, user, rooms }: Extract<Command, { type: 'connect' }>): void {
    const connection = this.#directory.add(id, dialect, user);
    for (const name of rooms) this.#join(connection, name);
  }

  #disconnect(connection: ConnectionRecord, type: 'quit' | 'lose'): void {
    this.#directory.remove(connection);
    for (const name of connection.rooms) this.#tellNamed(name, { type, connection });
  }

  /** The rooms see the one user go and the other come. */
  #identify(connection: ConnectionRecord, user: User): void {
    const before = { ...connection };
    this.#directory.identify(connection, user);
    for (const name of connection.rooms) {
      this.#tellNamed(name, { type: 'quit', connection: before }, 'keep');
      this.#tellNamed(name, { type: 'join', connection });
    }
  }

  // ---- rooms

  #join(connection: ConnectionRecord, name: string, id?: string): void {
    if (!connection.rooms.has(name) && connection.rooms.size >= this.#options.maxRooms) {
      const message = `a connection may be in at most ${this.#options.maxRooms} rooms`;
      return this.#refuse(connection, new Refusal('too_many_rooms', message, { path: '/room' }), id);
    }
    let room = this.#rooms.get(name);
    if (!room) {
      room = openRoom(name, { epoch: this.#options.newEpoch(), seq: 0 }, this.#options);
      this.#rooms.set(name, room);
    }
    connection.rooms.add(name);
    this.#tell(room, { type: 'join', connection, id });
  }

  #leave(connection: ConnectionRecord, { room, id }: Request<'leave'>): void {
    if (!connection.rooms.delete(room)) return this.#refuse(connection, notIn(room), id);
    this.#tellNamed(room, { type: 'leave', connection, id });
  }

  #toRoomOrUser(connection: ConnectionRecord, frame: Request<'message' | 'signal'>): void {
    if (frame.type === 'signal' && frame.to !== undefined) return this.#signalUser(connection, frame, frame.to);
    const name = frame.room ?? first(connection.rooms);
    const room = name !== undefined && connection.rooms.has(name) ? this.#rooms.get(name) : undefined;
    if (!room) return this.#refuse(connection, notIn(name), frame.id);
    if (frame.type === 'message') return this.#tell(room, { type: 'message', connection, frame });
    this.#tell(room, { type: 'signal', connection, frame });
    this.#acknowledge(connection, frame);
  }

  #list(connection: ConnectionRecord, frame: Request<'list'>): void {
    if (frame.room !== undefined) {
      const room = connection.rooms.has(frame.room) ? this.#rooms.get(frame.room) : undefined;
      if (!room) return this.#refuse(connection, notIn(frame.room), frame.id);
      return this.#tell(room, { type: 'list', connection, frame });
    }
    const { users } = this.#directory;
    const { items, cursor } = page(users.values(), (user) => user.public.id, frame.cursor, frame.limit);
    this.#emit({
      type: 'send',
      connection: connection.id,
      frame: {
        type: 'members',
        count: users.size,
        members: items.map((user) => describeMember(user, user.connections.size)),
        ...(cursor !== undefined && { cursor }),
        ...(frame.id !== undefined && { id: frame.id }),
      },
    });
  }

  #listRooms(connection: ConnectionRecord, { id, prefix = '', cursor: after, limit }: Request<'rooms'>): void {
    const matching = Array.from(this.#rooms.values()).filter(({ name }) => name.startsWith(prefix));
    const { items, cursor } = page(matching, (room) => room.name, after, limit);
    this.#emit({
      type: 'send',
      connection: connection.id,
      frame: {
        type: 'rooms',
        rooms: items.map(({ name, roster }) => ({ room: name, count: roster.size })),
        ...(cursor !== undefined && { cursor }),
        ...(id !== undefined && { id }),
      },
    });
  }

  // ---- users

  #signalUser(connection: ConnectionRecord, frame: Request<'signal'>, to: string): void {
    const user = this.#directory.find(to, false);
    if (user instanceof Refusal) return this.#refuse(connection, user, frame.id);
    const { kind, mime, body } = frame;
    const out = {
      type: 'signal',
      from: connection.user.public,
      kind,
      ...(mime !== undefined && { mime }),
      ...(body !== undefined && { body }),
    } as const;
    for (const id of user.connections)
      if (id !== connection.id) this.#emit({ type: 'send', connection: id, frame: out });
    this.#acknowledge(connection, frame);
  }

  #direct(connection: ConnectionRecord, frame: Request<'direct'>, byName: boolean): void {
    const user = this.#directory.find(frame.to, byName);
    if (user instanceof Refusal) return this.#refuse(connection, user, frame.id);
    const { id, mime, body } = frame;
    const out = {
      type: 'direct',
      to: user.public.id,
      from: connection.user.public,
      at: this.#options.now(),
      ...(id !== undefined && !byName && { id }),
      ...(mime !== undefined && { mime }),
      body,
    } as const;
    const receivers = new Set([...user.connections, ...connection.user.connections]);
    receivers.delete(connection.id);
    for (const receiver of receivers) this.#emit({ type: 'send', connection: receiver, frame: out });
    this.#acknowledge(connection, frame);
  }

  #broadcast(connection: ConnectionRecord, frame: Request<'broadcast'>): void {
    const { mime, body } = frame;
    const from = connection.user.public;
    const out = {
      type: 'broadcast',
      from,
      at: this.#options.now(),
      ...(mime !== undefined && { mime }),
      body,
    } as const;
    this.#emit({ type: 'broadcast', frame: out });
    this.#acknowledge(connection, frame);
  }

  #change(
    connection: ConnectionRecord,
    frame: Request<'name' | 'status'>,
    to: Partial<Pick<UserRecord, 'state' | 'note'>> & { name?: string },
  ): void {
    const { user } = connection;
    const was = { name: user.public.name, state: user.state };
    if (to.name !== undefined) user.public = { id: user.public.id, name: to.name };
    if (to.state !== undefined) {
      user.state = to.state;
      user.note = to.note;
    }
    const rooms = new Set<string>();
    for (const id of user.connections)
      for (const room of this.#directory.connections.get(id)?.rooms ?? []) rooms.add(room);
    for (const room of rooms) this.#tellNamed(room, { type: 'changed', user, was });
    this.#acknowledge(connection, frame);
  }

  // ---- supervision

  #tellNamed(name: string, command: RoomCommand, whenEmpty?: 'keep'): void {
    const room = this.#rooms.get(name);
    if (room) this.#tell(room, command, whenEmpty);
  }

  #tell(room: Room, command: RoomCommand, whenEmpty?: 'keep'): void {
    let effects: Effect[];
    try {
      effects = this.#step(room, command, this.#options.now());
    } catch (error) {
      return this.#rebuild(room, command, error);
    }
    for (const effect of effects) this.#emit(effect);
    this.#settle(room, whenEmpty);
  }

  /** Forgets a room that is empty, and sees to it that a restless one is told of the time. */
  #settle(room: Room, whenEmpty?: 'keep'): void {
    if (room.roster.size === 0 && whenEmpty !== 'keep') {
      this.#rooms.delete(room.name);
      this.#restless.delete(room);
    } else if (room.roster.restless) {
      this.#restless.add(room);
    } else {
      this.#restless.delete(room);
    }
  }

  /**
   * A room that threw may be in any state. It is made anew, with a new epoch, from the connections that are in it, and
   * they are told how it stands now. Nothing of the failed step was sent; who asked for it is told, too.
   */
  #rebuild(broken: Room, command: RoomCommand, error: unknown): void {
    const room = openRoom(broken.name, { epoch: this.#options.newEpoch(), seq: 0 }, this.#options);
    const members = Array.from(this.#directory.connections.values()).filter(({ rooms }) => rooms.has(room.name));
    for (const member of members) room.roster.enter(member);
    this.#restless.delete(broken);
    this.#rooms.set(room.name, room);
    this.#emit({ type: 'failure', room: room.name, error });
    for (const member of members) {
      const asked = command.type === 'join' && command.connection.id === member.id;
      if (asked) this.#emit(subscription('subscribe', room, member));
      this.#emit(joined(room, member.id, asked ? command.id : undefined));
    }
    if (command.type === 'leave') {
      for (const effect of left(room, command.connection, command.id)) this.#emit(effect);
    } else if (command.type === 'quit' || command.type === 'lose') {
      this.#emit(subscription('unsubscribe', room, command.connection));
    } else if ('frame' in command) {
      const refusal = new Refusal('internal', 'the server failed on this request');
      this.#emit({ type: 'send', connection: command.connection.id, frame: refusal.frame(command.frame.id) });
    }
    this.#settle(room);
  }

  // ---- answers

  #acknowledge(connection: ConnectionRecord, { id }: HubFrame): void {
    if (id === undefined) return;
    this.#emit({ type: 'send', connection: connection.id, frame: { type: 'ack', id, at: this.#options.now() } });
  }

  #refuse(connection: ConnectionRecord, refusal: Refusal, id: string | undefined): void {
    this.#emit({ type: 'send', connection: connection.id, frame: refusal.frame(id) });
  }

  #emit(effect: Effect): void {
    this.effects.next(effect);
  }
}

function notIn(room: string | undefined): Refusal {
  if (room === undefined) return new Refusal('not_joined', 'you are in no room; join one first');
  return new Refusal('not_joined', `you are not in ${room}; join it first`, { path: '/room' });
}

function first(rooms: ReadonlySet<string>): string | undefined {
  for (const room of rooms) return room;
  return undefined;
}
