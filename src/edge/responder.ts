/**
 * The answer to one plain HTTP request, on a socket of any kind. A responder MUST NOT throw once its connection is
 * gone.
 */
import type { PlainReply } from './handlers.ts';

export interface Responder {
  /** `then` is called once, if the connection is gone before the answer is complete. */
  onAborted(then: () => void): void;

  /** Calls `then` once, when the body of the request has arrived, or more of it than `longest` bytes. */
  afterBody(longest: number, then: () => void): void;

  /**
   * Answers with a short text, or with the head alone, and closes the connection.
   * @param isHead whether the body is left out, except for its length (RFC 9110, section 9.3.2).
   */
  answerAndClose(reply: PlainReply, isHead: boolean): void;

  /**
   * Answers. The connection stays open for another request, unless `isLast`.
   * @param then is called once, when the answer is complete, if it was not sent at once.
   * @returns whether it was sent at once.
   */
  send(reply: PlainReply, body: Uint8Array, isLast: boolean, then: () => void): boolean;

  /** Drops the connection with its unsent data. */
  close(): void;
}
