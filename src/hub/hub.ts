/**
 * The hub: a stream of commands in, room actors keyed by name, a stream of effects out. It carries out one command at a
 * time; a command that is caused by another one (an effect closes a connection) waits for its turn.
 */
import { type Observer, Subject } from 'rxjs';
import type { User } from '../protocol/generated/frames.ts';
import { shown } from '../protocol/names.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Command, HubFrame } from './commands.ts';
import { type ConnectionRecord, Directory } from './directory.ts';
import { everyoneRoom } from './effect-runner.ts';
import type { Effect } from './effects.ts';
import { history, latest } from './history.ts';
import { resume, type Start } from './joining.ts';
import type { Room, RoomCommand } from './room.ts';
import { failed, Rooms, type RoomsOptions } from './rooms.ts';
import {
  acknowledged,
  broadcast,
  direct,
  listRooms,
  listUsers,
  type Request,
  refused,
  signalUser,
} from './server-wide.ts';
import type { Trail } from './trail.ts';
import type { ConnectionId, UserRecord } from './user.ts';

export interface HubOptions extends RoomsOptions {
  /** How many rooms one connection may be in. */
  readonly maxRooms: number;
  /** How many rooms may be open. */
  readonly maxOpenRooms: number;
  /** The most bytes of messages in a page of history, unless a single message is larger. */
  readonly pageBytes: number;
  /** Whether so much is being sent in a room, or to everyone (`everyoneRoom`), that nothing may be added. */
  readonly isFull: (room: string) => boolean;
  /** Follows a connection for the operator; undefined if connections are not followed. */
  readonly trail?: (connection: ConnectionId) => Pick<Trail, 'joined' | 'left'> | undefined;
}

/** The cost to end a connection, or its stay in a room; and to tell a room of a user's change; in units. */
const disconnectCost = 10;
const changeCost = 2;
/** The cost of an entry of a page of history, in units. */
const pageEntryCost = 1;

/** How often the hub needs a `tick`, in milliseconds. */
export const tickInterval = 100;

