import type { User } from '../../protocol/generated/frames.ts';
import type { Clock } from './chat.ts';

/** The users typing in a room: they have sent a notice lately, and no message since. */
export class Typing {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #users = new Map<string, { readonly user: User; readonly prevent: () => void }>();

  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get users(): readonly User[] {
    return Array.from(this.#users.values(), ({ user }) => user);
  }

  started(user: User): void {
    this.#users.get(user.id)?.prevent();
    const prevent = this.#clock.after(typingTime, () => this.stopped(user));
    this.#users.set(user.id, { user, prevent });
    this.#changed();
  }

  stopped({ id }: User): void {
    this.#users.get(id)?.prevent();
    if (this.#users.delete(id)) this.#changed();
  }

  end(): void {
    for (const { prevent } of this.#users.values()) prevent();
    this.#users.clear();
  }
}

/** How long a typing notice is valid, in milliseconds. */
const typingTime = 6000;

/** How often this person's typing is announced, in milliseconds. */
export const typingInterval = 3000;
