import type { ClientFrame, ServerFrame, ServerHistory } from './generated/frames.ts';
import type { Refusal } from './refusal.ts';

/** A way to speak the protocol over a WebSocket. */
export type Dialect = 'json' | 'text';

/** The WebSocket subprotocol that asks for a dialect (RFC 6455, section 1.9). */
export const subprotocols: Readonly<Record<string, Dialect>> = { 'hubbub.json': 'json', 'hubbub.text': 'text' };

/** The version of the protocol in PROTOCOL.md. */
export const protocolVersion = 1;

/** A message as it is kept: the WebSocket message by which it went out in the `json` dialect. */
export interface Stored {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

/** A page of a room's messages, but for the messages: these are written as they are kept. */
export type HistoryPage = Omit<ServerHistory, 'messages'>;

/** Told which of the messages of a page is none, by its index, and why. */
export type LeftOut = (index: number, error: unknown) => void;

/** What came in as one WebSocket message. */
export type Received = ArrayBuffer | Uint8Array;

/** What goes out as one WebSocket message: a string as a text message, bytes as a binary one. */
export type Wire = string | Uint8Array;

/** What one thing that came in means. */
export type Decoded =
  /** A request. In the text dialect people are addressed by name (`byName`), not by user id. */
  | { readonly kind: 'frame'; readonly frame: ClientFrame; readonly byName?: boolean }
  /** Not to be carried out; `id` is the request's own, where it could be read. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly id?: string }
  /** Something the dialect answers by itself. */
  | { readonly kind: 'answer'; readonly wire: Wire }
  /** The client asks to be disconnected. */
  | { readonly kind: 'quit' };

/** One connection's side of a dialect. */
export interface Codec {
  readonly dialect: Dialect;

  /**
   * Reads one WebSocket message. MUST NOT throw, whatever the bytes are, MUST NOT let a frame through that does not fit
   * its schema, and MUST NOT keep `data`: it is only valid during the call. Where one message may mean several things,
   * each MUST be carried out before the next one is taken: what that one means may depend on it.
   */
  decode(data: Received, isBinary: boolean): Decoded | Iterable<Decoded>;

  /** Writes one frame for this connection. A body that is a `Uint8Array` is a binary body. */
  encode(frame: ServerFrame): Wire;

  /** The connection is gone: nothing else is asked of its codec. */
  closed(): void;

  /** Writes a message that was kept. @throws Error if the bytes are not those of a message. */
  encodeStored(stored: Stored): Wire;

  /**
   * Writes a page of messages that were kept, the oldest first. What is no message is left out, and `leftOut` told.
   * The time it takes is that of copying the bytes, or of reading as much as a person is shown.
   */
  encodeHistory(page: HistoryPage, messages: readonly Stored[], leftOut: LeftOut): Wire;
}
