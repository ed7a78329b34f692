/** The `json` dialect: one JSON object per text frame; binary frames for bodies that are bytes. */
import { decodeBinary, encodeBinary } from './binary.ts';
import type { Codec, Decoded, Wire } from './dialect.ts';
import type { ServerFrame } from './generated/frames.ts';
import { Refusal } from './refusal.ts';
import { validateClientFrame } from './validate.ts';

const decoder = new TextDecoder();

/** Stateless: one serves all connections. */
export const jsonCodec: Codec = {
  dialect: 'json',
  decode: (data, isBinary) => [isBinary ? fromBinary(data) : fromText(data)],
  encode: encodeJson,
};

export function encodeJson(frame: ServerFrame): Wire {
  if ('body' in frame && frame.body instanceof Uint8Array) return encodeBinary({ ...frame, body: frame.body });
  return JSON.stringify(frame);
}

function fromText(data: ArrayBuffer): Decoded {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(data));
  } catch {
    const message = 'the frame is not JSON; to chat in plain text, connect to /text';
    return { kind: 'refused', refusal: new Refusal('invalid_json', message) };
  }
  return validated(value);
}

function fromBinary(data: ArrayBuffer): Decoded {
  const frame = decodeBinary(data);
  return frame instanceof Refusal ? { kind: 'refused', refusal: frame } : validated(frame);
}

function validated(value: unknown): Decoded {
  const frame = validateClientFrame(value);
  if (!(frame instanceof Refusal)) return { kind: 'frame', frame };
  const id = requestId(value);
  return { kind: 'refused', refusal: frame, ...(id !== undefined && { id }) };
}

/** The id of a frame that may be wrong in every other way, if it can be sent back. */
function requestId(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const probe = validateClientFrame({ type: 'ping', id: (value as { id?: unknown }).id });
  return probe instanceof Refusal ? undefined : probe.id;
}
