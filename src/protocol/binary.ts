/**
 * Binary frames: one byte 0x01, the header's length in two bytes (big endian), the header (a JSON frame without
 * `body`), then the payload, which is the body.
 */
import type { Received } from './dialect.ts';
import type { ClientFrame, ServerFrame } from './generated/frames.ts';
import { Refusal } from './refusal.ts';

const version = 0x01;
/** Where the header begins. */
export const headerStart = 3;
const maxHeader = 0xffff;
const carriers: ReadonlySet<unknown> = new Set(['message', 'signal', 'direct', 'broadcast', 'echo']);

export const encoder = new TextEncoder();
// Pure: the client does without it.
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The two parts of a binary frame. */
export interface BinaryParts {
  /** The frame without its body; not validated yet. */
  readonly header: Record<string, unknown>;
  /** A copy. */
  readonly payload: Uint8Array;
}

export function decodeBinary(data: Received): BinaryParts | Refusal {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  if (bytes[0] !== version) return malformed('a binary frame must start with the byte 0x01');
  if (bytes.length < headerStart) return malformed('a binary frame must have a header length in its bytes 1 and 2');
  const end = headerStart + new DataView(bytes.buffer, bytes.byteOffset).getUint16(1);
  if (end > bytes.length) return malformed('the binary frame is shorter than its header length says');
  const header = parseHeader(bytes.subarray(headerStart, end));
  return header instanceof Refusal ? header : { header, payload: new Uint8Array(bytes.subarray(end)) };
}

/** Checks the rules for headers of binary frames that no schema has. @returns undefined if they are kept. */
export function checkHeader(header: Record<string, unknown>): Refusal | undefined {
  if ('body' in header) {
    return new Refusal('invalid_frame', 'body must not stand in the header of a binary frame', { path: '/body' });
  }
  if ('type' in header && !carriers.has(header['type'])) {
    return new Refusal('invalid_frame', `only ${[...carriers].join(', ')} may be binary`, { path: '/type' });
  }
  return undefined;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> | Refusal {
  try {
    const header: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) {
      return header as Record<string, unknown>;
    }
  } catch {
    return malformed('the header of the binary frame is not JSON');
  }
  return malformed('the header of the binary frame must be a JSON object');
}

/** @throws RangeError if the header is longer than 65,535 bytes, which never happens with a valid frame. */
export function encodeBinary(frame: (ClientFrame | ServerFrame) & { body: Uint8Array }): Uint8Array {
  const { body, ...rest } = frame;
  const header = encoder.encode(JSON.stringify(rest));
  if (header.length > maxHeader) throw new RangeError('the header of a binary frame is too long');
  const bytes = new Uint8Array(headerStart + header.length + body.length);
  bytes[0] = version;
  new DataView(bytes.buffer).setUint16(1, header.length);
  bytes.set(header, headerStart);
  bytes.set(body, headerStart + header.length);
  return bytes;
}

function malformed(message: string): Refusal {
  return new Refusal('invalid_binary', message);
}
