/** Who is connected: connections with their rooms, users with their connections. */
import type { Dialect } from '../protocol/dialect.ts';
import type { User } from '../protocol/generated/frames.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { Connection, ConnectionId, UserRecord } from './user.ts';

export interface ConnectionRecord extends Connection {
  user: UserRecord;
  /** The rooms it is in, in the order it joined them. */
  readonly rooms: Set<string>;
}

export class Directory {
  readonly connections = new Map<ConnectionId, ConnectionRecord>();
  readonly users = new Map<string, UserRecord>();

  add(id: ConnectionId, dialect: Dialect, user: User): ConnectionRecord {
    const connection: ConnectionRecord = { id, dialect, user: this.#attach(id, user), rooms: new Set() };
    this.connections.set(id, connection);
    return connection;
  }

  remove(connection: ConnectionRecord): void {
    this.connections.delete(connection.id);
    this.#detach(connection);
  }

  /** Makes the connection another user's. */
  identify(connection: ConnectionRecord, user: User): void {
    this.#detach(connection);
    connection.user = this.#attach(connection.id, user);
  }

  /** The rooms that any of the user's connections is in. */
  roomsOf(user: UserRecord): ReadonlySet<string> {
    const rooms = Array.from(user.connections, (id) => [...(this.connections.get(id)?.rooms ?? [])]);
    return new Set(rooms.flat());
  }

  /** The connected user with this id or, if `byName`, with this display name. */
  find(to: string, byName: boolean): UserRecord | Refusal {
    if (!byName) return this.users.get(to) ?? unknown(to);
    const found = Array.from(this.users.values()).filter((user) => user.public.name === to);
    if (found.length > 1) return new Refusal('ambiguous_name', `there are ${found.length} people called ${to}`);
    return found[0] ?? unknown(to);
  }

  /** A user who is here already stays as they are, name and state included. */
  #attach(id: ConnectionId, user: User): UserRecord {
    const record = this.users.get(user.id) ?? {
      public: user,
      state: 'online',
      note: undefined,
      connections: new Set(),
    };
    this.users.set(user.id, record);
    record.connections.add(id);
    return record;
  }

  #detach({ id, user }: Connection): void {
    user.connections.delete(id);
    if (user.connections.size === 0) this.users.delete(user.public.id);
  }
}

function unknown(to: string): Refusal {
  return new Refusal('unknown_user', `nobody connected is called ${to.slice(0, 64)}`, { path: '/to' });
}
