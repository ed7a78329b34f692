/** Admits connections and makes their sessions: one for all edges, so that the limits hold for all of them together. */
import type { ConnectionId } from '../hub/user.ts';
import { closeCodes } from '../protocol/codes.ts';
import type { Dialect } from '../protocol/dialect.ts';
import type { Session } from '../session/session.ts';
import { Admission, type AdmissionLimits, type Rejection, retryAfter } from './admission.ts';
import { Floods } from './floods.ts';
import type { Closing, EdgeSession, Refusal, Visitor } from './handlers.ts';
import type { StatusFeed } from './status-feed.ts';

export interface AcceptorOptions {
  readonly limits: AdmissionLimits;
  /** Makes the session of a socket that is about to open, from this address. */
  readonly session: (dialect: Dialect, address: string) => Session;
  readonly feed: () => StatusFeed;
  readonly newId: () => ConnectionId;
  /** The session of this name; undefined if it has ended. */
  readonly find: (connection: ConnectionId) => Session | undefined;
  /** Called for every refused connection. */
  readonly refused: (refusal: Refusal) => void;
  /** Milliseconds of a monotonic clock. */
  readonly monotonic: () => number;
  /** For the log. */
  readonly report: (message: string, fields: Record<string, unknown>) => void;
}

const draining: Rejection = {
  status: '503 Service Unavailable',
  header: retryAfter,
  message: 'the server is shutting down',
};

function flooded(wait: number): Rejection {
  const seconds = Math.ceil(wait / 1000);
  return {
    status: '429 Too Many Requests',
    header: ['retry-after', `${seconds}`],
    message: `clients at your address sent too much too often; try again in ${seconds} s`,
  };
}

/** RFC 6455, section 7.4.1: closed on purpose, or without a code. */
const cleanCodes: ReadonlySet<number> = new Set([1000, 1005]);

export class Acceptor {
  readonly #options: AcceptorOptions;
  readonly #admission: Admission;
  readonly #floods: Floods;
  #draining = false;

  constructor(options: AcceptorOptions) {
    this.#options = options;
    this.#admission = new Admission(options.limits);
    this.#floods = new Floods(options.monotonic);
  }

  /** Refuses all further connections. */
  drain(): void {
    this.#draining = true;
  }

  admit({ address, handshake, watch }: Visitor): EdgeSession | Rejection {
    const { feed, newId, session } = this.#options;
    const rejection = this.#refuse(address) ?? (watch && feed().refuse(watch));
    if (rejection) {
      this.#options.refused({ address, ...rejection });
      return rejection;
    }
    this.#admission.enter(address);
    return watch ? feed().watcher(newId()) : session(handshake.dialect, address);
  }

  closed({ address, ...closing }: Closing): void {
    this.#admission.leave(address);
    if (closing.code === closeCodes.flooding.code) this.#floods.add(address);
    this.#options.feed().closed(closing.connection);
    const session = this.#options.find(closing.connection);
    session?.trail?.ended(closing.code, closing.reason);
    session?.closed(cleanCodes.has(closing.code));
    this.#options.report('connection closed', closing);
  }

  #refuse(address: string): Rejection | undefined {
    if (this.#draining) return draining;
    const wait = this.#options.limits.perAddress > 0 ? this.#floods.wait(address) : 0;
    return wait > 0 ? flooded(wait) : this.#admission.refuse(address);
  }
}
