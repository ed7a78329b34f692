/** The directory: connections with their rooms, users with their connections. */
import type { Dialect } from '../protocol/dialect.ts';
import type { User } from '../protocol/generated/frames.ts';
import { Lookalikes } from '../protocol/lookalikes.ts';
import { addressed, nameIn, respelled, shown } from '../protocol/names.ts';
import { Refusal } from '../protocol/refusal.ts';
import { compareTexts, Sorted } from './sorted.ts';
import type { Connection, ConnectionId, UserRecord } from './user.ts';

export interface ConnectionRecord extends Connection {
  user: UserRecord;
  /** The rooms it is in, in the order it joined them; replaced as a whole, so that no spare capacity takes memory. */
  rooms: readonly string[];
}

/** Per room, how many of a user's connections are in it. */
type RoomCounts = Map<string, number>;

export class Directory {
  readonly connections = new Map<ConnectionId, ConnectionRecord>();
  /** The connected users. */
  readonly users = new Map<string, UserRecord>();
  readonly #byId = new Sorted<UserRecord>((one, other) => compareTexts(one.public.id, other.public.id));
  readonly #byName = new Sorted<UserRecord>(compareNames);
  /** The rooms of users with several connections; for other users those of the connection are enough. */
  readonly #rooms = new Map<UserRecord, RoomCounts>();
  /** Users whose last connection broke, and until when to remember them; the earliest first. */
  readonly #absent = new Map<string, { readonly user: UserRecord; readonly until: number }>();

  add(id: ConnectionId, dialect: Dialect, user: User): ConnectionRecord {
    const connection: ConnectionRecord = { id, dialect, user: this.#attach(id, user), rooms: [] };
    this.connections.set(id, connection);
    this.#count(connection);
    return connection;
  }

  /**
   * @param rememberUntil a time on the monotonic clock: a user who is back by then has the same name and state as
   *   before.
   */
  remove(connection: ConnectionRecord, rememberUntil?: number): void {
    const { id, user } = connection;
    this.#detach(connection);
    this.connections.delete(id);
    if (rememberUntil === undefined || user.connections.length > 0) return;
    this.#absent.delete(user.public.id);
    this.#absent.set(user.public.id, { user, until: rememberUntil });
  }

  /** A user who is connected, or was a moment ago, with the present name. */
  user(id: string): User | undefined {
    return (this.users.get(id) ?? this.#absent.get(id)?.user)?.public;
  }

  /**
   * Forgets users who have been away too long.
   * @param time on the monotonic clock.
   */
  tick(time: number): void {
    for (const [id, { until }] of this.#absent) {
      if (until > time) return;
      this.#absent.delete(id);
    }
  }

  /** Makes the connection another user's. */
  identify(connection: ConnectionRecord, user: User): void {
    this.#detach(connection);
    connection.user = this.#attach(connection.id, user);
    this.#count(connection);
  }

  rename(user: UserRecord, name: string): void {
    this.#byName.delete(user);
    user.public = { id: user.public.id, name };
    this.#byName.add(user);
  }

  /** The connection has entered a room. */
  enter(connection: ConnectionRecord, room: string): void {
    connection.rooms = connection.rooms.concat(room);
    const counts = this.#rooms.get(connection.user);
    if (counts) increase(counts, room);
  }

  /** It has left a room. */
  leave(connection: ConnectionRecord, room: string): void {
    connection.rooms = connection.rooms.toSpliced(connection.rooms.indexOf(room), 1);
    const counts = this.#rooms.get(connection.user);
    if (counts) decrease(counts, room);
  }

  /** The rooms that any of the user's connections is in. */
  roomsOf(user: UserRecord): Iterable<string> {
    const [only] = user.connections;
    return this.#rooms.get(user)?.keys() ?? (only === undefined ? [] : this.#roomsIn(only));
  }

  /** The connected users after this one, ordered by id. */
  after(id: string): Iterable<UserRecord> {
    return this.#byId.from((user) => user.public.id <= id);
  }

  /** The connected user with this id or, if `byName`, with this name as it is shown in the text dialect. */
  find(to: string, byName: boolean): UserRecord | Refusal {
    if (!byName) return this.users.get(to) ?? unknown(to);
    const found = addressed(this.#candidates(to), to);
    const [user] = found;
    if (user === undefined) return unknown(to);
    if (found.length > 1) return ambiguous(found);
    return this.users.get(user.id) ?? unknown(to);
  }

  /** Users that a typed name may mean: those with this name, and those whose name differs only in case. */
  #candidates(to: string): Iterable<User> {
    const found = new Map<string, User>();
    for (const name of new Set([nameIn(to), to])) {
      const add = (isBefore: (other: string) => boolean, fits: (other: string) => boolean) => {
        let count = 0;
        for (const { public: user } of this.#byName.from((one) => isBefore(one.public.name))) {
          if (!fits(user.name) || count === manyAlike) break;
          found.set(user.id, user);
          count += 1;
        }
      };
      const lower = name.toLowerCase();
      add(
        (other) => compareCalled(other, name) < 0,
        (other) => other === name,
      );
      add(
        (other) => other.toLowerCase() < lower,
        (other) => other.toLowerCase() === lower,
      );
    }
    const byId = this.users.get(to);
    if (byId) found.set(to, byId.public);
    return found.values();
  }

  /** A user who is connected already, or was a moment ago, keeps their name and state. */
  #attach(id: ConnectionId, user: User): UserRecord {
    const known = this.users.get(user.id) ?? this.#absent.get(user.id)?.user;
    this.#absent.delete(user.id);
    const record = known ?? { public: user, state: 'online', note: undefined, connections: [] };
    record.connections = record.connections.concat(id);
    if (record.connections.length > 1) return record;
    this.users.set(user.id, record);
    this.#byId.add(record);
    this.#byName.add(record);
    return record;
  }

  #detach({ id, user, rooms }: ConnectionRecord): void {
    user.connections = user.connections.toSpliced(user.connections.indexOf(id), 1);
    const counts = this.#rooms.get(user);
    if (user.connections.length === 1) this.#rooms.delete(user);
    else if (counts) for (const room of rooms) decrease(counts, room);
    if (user.connections.length > 0) return;
    this.users.delete(user.public.id);
    this.#byId.delete(user);
    this.#byName.delete(user);
  }

