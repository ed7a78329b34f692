import type { ClientFrame, ServerFrame, ServerHistory } from './generated/frames.ts';
import type { Refusal } from './refusal.ts';

/** A way to speak the protocol over a WebSocket. */
export type Dialect = 'json' | 'text';

/** The WebSocket subprotocol that asks for a dialect (RFC 6455, section 1.9). */
export const subprotocols: Readonly<Record<string, Dialect>> = { 'hubbub.json': 'json', 'hubbub.text': 'text' };

/** The version of the protocol in PROTOCOL.md. */
export const protocolVersion = 1;

/** A message as it is kept: the WebSocket message as it was sent in the `json` dialect. */
export interface Stored {
  readonly bytes: Uint8Array;
  readonly isBinary: boolean;
}

/** A page of a room's messages without the messages, which are written as they are kept. */
export type HistoryPage = Omit<ServerHistory, 'messages'>;

/** Called with the index of an entry of a page that is not a message, and the reason. */
export type LeftOut = (index: number, error: unknown) => void;

/** The content of an incoming WebSocket message. */
export type Received = ArrayBuffer | Uint8Array;

/** The content of an outgoing WebSocket message: a string for a text message, bytes for a binary one. */
export type Wire = string | Uint8Array;

/** The meaning of a message, or of a line in one. */
export type Decoded =
  /** A request. In the text dialect people are addressed by name (`byName`), not by user id. */
  | { readonly kind: 'frame'; readonly frame: ClientFrame; readonly byName?: boolean }
  /** An invalid request; `id` is its id, if that could be read. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly id?: string }
  /** Something the dialect answers by itself. */
  | { readonly kind: 'answer'; readonly wire: Wire }
  /** The client asks to be disconnected. */
  | { readonly kind: 'quit' };

/** One connection's side of a dialect. */
export interface Codec {
  readonly dialect: Dialect;

  /**
   * Decodes one WebSocket message. MUST NOT throw, whatever the bytes are, MUST NOT let a frame through that does not
   * fit its schema, and MUST NOT keep `data`: it is only valid during the call. Where one message may mean several
   * things, each MUST be carried out before the next one is taken: what that one means may depend on it.
   */
  decode(data: Received, isBinary: boolean): Decoded | Iterable<Decoded>;

  /** Writes one frame for this connection. A body that is a `Uint8Array` is a binary body. */
  encode(frame: ServerFrame): Wire;

  /** The connection is gone: no other method will be called. */
  closed(): void;

  /** Writes a kept message. @throws Error if the bytes are not a message. */
  encodeStored(stored: Stored): Wire;

  /**
   * Writes a page of kept messages, the oldest first. Entries that are not messages are left out, and reported to
   * `leftOut`. It takes the time to copy the bytes, or to read as much as a person is shown.
   */
  encodeHistory(page: HistoryPage, messages: readonly Stored[], leftOut: LeftOut): Wire;
}
