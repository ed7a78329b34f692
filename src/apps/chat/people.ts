/** Who is known by name: those in the rooms, and those who said something. */
import type { Hub } from '../../client/api.ts';
import type { User } from '../../protocol/generated/frames.ts';

/** Of those who are gone, so many are remembered. */
const many = 1000;

export class People {
  readonly #hub: Hub;
  /** Who was met last, last. */
  readonly #met = new Map<string, User>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  meet({ id, name }: User): void {
    this.#met.delete(id);
    this.#met.set(id, { id, name });
    const [oldest] = this.#met.keys();
    if (this.#met.size > many && oldest !== undefined) this.#met.delete(oldest);
  }

  /** All names but one's own, the latest first. */
  get names(): string[] {
    const users = [...this.#present(), ...[...this.#met.values()].reverse()];
    return [...new Set(users.filter(({ id }) => id !== this.#hub.user?.id).map(({ name }) => name))];
  }

  byId(id: string): User {
    for (const user of this.#present()) if (user.id === id) return user;
    return this.#met.get(id) ?? { id, name: id };
  }

  /** Those who are here and have this name, or this id; those on the whole server if nobody in the rooms has. */
  async find(name: string): Promise<User[]> {
    const here = matching([...this.#present()], name);
    return here.length > 0 ? here : matching(await this.#hub.list(), name);
  }

  *#present(): Generator<User> {
    for (const { members } of this.#hub.joined.values()) yield* members?.values() ?? [];
  }
}

/** Upper and lower case count only where it makes a difference. */
function matching(users: readonly User[], name: string): User[] {
  const plain = name.toLowerCase();
  const alike = users.filter((user) => user.name.toLowerCase() === plain || user.id === name);
  const exact = alike.filter((user) => user.name === name || user.id === name);
  const found = exact.length > 0 ? exact : alike;
  return [...new Map(found.map((user) => [user.id, user])).values()];
}
