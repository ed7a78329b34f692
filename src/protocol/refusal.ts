import type { ErrorCode, ServerError } from './generated/frames.ts';

/** Why a request is refused. Every `error` frame is made from one. */
export class Refusal {
  readonly code: ErrorCode;
  /** For a person. */
  readonly message: string;
  /** JSON Pointer (RFC 6901) to the field that is wrong. */
  readonly path: string | undefined;
  /** Milliseconds to wait before trying again. */
  readonly retry: number | undefined;

  constructor(code: ErrorCode, message: string, more: { path?: string; retry?: number } = {}) {
    this.code = code;
    this.message = message;
    this.path = more.path;
    this.retry = more.retry;
  }

  /** The frame for the client; `id` is the id of the refused request. */
  frame(id?: string): ServerError {
    return {
      type: 'error',
      code: this.code,
      message: this.message,
      ...(this.path !== undefined && { path: this.path }),
      ...(this.retry !== undefined && { retry: this.retry }),
      ...(id !== undefined && { id }),
    };
  }
}
