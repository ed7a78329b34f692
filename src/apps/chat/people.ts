/** The users that are known by name: members of the rooms, and authors of messages. */
import type { Hub } from '../../client/api.ts';
import type { User } from '../../protocol/generated/frames.ts';
import { Lookalikes } from '../../protocol/lookalikes.ts';
import { addressed } from '../../protocol/names.ts';
import { shorten } from '../terminal/width.ts';
import type { Person } from './entries.ts';
import { longName } from './view.ts';

/** How many users are remembered that are no longer there. */
const many = 1000;

export class People {
  readonly #hub: Hub;
  /** The most recent one last. */
  readonly #met = new Map<string, User>();
  readonly #alike = new Lookalikes();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  meet({ id, name }: User): void {
    this.#met.delete(id);
    this.#met.set(id, { id, name });
    this.#alike.add(seen({ id, name }));
    const [oldest] = this.#met.keys();
    if (this.#met.size <= many || oldest === undefined) return;
    this.#met.delete(oldest);
    this.#alike.delete(oldest);
  }

  /** The author of an old message, who may have another name today. */
  meetEarlier(user: User): void {
    if (!this.#met.has(user.id)) this.meet(user);
  }

  /** Adds the tag that distinguishes the user from known users with similar names. */
  person<U extends User>(user: U): U & Person {
    const tag = this.#alike.tag(seen(user));
    return tag === undefined ? user : { ...user, tag };
  }

  /** Everybody except this person, the latest first. */
  get others(): Person[] {
    const users = [...this.#present(), ...[...this.#met.values()].reverse()];
    return unique(users.filter(({ id }) => id !== this.#hub.user?.id)).map((user) => this.person(user));
  }

  byId(id: string): User {
    for (const user of this.#present()) if (user.id === id) return user;
    return this.#met.get(id) ?? { id, name: id };
  }

  /** The users in the rooms with this name or id or, if there are none, those on the whole server. */
  async find(name: string): Promise<User[]> {
    const here = unique(addressed(this.#present(), name));
    return here.length > 0 ? here : addressed(await this.#hub.list(), name);
  }

  *#present(): Generator<User> {
    for (const { members } of this.#hub.joined.values()) yield* members?.values() ?? [];
  }
}

/** A name as it is shown: two names may look alike once they are cut off. */
function seen({ id, name }: User): User {
  return { id, name: shorten(name, longName) };
}

function unique(users: readonly User[]): User[] {
  return [...new Map(users.toReversed().map((user) => [user.id, user])).values()].reverse();
}
