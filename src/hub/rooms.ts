/** The room actors by name: opened from the log, supervised, and closed when they are empty. */
import type { Log } from '../log/port.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Clock } from './clock.ts';
import type { Directory } from './directory.ts';
import type { Effect } from './effects.ts';
import { anew, enter, exit, leave, standing } from './joining.ts';
import { checkpoint, openRoom, type Room, type RoomCommand, type RoomOptions, rollBack, step } from './room.ts';
import type { RoomPolicy } from './room-policy.ts';
import type { RosterOptions } from './roster.ts';
import { refused } from './server-wide.ts';
import { compareTexts, Sorted } from './sorted.ts';
import type { Work } from './work.ts';

export interface RoomsOptions extends RosterOptions, Clock {
  /** A name for a room's new numbering, never given twice. */
  readonly newEpoch: () => string;
  readonly log: Log;
  /** The policy for a room of this name. */
  readonly policy: (room: string) => RoomPolicy;
  /** Whether messages go out only when they are committed. */
  readonly afterCommit: boolean;
  readonly work: Work;
  /** The room actor's transition; tests of the supervision replace it. `now` in milliseconds since 1970. */
  readonly step?: (room: Room, command: RoomCommand, now: number) => Effect[];
}

/** How many rooms get a `tick` in one turn of the loop, and how much may be sent to their members, in units. */
const tickRooms = 200;
const tickDelivered = 2000;

export class Rooms {
  readonly #options: RoomsOptions;
  readonly #directory: Directory;
  readonly #emit: (effects: readonly Effect[]) => void;
  readonly #step: (room: Room, command: RoomCommand, now: number) => Effect[];
  readonly #rooms = new Map<string, Room>();
  /** One per rule of the operator. */
  readonly #roomOptionsOf: RoomOptions[] = [];
  /** The names of those with members. */
  readonly #inhabited = new Sorted<string>(compareTexts);
  /** The rooms that need a `tick`. */
  readonly #restless = new Set<Room>();
  /** Those of them that still need it in this round, the next one last. */
  #round: Room[] = [];

  /** @param directory knows the members of a room that has to be rebuilt. */
  constructor(options: RoomsOptions, directory: Directory, emit: (effects: readonly Effect[]) => void) {
    this.#options = options;
    this.#directory = directory;
    this.#emit = emit;
    this.#step = options.step ?? step;
  }

