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

  /** The credential for the next connection. */
  async token(): Promise<string | undefined> {
    const { token } = this.#options;
    return (typeof token === 'function' ? await token() : undefined) ?? this.ticket;
  }

  /** The name to ask for. Later the ticket has it, or it is sent again. */
  get name(): string | undefined {
    return this.user ? undefined : this.#options.name;
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
