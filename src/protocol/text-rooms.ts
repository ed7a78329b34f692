/**
 * Remembers for the text dialect whose names look alike in its rooms. One object serves all connections of a server.
 */
import type { Member, ServerPresence, User } from './generated/frames.ts';
import { Lookalikes } from './lookalikes.ts';

/** How many recent speakers of a room are remembered who are not known to be in it. */
const manySpeakers = 100;

/** The members of a room, and recent speakers. */
class Company {
  /** How many connections of the text dialect are in the room. */
  connections = 0;
  readonly #names = new Lookalikes();
  readonly #members = new Set<string>();
  /** The latest last. */
  readonly #speakers = new Set<string>();

  /** The whole list. */
  replace(members: readonly Member[]): void {
    const gone = new Set(this.#members);
    for (const member of members) {
      this.#enter(member);
      gone.delete(member.id);
    }
    for (const id of gone) this.#leave(id);
  }

  /** A frame without differences means that the room has become too large for lists. */
  update({ joins, changes, leaves }: ServerPresence): void {
    if (!joins && !changes && !leaves) return this.replace([]);
    for (const member of [...(joins ?? []), ...(changes ?? [])]) this.#enter(member);
    for (const { id } of leaves ?? []) this.#leave(id);
  }

  heard(user: User): void {
    // A message from long ago has an earlier name.
    if (!this.#members.has(user.id)) this.#names.add(user);
    this.#speakers.delete(user.id);
    this.#speakers.add(user.id);
    const [oldest] = this.#speakers;
    if (this.#speakers.size <= manySpeakers || oldest === undefined) return;
    this.#speakers.delete(oldest);
    if (!this.#members.has(oldest)) this.#names.delete(oldest);
  }

  tag(user: User): string | undefined {
    return this.#names.tag(user);
  }

  #enter(member: Member): void {
    this.#members.add(member.id);
    this.#names.add(member);
  }

  #leave(id: string): void {
    this.#members.delete(id);
    if (!this.#speakers.has(id)) this.#names.delete(id);
  }
}

export class TextRooms {
  /** The rooms that everyone is put into: messages there have no room name. */
  readonly home: ReadonlySet<string>;
  /** The rooms that connections of the text dialect are in. */
  readonly #companies = new Map<string, Company>();

  constructor(home: Iterable<string>) {
    this.home = new Set(home);
  }

  /** A connection has entered. */
  enter(room: string): void {
    const company = this.#companies.get(room) ?? new Company();
    this.#companies.set(room, company);
    company.connections += 1;
  }

  /** It has left. */
  leave(room: string): void {
    const company = this.#companies.get(room);
    if (!company) return;
    company.connections -= 1;
    if (company.connections === 0) this.#companies.delete(room);
  }

  list(room: string, members: readonly Member[]): void {
    this.#companies.get(room)?.replace(members);
  }

  update(presence: ServerPresence): void {
    this.#companies.get(presence.room)?.update(presence);
  }

  heard(room: string, user: User): void {
    this.#companies.get(room)?.heard(user);
  }

  /** The tag that distinguishes a user from others with similar names in one of these rooms. */
  tag(user: User, rooms: Iterable<string>): string | undefined {
    for (const room of rooms) {
      const tag = this.#companies.get(room)?.tag(user);
      if (tag !== undefined) return tag;
    }
    return undefined;
  }

  /** How many rooms are remembered, for tests. */
  get size(): number {
    return this.#companies.size;
  }
}
