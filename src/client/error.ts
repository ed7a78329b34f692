import type { ErrorCode } from '../protocol/generated/frames.ts';

/** What can go wrong on this side, as a word that never changes. */
export type ClientErrorCode =
  /** The hub is closed: by `close()`, by its signal, or by the server for good. */
  | 'closed'
  /** The room was left. */
  | 'left'
  /** As many messages as `queue` allows are not acknowledged yet. */
  | 'queue_full'
  /** The frame is longer than the server takes. */
  | 'frame_too_big'
  /** The body is neither bytes nor anything that JSON can say. */
  | 'invalid_body'
  /** The connection broke before the answer: it may have been carried out, or not. */
  | 'connection_lost'
  /** What matters only now cannot be said now: there is no connection. */
  | 'offline';

/** Why something was refused, or did not work. An aborted call throws the `reason` of its signal instead. */
export class HubbubError extends Error {
  override readonly name = 'HubbubError';
  /** For programs: a code of the protocol (PROTOCOL.md, "Error codes"), or one of the client's own. */
  declare readonly code: ErrorCode | ClientErrorCode;
  /** JSON Pointer (RFC 6901) to the field of the frame that is wrong; `/body/…` lies in the body. */
  declare readonly path: string | undefined;
  /** After how many milliseconds to try again, where the server said so. */
  declare readonly retry: number | undefined;

  constructor(
    code: ErrorCode | ClientErrorCode,
    message: string,
    more: { path?: string | undefined; retry?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, more);
    this.code = code;
    this.path = more.path;
    this.retry = more.retry;
  }
}
