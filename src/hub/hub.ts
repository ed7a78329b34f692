/**
 * The hub: a stream of commands in, room actors keyed by name, a stream of effects out. It carries out one command after
 * the other; what a command causes that comes back as a command (an effect closes a connection) waits its turn.
 */
import { type Observer, Subject } from 'rxjs';
import type { User } from '../protocol/generated/frames.ts';
import { Refusal } from '../protocol/refusal.ts';
import {
  acknowledged,
  broadcast,
  direct,
  listRooms,
  listUsers,
  type Request,
  refused,
  signalUser,
} from './beyond-rooms.ts';
import type { Command, HubFrame } from './commands.ts';
import { type ConnectionRecord, Directory } from './directory.ts';
import type { Effect } from './effects.ts';
import { joined, left, openRoom, type Room, type RoomCommand, step, subscription } from './room.ts';
import type { RosterOptions } from './roster.ts';
import type { ConnectionId, UserRecord } from './user.ts';

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

  /** A user who is here, or was a moment ago, as they are called now. */
  find(userId: string): User | undefined {
    return this.#directory.user(userId);
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
        this.#directory.tick(this.#options.now());
        // A room that fails on it is rebuilt, and has time until the next one.
        for (const room of [...this.#restless]) this.#tell(room, command);
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
    const directory = this.#directory;
    const { now } = this.#options;
    switch (frame.type) {
      case 'message':
        return this.#toRoom(connection, frame);
      case 'signal':
        if (frame.to === undefined) return this.#toRoom(connection, frame);
        return this.#emit(...signalUser(directory, connection, frame, frame.to, now()));
      case 'join':
        return this.#join(connection, frame.room, frame.id);
      case 'leave':
        return this.#leave(connection, frame);
      case 'direct':
        return this.#emit(...direct(directory, connection, frame, byName, now()));
      case 'broadcast':
        return this.#emit(...broadcast(connection, frame, now()));
      case 'name':
      case 'status':
        this.#change(connection.user, frame);
        return this.#emit(...acknowledged(connection, frame, now()));
      case 'list':
        if (frame.room !== undefined) return this.#listMembers(connection, frame, frame.room);
        return this.#emit(listUsers(directory, connection, frame));
      case 'rooms':
        return this.#emit(listRooms(this.#rooms.values(), connection, frame));
    }
  }

  // ---- connections

  #connect({ connection: id, dialect, user, rooms }: Extract<Command, { type: 'connect' }>): void {
    const connection = this.#directory.add(id, dialect, user);
    for (const name of rooms) this.#join(connection, name);
  }

  #disconnect(connection: ConnectionRecord, type: 'quit' | 'lose'): void {
    const { grace, now } = this.#options;
    this.#directory.remove(connection, type === 'lose' && grace > 0 ? now() + grace : undefined);
    for (const name of connection.rooms) this.#tellNamed(name, { type, connection });
  }

  /** The rooms see the one user go and the other come. */
  #identify(connection: ConnectionRecord, user: User): void {
    const before = { ...connection };
    this.#directory.identify(connection, user);
    for (const name of connection.rooms) this.#tellNamed(name, { type: 'identify', connection, before });
  }

  // ---- rooms

  #join(connection: ConnectionRecord, name: string, id?: string): void {
    const isNew = !connection.rooms.has(name);
    if (isNew && connection.rooms.size >= this.#options.maxRooms) {
      const message = `a connection may be in at most ${this.#options.maxRooms} rooms`;
      return this.#emit(refused(connection, new Refusal('too_many_rooms', message, { path: '/room' }), id));
    }
    let room = this.#rooms.get(name);
    if (!room) {
      room = openRoom(name, { epoch: this.#options.newEpoch(), seq: 0 }, this.#options);
      this.#rooms.set(name, room);
    }
    connection.rooms.add(name);
    this.#tell(room, { type: 'join', connection, isNew, id });
  }

  #leave(connection: ConnectionRecord, { room, id }: Request<'leave'>): void {
    if (!connection.rooms.delete(room)) return this.#emit(refused(connection, notIn(room), id));
    this.#tellNamed(room, { type: 'leave', connection, id });
  }

  #toRoom(connection: ConnectionRecord, frame: Request<'message' | 'signal'>): void {
    const room = this.#roomOf(connection, frame.room ?? first(connection.rooms), frame.id);
    if (!room) return;
    if (frame.type === 'message') return this.#tell(room, { type: 'message', connection, frame });
    this.#tell(room, { type: 'signal', connection, frame });
  }

  #listMembers(connection: ConnectionRecord, frame: Request<'list'>, name: string): void {
    const room = this.#roomOf(connection, name, frame.id);
    if (room) this.#tell(room, { type: 'list', connection, frame });
  }

  /** The room, if the connection is in it; else the request is refused. */
  #roomOf(connection: ConnectionRecord, name: string | undefined, id: string | undefined): Room | undefined {
    const room = name !== undefined && connection.rooms.has(name) ? this.#rooms.get(name) : undefined;
    if (!room) this.#emit(refused(connection, notIn(name), id));
    return room;
  }

  // ---- users

  #change(user: UserRecord, frame: Request<'name' | 'status'>): void {
    const { public: before, state, note } = user;
    if (frame.type === 'name') {
      if (frame.name === before.name) return;
      user.public = { id: before.id, name: frame.name };
    } else {
      if (frame.state === state && frame.note === note) return;
      user.state = frame.state;
      user.note = frame.note;
    }
    const was = { name: before.name, state };
    for (const room of this.#directory.roomsOf(user)) this.#tellNamed(room, { type: 'changed', user, was });
  }

  // ---- supervision

  #tellNamed(name: string, command: RoomCommand): void {
    const room = this.#rooms.get(name);
    if (room) this.#tell(room, command);
  }

  #tell(room: Room, command: RoomCommand): void {
    let effects: Effect[];
    try {
      effects = this.#step(room, command, this.#options.now());
    } catch (error) {
      return this.#rebuild(room, command, error);
    }
    this.#emit(...effects);
    this.#settle(room);
  }

  /** Forgets a room that is empty, and sees to it that a restless one is told of the time. */
  #settle(room: Room): void {
    if (room.roster.size === 0) {
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
    // Nobody needs to be told that all have come: they get `joined`.
    room.roster.tick(this.#options.now());
    this.#restless.delete(broken);
    this.#rooms.set(room.name, room);
    this.#emit({ type: 'failure', room: room.name, error });
    for (const member of members) {
      const asked = command.type === 'join' && command.connection.id === member.id;
      if (asked && command.isNew) this.#emit(subscription('subscribe', room, member));
      this.#emit(joined(room, member.id, asked ? command.id : undefined));
    }
    if (command.type === 'leave') {
      this.#emit(...left(room, command.connection, command.id));
    } else if (command.type === 'quit' || command.type === 'lose') {
      this.#emit(subscription('unsubscribe', room, command.connection));
    } else if ('frame' in command) {
      const refusal = new Refusal('internal', 'the server failed on this request');
      this.#emit(refused(command.connection, refusal, command.frame.id));
    }
    this.#settle(room);
  }

  #emit(...effects: readonly Effect[]): void {
    for (const effect of effects) this.effects.next(effect);
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
