/** The truth: a second, plain model of users, rooms, kept places and messages, updated by every command. */
import type { Member, PresenceState } from '../../../src/protocol/generated/frames.ts';
import { RoomLog, type Said, type Saying } from './room-log.ts';

interface Standing {
  name: string;
  state: PresenceState;
  note: string | undefined;
}

interface UserTruth extends Standing {
  readonly connections: Set<string>;
}

interface ConnectionTruth {
  user: string;
  readonly dialect: 'json' | 'text';
  /** In the order of joining. */
  readonly rooms: Set<string>;
}

interface Place {
  readonly connections: Set<string>;
  /** Set while the place is kept: until when, and the state of the user when the last connection broke. */
  kept: ({ readonly until: number } & Standing) | undefined;
}

export interface RoomTruth {
  readonly places: Map<string, Place>;
  log: RoomLog;
  /** It has been above the limit, and may be sending counts. */
  large: boolean;
}

export interface TruthOptions {
  readonly grace: number;
  readonly presenceLimit: number;
  /** Whether a room has a log. */
  readonly isKept: (room: string) => boolean;
  /** Whether messages that are kept go out when they are committed. */
  readonly afterCommit: boolean;
}

/** A message in its room. */
export interface Placed {
  readonly room: string;
  readonly log: RoomLog;
  readonly said: Said;
}

/** A connection that waits for an acknowledgement, and the id. */
export interface Waiting {
  readonly connection: string;
  readonly id: string;
  readonly log: RoomLog;
  readonly seq: number;
}

export class Truth {
  readonly users = new Map<string, UserTruth>();
  /** Users whose last connection broke, their state, and until when it is remembered. */
  readonly #absent = new Map<string, Standing & { readonly until: number }>();
  readonly connections = new Map<string, ConnectionTruth>();
  readonly rooms = new Map<string, RoomTruth>();
  /** The rooms that have a log, also those where nobody is. */
  readonly logs = new Map<string, RoomLog>();
  /** Uncommitted messages, in the order in which they were sent. */
  uncommitted: Placed[] = [];
  #waiting: Waiting[] = [];
  /** Kept places, places whose users came back, and messages that a kill lost. */
  readonly events = { kept: 0, cameBack: 0, lost: 0 };
  readonly #options: TruthOptions;
  #lives = 0;

  constructor(options: TruthOptions) {
    this.#options = options;
  }

  connect(id: string, user: string, name: string, dialect: 'json' | 'text'): void {
    this.connections.set(id, { user, dialect, rooms: new Set() });
    this.#attach(id, user, name);
  }

  disconnect(id: string, clean: boolean, now: number): void {
    const connection = this.connections.get(id);
    if (!connection) return;
    for (const room of connection.rooms) this.#exit(id, connection.user, room, clean ? undefined : now);
    this.#detach(id, connection.user, clean ? undefined : now);
    this.connections.delete(id);
  }

  identify(id: string, user: string, name: string): void {
    const connection = this.connections.get(id);
    if (!connection) return;
    const before = connection.user;
    this.#detach(id, before, undefined);
    this.#attach(id, user, name);
    connection.user = user;
    for (const room of connection.rooms) {
      this.#enter(id, user, room);
      this.#exit(id, before, room, undefined);
    }
  }

  join(id: string, room: string): void {
    const connection = this.connections.get(id);
    if (!connection) return;
    connection.rooms.add(room);
    this.#enter(id, connection.user, room);
  }

  leave(id: string, room: string): void {
    const connection = this.connections.get(id);
    if (!connection?.rooms.delete(room)) return;
    this.#exit(id, connection.user, room, undefined);
  }

  /** The messages of a room, if it is open or has a log. */
  log(room: string): RoomLog | undefined {
    return this.rooms.get(room)?.log ?? this.logs.get(room);
  }

  say(room: string, saying: Saying): Placed {
    const log = this.#log(room);
    const placed = { room, log, said: log.say(saying) };
    if (log.options.isKept) this.uncommitted.push(placed);
    return placed;
  }

  /** Registers a connection that waits for an acknowledgement. */
  wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Commits the oldest messages. @returns the acknowledgements to send now */
  commit(count: number): Waiting[] {
    for (const { log, said } of this.uncommitted.splice(0, count)) log.commit(said);
    const isDue = ({ log, seq }: Waiting) => log.messages.get(seq)?.isCommitted ?? true;
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((waiting) => !isDue(waiting));
    return due.filter(({ connection }) => this.connections.has(connection));
  }

  /** The process is gone, with all connections and uncommitted messages. */
  kill(jump: number): void {
    this.users.clear();
    this.#absent.clear();
    this.connections.clear();
    this.rooms.clear();
    this.uncommitted = [];
    this.#waiting = [];
    for (const [name, log] of this.logs) {
      this.events.lost += log.kill(jump);
      if (!log.isStored) this.logs.delete(name);
    }
  }

