/** The events of one connection that an operator can follow in the log. */
import type { Dialect } from '../protocol/dialect.ts';
import type { ServerError, User } from '../protocol/generated/frames.ts';

/** Receives the events of a connection, in order. Its methods do not throw. */
export interface Trail {
  /** It is welcomed, as this user. */
  opened(user: User, dialect: Dialect): void;
  joined(room: string): void;
  left(room: string): void;
  /** The user has another name from now on, or it is another user. */
  named(user: User): void;
  /** A message has come in, of so many bytes. */
  received(bytes: number): void;
  /** The connection gets an error. */
  refused(error: ServerError): void;
  /** It is over, with this close code; only the first call counts. */
  ended(code: number, reason: string): void;
}