export class Hub {
  /** The effects, in order; those of one step come together. */
  readonly effects = new Subject<readonly Effect[]>();
  readonly #commands = new Subject<Command>();
  readonly #options: HubOptions;
  readonly #directory = new Directory();
  readonly #rooms: Rooms;
  readonly #waiting: Command[] = [];
  #busy = false;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#rooms = new Rooms(options, this.#directory, (effects) => this.#emitAll(effects));
    this.#commands.subscribe((command) => this.#receive(command));
  }

  /** The input. */
  get commands(): Observer<Command> {
    return this.#commands;
  }

  /** A user who is connected, or was a moment ago, with the present name. */
  find(userId: string): User | undefined {
    return this.#directory.user(userId);
  }

  /** Present numbers, for tests, health and metrics. */
  get counts(): { connections: number; users: number; rooms: number; restless: number } {
    const { connections, users } = this.#directory;
    return { connections: connections.size, users: users.size, ...this.#rooms.counts };
  }

  /** Whether another `tick` is needed in the next turn of the loop. */
  get isBehind(): boolean {
    return this.#rooms.isBehind;
  }

  #receive(command: Command): void {
    this.#waiting.push(command);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      try {
        this.#carryOut(next);
      } catch (error) {
        // RxJS would rethrow it from a timer, which would end the process.
        this.#fail(next, error);
      }
    }
    this.#busy = false;
  }

  /** A defect outside of a room's step ends only the command, or the connection if that is only half set up. */
  #fail(command: Command, error: unknown): void {
    const what = command.type === 'request' ? command.frame.type : command.type;
    const isInPart = command.type === 'connect' || command.type === 'identify';
    const failure = { type: 'failure', message: `the hub failed on "${what}"`, error } as const;
    this.#emit(isInPart ? { ...failure, ends: command.connection } : failure);
    if (command.type !== 'request') return;
    const { connection, frame } = command;
    this.#emit({ type: 'send', connection, frame: failed.frame(frame.id) });
  }

  #carryOut(command: Command): void {
    switch (command.type) {
      case 'tick':
        return this.#tick(this.#options.monotonic());
      case 'revise':
        return this.#rooms.revise();
      case 'committed':
        for (const { room, seq } of command.commits) this.#rooms.tellNamed(room, { type: 'committed', seq });
        return;
      case 'replayed':
        return this.#with(command, (connection) => {
          this.#rooms.tellNamed(command.room, { type: 'replayed', connection, seq: command.seq });
        });
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

  #tick(time: number): void {
    // Rooms first: a defect in the directory must not stop their time.
    this.#rooms.tick(time);
    this.#directory.tick(time);
  }

  /** Ignores a command of a connection that has gone in the meantime. */
  #with({ connection: id }: { connection: ConnectionId }, then: (connection: ConnectionRecord) => void): void {
    const connection = this.#directory.connections.get(id);
    if (connection) then(connection);
  }

  #request(connection: ConnectionRecord, frame: HubFrame, byName: boolean): void {
    const directory = this.#directory;
    const { now } = this.#options;
    switch (frame.type) {
      case 'message':
        return this.#inRoom(connection, frame, (room) => this.#message(connection, frame, room));
      case 'signal':
        if (frame.to !== undefined) return this.#emit(...signalUser(directory, connection, frame, frame.to, now()));
        return this.#inRoom(connection, frame, (room) => this.#tell(room, { type: 'signal', connection, frame }));
      case 'join':
        return this.#join(connection, frame);
      case 'leave':
        return this.#leave(connection, frame);
      case 'direct':
        return this.#emit(...direct(directory, connection, frame, byName, now()));
      case 'broadcast':
        if (this.#options.isFull(everyoneRoom)) return this.#emit(refused(connection, full(), frame.id));
        return this.#emit(...broadcast(connection, frame, now()));
      case 'name':
      case 'status':
        this.#change(connection.user, frame);
        return this.#emit(...acknowledged(connection, frame, now()));
      case 'list':
        if (frame.room === undefined) return this.#emit(listUsers(directory, connection, frame));
        return this.#inRoom(connection, frame, (room) => this.#tell(room, { type: 'list', connection, frame }));
      case 'history':
        return this.#inRoom(connection, frame, (room) => this.#history(connection, frame, room));
      case 'rooms':
        return this.#emit(listRooms(this.#rooms, connection, frame));
    }
  }

  // ---- connections

  #connect({ connection: id, dialect, user, rooms }: Extract<Command, { type: 'connect' }>): void {
    const connection = this.#directory.add(id, dialect, user);
    for (const room of rooms) this.#join(connection, { type: 'join', room });
  }

  #disconnect(connection: ConnectionRecord, type: 'quit' | 'lose'): void {
    const { grace, monotonic, work } = this.#options;
    const time = monotonic();
    work.own += disconnectCost * (1 + connection.rooms.length);
    this.#directory.remove(connection, type === 'lose' && grace > 0 ? time + grace : undefined);
    for (const name of connection.rooms) this.#rooms.tellNamed(name, { type, connection, time });
  }

  /** The rooms see one user leave and the other join. */
  #identify(connection: ConnectionRecord, user: User): void {
    const before = { ...connection };
    this.#directory.identify(connection, user);
    for (const name of connection.rooms) this.#rooms.tellNamed(name, { type: 'identify', connection, before });
  }

  // ---- rooms

  #tell(room: Room, command: RoomCommand): void {
    this.#rooms.tell(room, command);
  }

  #join(connection: ConnectionRecord, frame: Request<'join'>): void {
    const { room: name, id } = frame;
    const isNew = !connection.rooms.includes(name);
    if (isNew && connection.rooms.length >= this.#options.maxRooms) {
      const message = `a connection may be in at most ${this.#options.maxRooms} rooms`;
      return this.#emit(refused(connection, new Refusal('too_many_rooms', message, { path: '/room' }), id));
    }
    if (!this.#rooms.get(name) && this.#rooms.counts.rooms >= this.#options.maxOpenRooms) {
      const message = `the server has ${this.#options.maxOpenRooms} rooms open, which is its limit`;
      return this.#emit(refused(connection, new Refusal('too_many_rooms', message, { path: '/room' }), id));
    }
    this.#reading(connection, frame, name, () => {
      const room = this.#rooms.open(name);
      const start = this.#start(room, frame);
      if (isNew) this.#directory.enter(connection, room.name);
      if (isNew) this.#options.trail?.(connection.id)?.joined(name);
      this.#tell(room, { type: 'join', connection, isNew, id, start });
    });
  }

  /**
   * Where the messages of a joining connection start; undefined for after the latest one.
   * @throws Error if the log cannot be read.
   */
  #start(room: Room, { since, last }: Request<'join'>): Start | undefined {
    const { log, pageBytes } = this.#options;
    const { name, options } = room;
    try {
      if (since) return resume(room, options.isKept ? log.head(name) : undefined, since);
      return last === undefined || !options.isKept ? undefined : { after: latest(log, room, last, pageBytes) };
    } catch (error) {
      this.#rooms.abandon(room);
      throw error;
    }
  }

  #leave(connection: ConnectionRecord, { room, id }: Request<'leave'>): void {
    if (!connection.rooms.includes(room)) return this.#emit(refused(connection, notIn(room), id));
    this.#directory.leave(connection, room);
    this.#options.trail?.(connection.id)?.left(room);
    const left = this.#rooms.get(room);
    if (left) this.#tell(left, { type: 'leave', connection, id });
  }

  /** Requests that are allowed only in rooms the connection is in. */
  #inRoom(
    connection: ConnectionRecord,
    frame: Request<'message' | 'signal' | 'list' | 'history'>,
    then: (room: Room) => void,
  ): void {
    const name = frame.room ?? connection.rooms[0];
    const room = name !== undefined && connection.rooms.includes(name) ? this.#rooms.get(name) : undefined;
    if (room) then(room);
    else this.#emit(refused(connection, notIn(name), frame.id));
  }

  #message(connection: ConnectionRecord, frame: Request<'message'>, room: Room): void {
    if (this.#options.isFull(room.name)) return this.#emit(refused(connection, full(), frame.id));
    const { check, isKept } = room.options;
    const unfit = check?.(frame.body);
    if (unfit) return this.#emit(refused(connection, unfit, frame.id));
    if (!isKept) return this.#tell(room, { type: 'message', connection, frame });
    this.#reading(connection, frame, room.name, () => {
      const { log, trusted } = this.#options;
      const { id } = frame;
      const said = id === undefined ? undefined : log.find(room.name, connection.user.public.id, id, trusted());
      if (said && id !== undefined) return this.#tell(room, { type: 'repeat', connection, id, ...said });
      const unavailable = log.unavailable(room.name);
      if (!unavailable) return this.#tell(room, { type: 'message', connection, frame });
      const refusal = new Refusal('unavailable', 'messages cannot be kept now', { retry: unavailable.retry });
      this.#emit(refused(connection, refusal, id));
    });
  }

  #history(connection: ConnectionRecord, frame: Request<'history'>, room: Room): void {
    const { log, pageBytes, work } = this.#options;
    this.#reading(connection, frame, room.name, () => {
      const found = history(log, room, frame, pageBytes);
      work.own += found.entries.length * pageEntryCost;
      this.#emit({ type: 'history', connection: connection.id, ...found });
    });
  }

  /** Reading from a damaged log can fail. */
  #reading(connection: ConnectionRecord, { id }: HubFrame, room: string, then: () => void): void {
    try {
      then();
    } catch (error) {
      this.#emit({ type: 'failure', room, message: 'the log of a room cannot be read', error });
      const refusal = new Refusal('unavailable', 'the messages of this room cannot be read', {
        retry: unreadableRetry,
      });
      this.#emit(refused(connection, refusal, id));
    }
  }

  // ---- users

  #change(user: UserRecord, frame: Request<'name' | 'status'>): void {
    const { public: before, state, note } = user;
    if (frame.type === 'name') {
      if (frame.name === before.name) return;
      this.#directory.rename(user, frame.name);
    } else {
      if (frame.state === state && frame.note === note) return;
      user.state = frame.state;
      user.note = frame.note;
    }
    const was = { name: before.name, state };
    for (const room of this.#directory.roomsOf(user)) {
      this.#options.work.own += changeCost;
      this.#rooms.tellNamed(room, { type: 'changed', user, was });
    }
  }

  #emit(...effects: readonly Effect[]): void {
    this.#emitAll(effects);
  }

  #emitAll(effects: readonly Effect[]): void {
    if (effects.length > 0) this.effects.next(effects);
  }
}

/** How long until a retry makes sense, in milliseconds: an operator has to act first. */
const unreadableRetry = 60_000;

/** How long until there is room again, in milliseconds: a second is enough for everything that may wait in a room. */
const fullRetry = 1000;

function full(): Refusal {
  const message = `too much is being sent there now; try again in ${fullRetry} ms`;
  return new Refusal('rate_limited', message, { retry: fullRetry });
}

function notIn(room: string | undefined): Refusal {
  if (room === undefined) return new Refusal('not_joined', 'you are in no room; join one first');
  return new Refusal('not_joined', `you are not in ${shown(room)}; join it first`, { path: '/room' });
}
