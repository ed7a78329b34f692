/** The identity of the user: over all connections and, if possible, over restarts of the server. */
import type { Change, PresenceState, ServerWelcome, User } from '../protocol/generated/frames.ts';
import type { ConnectOptions } from './api.ts';
import type { Question } from './requests.ts';

export class Identity {
  user: User | undefined;
  ticket: string | undefined;
  readonly #options: Pick<ConnectOptions, 'name' | 'token'>;
  #status: { readonly state: PresenceState; readonly note: string | undefined } | undefined;

  constructor(options: Pick<ConnectOptions, 'name' | 'token'>) {
    this.#options = options;
    if (typeof options.token === 'string') this.ticket = options.token;
  }

  /** What the next connection says. The rooms are entered one by one, where they were left. */
  async query(): Promise<readonly [string, string][]> {
    const { name, token } = this.#options;
    const own = typeof token === 'function' ? await token() : undefined;
    const shown = own ?? this.ticket;
    const query: [string, string][] = [['room', '']];
    if (shown !== undefined) query.push(['token', shown]);
    // Later the ticket has the name, or it is sent again.
    if (name !== undefined && !this.user) query.push(['name', name]);
    return query;
  }

  /** @returns the requests that have to be sent again. */
  welcomed({ user, ticket }: ServerWelcome): Question[] {
    const before = this.user;
    this.ticket = ticket;
    this.user = user;
    if (!before) return [];
    const again: Question[] = [];
    if (user.name !== before.name) {
      this.renamed(before.name);
      again.push({ type: 'name', name: before.name });
    }
    if (this.#status) again.push({ type: 'status', ...this.#status });
    return again;
  }

  renamed(name: string): void {
    if (this.user) this.user = { id: this.user.id, name };
  }

  stated(state: PresenceState, note: string | undefined): void {
    this.#status = { state, note };
  }

  /** Another device may have changed the name or the state. */
  changed(changes: readonly Change[]): void {
    for (const { id, name, state, note, was } of changes) {
      if (id !== this.user?.id) continue;
      if (was?.name !== undefined) this.renamed(name);
      if (was?.state !== undefined) this.stated(state, note);
    }
  }
}
