/**
 * The members of a room, and how much of it they have been told.
 *
 * Presence is per user: several connections are one member. Changes are gathered and sent as one difference. Above a
 * size the room sends counts instead of lists, so that N arrivals cost bytes on the order of N, not N².
 */
import type {
  Change,
  Member,
  PresenceState,
  ServerMembers,
  ServerPresence,
  User,
} from '../protocol/generated/frames.ts';
import { compareTexts, Sorted } from './sorted.ts';
import { SparseMap } from './sparse-map.ts';
import { type Connection, describeMember, type UserRecord } from './user.ts';

export interface RosterOptions {
  /** How long a user whose last connection broke stays a member, in milliseconds. */
  readonly grace: number;
  /** Above this many members only counts are sent. */
  readonly presenceLimit: number;
}

/** The least time between two counts of a room that is too large for lists, in milliseconds. */
export const countInterval = 1000;

/** A room goes back from counts to lists when it has shrunk to this share of the limit, so that it does not flap. */
const backToLists = 0.8;

/** From this many members on they are kept sorted, down to the second number; fewer are sorted on demand. */
const ordered = 128;
const unordered = 64;

/** One member. */
interface Place {
  user: UserRecord;
  /** The number of connections; 0 while the place is kept. */
  connections: number;
}

/** The part of a member that others see. */
export interface Standing {
  readonly name: string;
  readonly state: PresenceState;
}

/** The state of a user that the members were last told. */
interface Told {
  readonly user: UserRecord;
  /** undefined if the user was not a member then. */
  readonly as: Standing | undefined;
}

export class Roster {
  readonly #room: string;
  readonly #options: RosterOptions;
  readonly #places = new Map<string, Place>();
  readonly #pending = new SparseMap<string, Told>();
  /** The members without a connection, and when they lose their places; the earliest first. */
  readonly #kept = new SparseMap<string, number>();
  /** The members' ids in order, if there are many. */
  #order: Sorted<string> | undefined;
  #lists = true;
  /** With counts: some connection has an outdated list or count. */
  #stale = false;
  #countDue = 0;

  constructor(room: string, options: RosterOptions) {
    this.#room = room;
    this.#options = options;
  }

  /** The number of members, including those whose place is kept. */
  get size(): number {
    return this.#places.size;
  }

  /** Whether a `tick` can change anything. */
  get restless(): boolean {
    return this.#kept.size > 0 || this.#pending.size > 0 || this.#stale;
  }

