/** How things really stand: a second, plain model of users, rooms and kept places, told of every command. */
import type { Member, PresenceState } from '../../../src/protocol/generated/frames.ts';

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
  /** While the place is kept: until when, and how the user stood when the last connection broke. */
  kept: ({ readonly until: number } & Standing) | undefined;
}

export interface RoomTruth {
  readonly places: Map<string, Place>;
  seq: number;
  /** Another one whenever the numbering starts anew. */
  life: number;
  /** It has been above the limit, and may be telling counts. */
  large: boolean;
}

export interface TruthOptions {
  readonly grace: number;
  readonly presenceLimit: number;
}

export class Truth {
  readonly users = new Map<string, UserTruth>();
  /** Those whose last connection broke, and until when they are remembered as they were. */
  readonly #absent = new Map<string, Standing & { readonly until: number }>();
  readonly connections = new Map<string, ConnectionTruth>();
  readonly rooms = new Map<string, RoomTruth>();
  /** How many places were kept, and how many of them were come back to. */
  readonly events = { kept: 0, cameBack: 0 };
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

  said(room: string): void {
    const standing = this.rooms.get(room);
    if (standing) standing.seq += 1;
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

  /** The room has failed: the kept places are lost, and the numbering starts anew. */
  rebuilt(name: string): void {
    const room = this.rooms.get(name);
    if (!room) return;
    for (const [user, { kept }] of room.places) if (kept) room.places.delete(user);
    room.seq = 0;
    room.life = ++this.#lives;
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
    const room = this.rooms.get(name) ?? { places: new Map(), seq: 0, life: ++this.#lives, large: false };
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

  #forgetIfEmpty(name: string): void {
    if (this.rooms.get(name)?.places.size === 0) this.rooms.delete(name);
  }
}
