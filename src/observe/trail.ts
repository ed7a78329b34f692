/** Records of the events of each connection: from them an operator can tell the story of a user. */
import type { Trail } from '../hub/trail.ts';
import type { Dialect } from '../protocol/dialect.ts';
import type { ErrorCode, ServerError, User } from '../protocol/generated/frames.ts';
import type { Fields, Logger } from './logger.ts';

/**
 * A client that joins and leaves again and again must not flood the log: this many records of a connection are at `info`
 * beyond its first and its last one, and one more for each second that it lasts; the rest are at `debug`.
 */
const allowance = 100;
const perSecond = 1;

/** The errors whose messages never repeat anything that a client has sent. */
const ownWords: ReadonlySet<ErrorCode> = new Set([
  'forbidden',
  'hello_not_first',
  'internal',
  'invalid_token',
  'rate_limited',
  'too_many_rooms',
  'unavailable',
  'unsupported_version',
]);

/** The records contain the names of rooms and users, but neither messages nor credentials. */
export class LoggedTrail implements Trail {
  readonly #logger: Pick<Logger, 'info' | 'debug'>;
  readonly #connection: string;
  readonly #address: string;
  readonly #now: () => number;
  readonly #start: number;
  #user: User | undefined;
  #messages = 0;
  #bytes = 0;
  #told = 0;
  #untold = 0;
  #refusals = 0;
  /** The reasons of refusals that were logged at `info`. */
  #codes: readonly ErrorCode[] | undefined;
  #isOver = false;

  /** @param now on the monotonic clock, in milliseconds. */
  constructor(logger: Pick<Logger, 'info' | 'debug'>, connection: string, address: string, now: () => number) {
    this.#logger = logger;
    this.#connection = connection;
    this.#address = address;
    this.#now = now;
    this.#start = Math.round(now());
  }

  opened(user: User, dialect: Dialect): void {
    this.#user = user;
    this.#logger.info('connected', this.#fields({ address: this.#address, dialect }));
  }

  joined(room: string): void {
    this.#tell('joined', { room });
  }

  left(room: string): void {
    this.#tell('left', { room });
  }

  named(user: User): void {
    const was = this.#user;
    if (was?.id === user.id && was.name === user.name) return;
    this.#user = user;
    this.#tell('named', { was: was?.name, ...(was?.id !== user.id && { wasUser: was?.id }) });
  }

  received(bytes: number): void {
    this.#messages += 1;
    this.#bytes += bytes;
  }

  /** The first of a kind is logged at `info`; the last record of the connection has the number of all refusals. */
  refused({ code, message }: ServerError): void {
    this.#refusals += 1;
    const fields = { code, ...(ownWords.has(code) && { reason: message }) };
    if (this.#codes?.includes(code)) return this.#logger.debug('refused', this.#fields(fields));
    this.#codes = [...(this.#codes ?? []), code];
    this.#tell('refused', fields);
  }

  ended(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#logger.info(
      'disconnected',
      this.#fields({
        address: this.#address,
        code,
        reason,
        duration: Math.round(this.#now() - this.#start),
        messages: this.#messages,
        bytes: this.#bytes,
        ...(this.#refusals > 0 && { refusals: this.#refusals }),
        ...(this.#untold > 0 && { unlogged: this.#untold }),
      }),
    );
  }

  #tell(message: string, fields: Fields): void {
    if (this.#told >= allowance + ((this.#now() - this.#start) / 1000) * perSecond) {
      this.#untold += 1;
      return this.#logger.debug(message, this.#fields(fields));
    }
    this.#told += 1;
    this.#logger.info(message, this.#fields(fields));
  }

  #fields(more: Fields): Fields {
    return { connection: this.#connection, user: this.#user?.id, name: this.#user?.name, ...more };
  }
}
