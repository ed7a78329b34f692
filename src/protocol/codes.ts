import type { CloseReason, ErrorCode } from './generated/frames.ts';

/** The meaning of each error code, for PROTOCOL.md; the message of a single error says more. */
export const errorCodes: Readonly<Record<ErrorCode, string>> = {
  invalid_json: 'The text frame is not JSON.',
  invalid_binary: 'The binary frame does not have the form 0x01, header length, header, payload.',
  invalid_frame: 'The frame does not fit its schema; `path` names the field.',
  unknown_type: 'There is no frame of this type.',
  unknown_command: 'There is no such command in the text dialect.',
  hello_not_first: '`hello` came after another frame.',
  unsupported_version: 'The server does not speak this protocol version.',
  invalid_token: 'The token is not one of this server, or has expired.',
  forbidden: 'The connection may not do this.',
  not_joined: 'The connection is not in this room, or in no room at all.',
  too_many_rooms: 'The connection is in as many rooms as it may be, or the server has as many open as it may.',
  unknown_user: 'No such user is connected.',
  ambiguous_name: 'Several users have this name; use the user id.',
  rate_limited: 'Too many frames or bytes; try again in `retry` milliseconds.',
  unavailable: 'The message cannot be kept now; nothing was done. Try again in `retry` milliseconds.',
  internal: 'The server failed on this request; nothing was done.',
};

/** How the server closes a connection. */
export interface CloseCode {
  /** The WebSocket close code (RFC 6455, section 7.4). */
  readonly code: number;
  /** What it means; also the reason in the close frame. */
  readonly message: string;
  /** Whether the client should come back. Codes from 4000 on tell it by their range: below 4500 yes, else no. */
  readonly reconnect: boolean;
}

export const closeCodes: Readonly<Record<CloseReason, CloseCode>> = {
  quit: { code: 1000, message: 'the client asked to leave', reconnect: false },
  shutdown: { code: 1001, message: 'the server is shutting down', reconnect: true },
  frame_too_big: { code: 1009, message: 'the frame is longer than the limit', reconnect: false },
  internal: { code: 1011, message: 'the server failed on this connection', reconnect: true },
  slow_reader: { code: 4008, message: 'the client reads too slowly', reconnect: true },
  flooding: { code: 4029, message: 'the client went on sending past its rate limit', reconnect: true },
};