  /** Adds a connection, which must not be there already. */
  enter({ user }: Connection): void {
    const place = this.#places.get(user.public.id);
    if (!place) return this.#arrive(user);
    place.connections += 1;
    if (this.#kept.delete(user.public.id)) return this.#comeBack(place, user);
    this.#note(user, standing(user));
  }

  /** Removes a connection that is there; the member leaves with the last one. */
  leave(connection: Connection): void {
    const place = this.#takeAway(connection);
    if (!place) return;
    if (place.connections === 0) this.#depart(place);
    else this.#note(place.user, standing(place.user));
  }

  /**
   * A connection broke: its member's place is kept for the grace time if it was the last.
   * @param time on the monotonic clock, as for `tick`.
   */
  lose(connection: Connection, time: number): void {
    if (this.#options.grace === 0) return this.leave(connection);
    const place = this.#takeAway(connection);
    if (!place) return;
    if (place.connections > 0) return this.#note(place.user, standing(place.user));
    // A snapshot: changes that the user makes elsewhere are sent here when they are back.
    place.user = { ...place.user };
    this.#kept.set(connection.user.public.id, time + this.#options.grace);
  }

  /** The user has changed; `was` is the state before. */
  changed(user: UserRecord, was: Standing): void {
    if (this.#places.has(user.public.id)) this.#note(user, was);
  }

  /** The whole list; undefined if only counts are sent. */
  list(): Member[] | undefined {
    return this.#lists ? Array.from(this.#places.values(), describe) : undefined;
  }

  /** The members after this one, ordered by id. */
  *after(id: string): Generator<Member> {
    const ids = this.#order?.from((other) => other <= id) ?? [...this.#places.keys()].sort();
    for (const next of ids) {
      const place = this.#places.get(next);
      if (place && next > id) yield describe(place);
    }
  }

  /** The arrival of a member that the others have not been told of yet. */
  introduce(userId: string): ServerPresence | undefined {
    const told = this.#pending.get(userId);
    return told && !told.as ? this.#difference() : undefined;
  }

  /** Removes members whose grace time is over. @returns the frame for the members, if there is news. */
  tick(time: number): ServerPresence | ServerMembers | undefined {
    this.#expire(time);
    if (this.#lists) return this.#difference();
    if (!this.#stale || time < this.#countDue) return undefined;
    this.#stale = false;
    this.#countDue = time + countInterval;
    if (this.size <= this.#options.presenceLimit * backToLists) return this.#wholeList();
    return { type: 'presence', room: this.#room, count: this.size };
  }

  #arrive(user: UserRecord): void {
    this.#note(user, undefined);
    this.#places.set(user.public.id, { user, connections: 1 });
    if (this.#order) this.#order.add(user.public.id);
    else if (this.size >= ordered) this.#keepOrder();
    if (this.#lists && this.size > this.#options.presenceLimit) this.#switchToCounts();
    this.#stale = !this.#lists;
  }

  #keepOrder(): void {
    this.#order = new Sorted(compareTexts);
    for (const id of this.#places.keys()) this.#order.add(id);
  }

  #depart({ user }: Place): void {
    this.#note(user, standing(user));
    this.#places.delete(user.public.id);
    if (this.size > unordered) this.#order?.delete(user.public.id);
    else this.#order = undefined;
    this.#stale = !this.#lists;
  }

  /** Back within the grace time: nobody needs to know, unless the user has changed. */
  #comeBack(place: Place, user: UserRecord): void {
    const before = place.user;
    place.user = user;
    const same = before.public.name === user.public.name && before.state === user.state && before.note === user.note;
    if (!same) this.#note(user, standing(before));
  }

  #takeAway({ user }: Connection): Place | undefined {
    const place = this.#places.get(user.public.id);
    if (!place || place.connections === 0) return undefined;
    place.connections -= 1;
    return place;
  }

  #note(user: UserRecord, as: Standing | undefined): void {
    if (this.#lists && !this.#pending.has(user.public.id)) this.#pending.set(user.public.id, { user, as });
  }

  #expire(time: number): void {
    for (const [id, until] of this.#kept) {
      if (until > time) return;
      this.#kept.delete(id);
      const place = this.#places.get(id);
      if (place) this.#depart(place);
    }
  }

  #switchToCounts(): void {
    this.#lists = false;
    this.#pending.clear();
  }

  #wholeList(): ServerMembers {
    this.#lists = true;
    return {
      type: 'members',
      room: this.#room,
      count: this.size,
      members: Array.from(this.#places.values(), describe),
    };
  }

  #difference(): ServerPresence | undefined {
    if (this.#pending.size === 0) return undefined;
    const joins: Member[] = [];
    const leaves: User[] = [];
    const changes: Change[] = [];
    for (const [id, told] of this.#pending) {
      const place = this.#places.get(id);
      if (!place) leaves.push(told.as ? { id, name: told.as.name } : told.user.public);
      else if (!told.as) joins.push(describe(place));
      else changes.push(change(describe(place), told.as));
    }
    this.#pending.clear();
    return {
      type: 'presence',
      room: this.#room,
      count: this.size,
      ...(joins.length > 0 && { joins }),
      ...(leaves.length > 0 && { leaves }),
      ...(changes.length > 0 && { changes }),
    };
  }
}

function describe({ user, connections }: Place): Member {
  return describeMember(user, Math.max(1, connections));
}

function standing({ public: { name }, state }: UserRecord): Standing {
  return { name, state };
}

function change(member: Member, as: Standing): Change {
  const was = {
    ...(as.name !== member.name && { name: as.name }),
    ...(as.state !== member.state && { state: as.state }),
  };
  return Object.keys(was).length > 0 ? { ...member, was } : member;
}