  /** The log of an empty room is dropped. */
  drop(room: string): void {
    this.logs.delete(room);
  }

  change(id: string, to: Partial<Standing>): void {
    const user = this.users.get(this.connections.get(id)?.user ?? '');
    if (user) Object.assign(user, to);
  }

  /** Places whose time is over are given up. */
  tick(now: number): void {
    for (const [user, { until }] of this.#absent) if (until <= now) this.#absent.delete(user);
    for (const [name, room] of this.rooms) {
      for (const [user, { kept }] of room.places) if (kept && kept.until <= now) room.places.delete(user);
      this.#forgetIfEmpty(name);
    }
  }

  /** The room has failed: the kept places are lost, and the numbering starts anew unless the room has a log. */
  rebuilt(name: string): void {
    const room = this.rooms.get(name);
    if (!room) return;
    for (const [user, { kept }] of room.places) if (kept) room.places.delete(user);
    if (!room.log.options.isKept) room.log = this.#newLog(name);
    room.large = room.places.size > this.#options.presenceLimit;
    this.#forgetIfEmpty(name);
  }

  members(room: RoomTruth): Map<string, Member> {
    return new Map(
      Array.from(room.places, ([id, place]) => [id, this.#member(id, place.kept, place.connections.size)]),
    );
  }

  everyone(): Map<string, Member> {
    return new Map(Array.from(this.users, ([id, user]) => [id, this.#member(id, user, user.connections.size)]));
  }

  /** The connections in a room. */
  audience(name: string): string[] {
    return Array.from(this.rooms.get(name)?.places.values() ?? [], ({ connections }) => [...connections]).flat();
  }

  #member(id: string, as: Standing | undefined, connections: number): Member {
    const { name, state, note } = as ?? (this.users.get(id) as UserTruth);
    return { id, name, state, ...(note !== undefined && { note }), connections: Math.max(1, connections) };
  }

  #enter(id: string, user: string, name: string): void {
    const room = this.rooms.get(name) ?? this.#open(name);
    this.rooms.set(name, room);
    const place = room.places.get(user) ?? { connections: new Set(), kept: undefined };
    room.places.set(user, place);
    place.connections.add(id);
    if (place.kept) this.events.cameBack += 1;
    place.kept = undefined;
    room.large ||= room.places.size > this.#options.presenceLimit;
  }

  /** @param lostAt when the connection broke; undefined if it went on purpose. */
  #exit(id: string, user: string, name: string, lostAt: number | undefined): void {
    const room = this.rooms.get(name);
    const place = room?.places.get(user);
    if (!room || !place) return;
    place.connections.delete(id);
    if (place.connections.size > 0) return;
    const { grace } = this.#options;
    if (lostAt === undefined || grace === 0) {
      room.places.delete(user);
    } else {
      this.events.kept += 1;
      place.kept = { ...(this.users.get(user) as UserTruth), until: lostAt + grace };
    }
    this.#forgetIfEmpty(name);
  }

  #attach(id: string, user: string, name: string): void {
    const { until, ...remembered } = this.#absent.get(user) ?? { name, state: 'online', note: undefined, until: 0 };
    this.#absent.delete(user);
    const record = this.users.get(user) ?? { ...remembered, connections: new Set() };
    this.users.set(user, record);
    record.connections.add(id);
  }

  /** @param lostAt when the connection broke; undefined if it went on purpose. */
  #detach(id: string, user: string, lostAt: number | undefined): void {
    const record = this.users.get(user);
    record?.connections.delete(id);
    if (record?.connections.size !== 0) return;
    this.users.delete(user);
    const { name, state, note } = record;
    const { grace } = this.#options;
    if (lostAt !== undefined && grace > 0) this.#absent.set(user, { name, state, note, until: lostAt + grace });
  }

  #open(name: string): RoomTruth {
    const log = this.#log(name);
    return { places: new Map(), log, large: log.isLarge };
  }

  #forgetIfEmpty(name: string): void {
    const room = this.rooms.get(name);
    if (room?.places.size !== 0) return;
    this.rooms.delete(name);
    room.log.isLarge = room.large;
    if (this.logs.get(name)?.next === 1) this.logs.delete(name);
  }

  #log(name: string): RoomLog {
    const log = this.log(name) ?? this.#newLog(name);
    if (log.options.isKept) this.logs.set(name, log);
    return log;
  }

  #newLog(name: string): RoomLog {
    const isKept = this.#options.isKept(name);
    return new RoomLog(++this.#lives, { isKept, isHeldBack: isKept && this.#options.afterCommit });
  }
}