  /** Counts the rooms of a connection that has just been attached to its user. */
  #count({ user, rooms }: ConnectionRecord): void {
    if (user.connections.length === 1) return;
    const counts = this.#rooms.get(user);
    if (counts) {
      for (const room of rooms) increase(counts, room);
      return;
    }
    const all: RoomCounts = new Map();
    for (const id of user.connections) for (const room of this.#roomsIn(id)) increase(all, room);
    this.#rooms.set(user, all);
  }

  #roomsIn(connection: ConnectionId): readonly string[] {
    return this.connections.get(connection)?.rooms ?? [];
  }
}

function compareNames({ public: one }: UserRecord, { public: other }: UserRecord): number {
  return compareCalled(one.name, other.name) || compareTexts(one.id, other.id);
}

/** Names that differ only in case are neighbours. */
function compareCalled(one: string, other: string): number {
  return compareTexts(one.toLowerCase(), other.toLowerCase()) || compareTexts(one, other);
}

function increase(counts: RoomCounts, room: string): void {
  counts.set(room, (counts.get(room) ?? 0) + 1);
}

function decrease(counts: RoomCounts, room: string): void {
  const left = (counts.get(room) ?? 0) - 1;
  if (left > 0) counts.set(room, left);
  else counts.delete(room);
}

function unknown(to: string): Refusal {
  return new Refusal('unknown_user', `nobody connected is called ${respelled(to.slice(0, 64))}`, { path: '/to' });
}

/** How many users of one name are examined, and how many are named in an error about an ambiguous name. */
const manyAlike = 500;
const manyNamed = 5;

function ambiguous(users: readonly User[]): Refusal {
  const alike = new Lookalikes(users);
  const names = users.slice(0, manyNamed).map((user) => shown(user.name, alike.tag(user)));
  const more = users.length > names.length ? ', …' : '';
  return new Refusal('ambiguous_name', `there are ${users.length} people of this name: ${names.join(', ')}${more}`);
}