  get counts(): { rooms: number; restless: number } {
    return { rooms: this.#rooms.size, restless: this.#restless.size };
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  /**
   * The rooms with members whose names have this prefix and come after a name, in order. An empty room may stay open
   * until its messages are committed: it is not among them.
   */
  *inhabited(prefix: string, after: string): Generator<Room> {
    const isBefore = after < prefix ? (name: string) => name < prefix : (name: string) => name <= after;
    for (const name of this.#inhabited.from(isBefore)) {
      const room = this.#rooms.get(name);
      if (!room || !name.startsWith(prefix)) return;
      yield room;
    }
  }

  /**
   * Returns the room, and opens it if necessary; then add a member, or abandon it. @throws Error if its log cannot be
   * read.
   */
  open(name: string): Room {
    const found = this.#rooms.get(name);
    if (found) return found;
    const options = this.#roomOptions(this.#options.policy(name));
    const room = openRoom(name, options.isKept ? this.#options.log.open(name) : this.#newNumbering(), options);
    this.#rooms.set(name, room);
    return room;
  }

  /** Rooms of the same policy share their options. */
  #roomOptions({ retention, check }: RoomPolicy): RoomOptions {
    const isKept = retention !== undefined;
    const known = this.#roomOptionsOf.find((options) => options.isKept === isKept && options.check === check);
    if (known) return known;
    const { afterCommit, grace, presenceLimit } = this.#options;
    const options = { grace, presenceLimit, isKept, afterCommit: isKept && afterCommit, check };
    this.#roomOptionsOf.push(options);
    return options;
  }

  /** @throws Error if the room failed and could not be rebuilt. */
  tell(room: Room, command: RoomCommand): void {
    const before = checkpoint(room, command);
    let effects: Effect[];
    try {
      effects = this.#step(room, command, this.#options.now());
    } catch (error) {
      rollBack(room, before);
      return this.#rebuild(room, command, error);
    }
    this.#emit(effects);
    this.#settle(room);
  }

  /** For commands to many rooms: a room that fails and cannot be rebuilt is only reported. */
  tellNamed(name: string, command: RoomCommand): void {
    const room = this.#rooms.get(name);
    if (room) this.#tellOneOfMany(room, command);
  }

  /** The policies have changed. Whether a room has a log is decided when it is opened, and does not change. */
  revise(): void {
    for (const { name, options } of this.#rooms.values()) options.check = this.#options.policy(name).check;
  }

  /** Nobody entered a room that was opened. */
  abandon(room: Room): void {
    this.#settle(room);
  }

  /**
   * Sends `tick` to the rooms that need it: as many as fit into one turn of the loop.
   * @param time on the monotonic clock.
   */
  tick(time: number): void {
    if (this.#round.length === 0) this.#round = [...this.#restless].reverse();
    const { work } = this.#options;
    const end = work.delivered + tickDelivered;
    for (let left = tickRooms; left > 0 && work.delivered < end; left -= 1) {
      const room = this.#round.pop();
      if (!room) return;
      // A room that fails is rebuilt, and gets the next tick.
      if (this.#restless.has(room)) this.#tellOneOfMany(room, { type: 'tick', time });
    }
  }

  /** Whether rooms are left that need a tick. */
  get isBehind(): boolean {
    return this.#round.length > 0;
  }

  #tellOneOfMany(room: Room, command: RoomCommand): void {
    try {
      this.tell(room, command);
    } catch (error) {
      this.#emit([{ type: 'failure', room: room.name, message: 'a room failed and cannot be rebuilt', error }]);
    }
  }

  #newNumbering() {
    return { epoch: this.#options.newEpoch(), seq: 0, next: 1 };
  }

  /** Lists the room if it has members, and removes it from the list if not. */
  #note(room: Room): void {
    room.isInhabited = room.roster.size > 0;
    if (room.isInhabited) this.#inhabited.add(room.name);
    else this.#inhabited.delete(room.name);
  }

  /** Closes a room without members or waiting effects; registers a room that needs ticks. */
  #settle(room: Room): void {
    const { roster, pending, options, name } = room;
    if (room.isInhabited !== roster.size > 0) this.#note(room);
    if (roster.size > 0 && roster.restless) {
      this.#restless.add(room);
      return;
    }
    this.#restless.delete(room);
    if (roster.size > 0 || pending.length > 0) return;
    this.#rooms.delete(name);
    if (options.isKept) this.#options.log.release(name);
  }

  /**
   * A room that threw may be in any state. It is rebuilt from its log and from the connections that are in it, which
   * are told its new state; without a log it has a new epoch. Only effects that wait for the log are taken over, as
   * they were before the step. Nothing of the failed step was sent; the connection that caused it gets an error.
   */
  #rebuild(broken: Room, command: RoomCommand, error: unknown): void {
    const { log, now, monotonic } = this.#options;
    const { name, options } = broken;
    const room = openRoom(name, options.isKept ? log.head(name) : this.#newNumbering(), options, broken);
    const members = Array.from(this.#directory.connections.values()).filter(({ rooms }) => rooms.includes(name));
    for (const member of members) room.roster.enter(member);
    // Discards the arrivals of all members: they get `joined` instead.
    room.roster.tick(monotonic());
    this.#restless.delete(broken);
    this.#rooms.set(name, room);
    this.#emit([{ type: 'failure', room: name, message: 'a room failed and was rebuilt', error }]);
    for (const member of members) {
      const asked = command.type === 'join' && command.connection.id === member.id;
      if (!asked) this.#emit(standing(room, member.id));
      else this.#emit(enter(room, room.epoch === broken.epoch ? command : anew(command)));
    }
    this.#emit(amends(room, command, now()));
    this.#settle(room);
  }
}

/** The answer to a request that met a defect. */
export const failed = new Refusal('internal', 'the server failed on this request');

/** The effects that a rebuilt room owes to the connection that made it fail. */
function amends(room: Room, command: RoomCommand, now: number): Effect[] {
  switch (command.type) {
    case 'leave':
      return leave(room, command.connection, command.id);
    case 'quit':
    case 'lose':
      return [exit(room, command.connection)];
    case 'message':
    case 'signal':
    case 'list':
      return [refused(command.connection, failed, command.frame.id)];
    case 'repeat':
      return [refused(command.connection, failed, command.id)];
    case 'committed':
    case 'replayed':
      return step(room, command, now);
    default:
      return [];
  }
}
