/** Who is connected: connections with their rooms, users with their connections. */
import type { Dialect } from '../protocol/dialect.ts';
import type { User } from '../protocol/generated/frames.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Connection, ConnectionId, UserRecord } from './user.ts';

export interface ConnectionRecord extends Connection {
  user: UserRecord;
  /** The rooms it is in, in the order it joined them; replaced as a whole, which leaves no room to grow in memory. */
  rooms: readonly string[];
}

export class Directory {
  readonly connections = new Map<ConnectionId, ConnectionRecord>();
  /** The connected users. */
  readonly users = new Map<string, UserRecord>();
  /** Users whose last connection broke, as they were, and until when to remember them; the first one first. */
  readonly #absent = new Map<string, { readonly user: UserRecord; readonly until: number }>();

  add(id: ConnectionId, dialect: Dialect, user: User): ConnectionRecord {
    const connection: ConnectionRecord = { id, dialect, user: this.#attach(id, user), rooms: [] };
    this.connections.set(id, connection);
    return connection;
  }

  /**
   * @param rememberUntil where given, the user is the same again who comes back by then, name and state included; on the
   *   monotonic clock.
   */
  remove(connection: ConnectionRecord, rememberUntil?: number): void {
    const { id, user } = connection;
    this.connections.delete(id);
    this.#detach(connection);
    if (rememberUntil === undefined || user.connections.length > 0) return;
    this.#absent.delete(user.public.id);
    this.#absent.set(user.public.id, { user, until: rememberUntil });
  }

  /** A user who is here, or was a moment ago, as they are called now. */
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
  }

  /** The rooms that any of the user's connections is in. */
  roomsOf(user: UserRecord): ReadonlySet<string> {
    return new Set(user.connections.flatMap((id) => this.connections.get(id)?.rooms ?? []));
  }

  /** The connected user with this id or, if `byName`, with this display name. */
  find(to: string, byName: boolean): UserRecord | Refusal {
    if (!byName) return this.users.get(to) ?? unknown(to);
    const found = Array.from(this.users.values()).filter((user) => user.public.name === to);
    if (found.length > 1) return new Refusal('ambiguous_name', `there are ${found.length} people called ${to}`);
    return found[0] ?? unknown(to);
  }

  /** A user who is here already, or was a moment ago, stays as they are, name and state included. */
  #attach(id: ConnectionId, user: User): UserRecord {
    const known = this.users.get(user.id) ?? this.#absent.get(user.id)?.user;
    this.#absent.delete(user.id);
    const record = known ?? { public: user, state: 'online', note: undefined, connections: [] };
    record.connections = record.connections.concat(id);
    this.users.set(user.id, record);
    return record;
  }

  #detach({ id, user }: Connection): void {
    user.connections = user.connections.toSpliced(user.connections.indexOf(id), 1);
    if (user.connections.length === 0) this.users.delete(user.public.id);
  }
}

function unknown(to: string): Refusal {
  return new Refusal('unknown_user', `nobody connected is called ${to.slice(0, 64)}`, { path: '/to' });
}
