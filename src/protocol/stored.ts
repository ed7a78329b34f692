/** Messages as they are kept: the WebSocket messages that were sent in the `json` dialect. */
import { decodeBinary, headerStart } from './binary.ts';
import type { Stored } from './dialect.ts';
import type { ServerMessage } from './generated/frames.ts';
import { Refusal } from './refusal.ts';

const decoder = new TextDecoder();
const beginning = new TextEncoder().encode('{"type":"message","room":');

/**
 * Entries that a server has kept begin like a message, and are trusted. Others can only come from an import, and are
 * parsed.
 * @throws Error if the bytes are not a message.
 */
export function checkStored(stored: Stored): void {
  const { bytes, isBinary } = stored;
  const start = isBinary ? headerStart : 0;
  for (let at = 0; at < beginning.length; at += 1) {
    if (bytes[start + at] === beginning[at]) continue;
    fromStored(stored);
    return;
  }
}

/** @throws Error if the bytes are not those of a message. */
export function fromStored(stored: Stored): ServerMessage {
  const value = stored.isBinary ? readBinary(stored.bytes) : JSON.parse(decoder.decode(stored.bytes));
  if (!isMessage(value)) throw new Error('it is JSON, but not a message');
  return value;
}

function readBinary(bytes: Uint8Array): unknown {
  const parts = decodeBinary(bytes);
  if (parts instanceof Refusal) throw new Error(parts.message);
  return { ...parts.header, body: parts.payload };
}

/** Checks only the necessary fields: the message may be from a version that allowed more, or less, than this one. */
function isMessage(value: unknown): value is ServerMessage {
  const { type, room, seq, from, body } = (value ?? {}) as Partial<ServerMessage>;
  return (
    type === 'message' &&
    typeof room === 'string' &&
    typeof seq === 'number' &&
    typeof from?.name === 'string' &&
    body !== undefined
  );
}
