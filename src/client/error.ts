import type { ErrorCode } from '../protocol/generated/frames.ts';

/** The codes of errors that arise in the client; they never change. */
export type ClientErrorCode =
  /** The hub is closed: by `close()`, by its signal, or by the server for good. */
  | 'closed'
  /** The room has been left. */
  | 'left'
  /** The queue is full: too many messages are not acknowledged yet. */
  | 'queue_full'
  /** The frame is longer than the server allows. */
  | 'frame_too_big'
  /** The body is neither bytes nor a JSON value. */
  | 'invalid_body'
  /** The connection was lost before the answer came: the request may or may not have been carried out. */
  | 'connection_lost'
  /** There is no connection, and the request cannot wait for one. */
  | 'offline';

/** A request was refused or failed. An aborted call throws the `reason` of its signal instead. */
export class HubbubError extends Error {
  override readonly name = 'HubbubError';
  /** For programs: an error code of the protocol (PROTOCOL.md, "Error codes"), or one of the client's own. */
  declare readonly code: ErrorCode | ClientErrorCode;
  /** JSON Pointer (RFC 6901) to the wrong field of the frame; `/body/…` is within the body. */
  declare readonly path: string | undefined;
  /** After how many milliseconds to try again, if the server said so. */
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
