/** The `json` dialect: one JSON object per text frame; binary frames for bodies that are bytes. */
import { checkHeader, decodeBinary, encodeBinary, headerStart } from './binary.ts';
import type { Codec, Decoded, Stored, Wire } from './dialect.ts';
import type { ServerAck, ServerFrame, ServerMessage, User } from './generated/frames.ts';
import { Refusal } from './refusal.ts';
import { validateClientFrame } from './validate.ts';

const decoder = new TextDecoder();

/** Stateless: one serves all connections. */
export const jsonCodec: Codec = {
  dialect: 'json',
  decode: (data, isBinary) => [isBinary ? fromBinary(data) : fromText(data)],
  encode: encodeJson,
  encodeStored(stored) {
    const { bytes, isBinary } = stored;
    const wire = isBinary ? bytes : decoder.decode(bytes);
    // What a server has kept begins in this way. Something else can only come from an import.
    if (!beginsAsMessage(wire)) fromStored(stored);
    return wire;
  },
};

const beginning = '{"type":"message","room":';
const beginningBytes = new TextEncoder().encode(beginning);

function beginsAsMessage(wire: Wire): boolean {
  if (typeof wire === 'string') return wire.startsWith(beginning);
  return beginningBytes.every((byte, index) => wire[headerStart + index] === byte);
}

export function encodeJson(frame: ServerFrame): Wire {
  if ('body' in frame && frame.body instanceof Uint8Array) return encodeBinary({ ...frame, body: frame.body });
  switch (frame.type) {
    case 'message':
      return encodeMessage(frame);
    case 'ack':
      return encodeAck(frame);
    default:
      return JSON.stringify(frame);
  }
}

/** @throws Error if the bytes are not those of a message. */
export function fromStored(stored: Stored): ServerMessage {
  const value = stored.isBinary ? readBinary(stored.bytes) : JSON.parse(decoder.decode(stored.bytes));
  if (!isMessage(value)) throw new Error('it is JSON, but not a message');
  return value;
}

function readBinary(bytes: Uint8Array): unknown {
  // Not `bytes.slice()`: that of a Buffer does not copy, and its memory has more in it.
  const parts = decodeBinary(Uint8Array.from(bytes).buffer);
  if (parts instanceof Refusal) throw new Error(parts.message);
  return { ...parts.header, body: parts.payload };
}

/** Whether it has what a message cannot do without; it may be of a version that allowed more, or less, than this one. */
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

/** The hot path: the same as `JSON.stringify(frame)`, in half the time. */
function encodeMessage({ room, seq, prev, id, from, at, mime, body }: ServerMessage): string {
  const head = `{"type":"message","room":${encodedRooms.encode(room)},"seq":${seq}`;
  const previous = prev === undefined ? '' : `,"prev":${prev}`;
  const name = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
  const kind = mime === undefined ? '' : `,"mime":${JSON.stringify(mime)}`;
  return `${head}${previous}${name},"from":${encodeUser(from)},"at":${at}${kind},"body":${JSON.stringify(body)}}`;
}

/** The same for what answers most messages. */
function encodeAck({ id, room, epoch, seq, at }: ServerAck): string {
  const where = room === undefined ? '' : `,"room":${encodedRooms.encode(room)}`;
  const numbering = epoch === undefined ? '' : `,"epoch":${encodedEpochs.encode(epoch)}`;
  const number = seq === undefined ? '' : `,"seq":${seq}`;
  return `{"type":"ack","id":${JSON.stringify(id)}${where}${numbering}${number},"at":${at}}`;
}

/** Encodes texts of which the next is often the same as the one before. */
class Repeated {
  #text = '';
  #encoded = '""';

  encode(text: string): string {
    if (text !== this.#text) {
      this.#text = text;
      this.#encoded = JSON.stringify(text);
    }
    return this.#encoded;
  }
}

const encodedRooms = new Repeated();
const encodedEpochs = new Repeated();

const encodedUsers = new WeakMap<User, string>();

/** A user's frames share one object, which is replaced when the name changes, never altered. */
function encodeUser(user: User): string {
  const known = encodedUsers.get(user);
  if (known !== undefined) return known;
  const encoded = JSON.stringify(user);
  encodedUsers.set(user, encoded);
  return encoded;
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
  const parts = decodeBinary(data);
  if (parts instanceof Refusal) return { kind: 'refused', refusal: parts };
  const { header, payload } = parts;
  const refusal = checkHeader(header);
  return refusal ? refused(refusal, header) : validated({ ...header, body: payload });
}

function validated(value: unknown): Decoded {
  const frame = validateClientFrame(value);
  return frame instanceof Refusal ? refused(frame, value) : { kind: 'frame', frame };
}

function refused(refusal: Refusal, value: unknown): Decoded {
  const id = requestId(value);
  return { kind: 'refused', refusal, ...(id !== undefined && { id }) };
}

/** The id of a frame that may be wrong in every other way, if it can be sent back. */
function requestId(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const probe = validateClientFrame({ type: 'ping', id: (value as { id?: unknown }).id });
  return probe instanceof Refusal ? undefined : probe.id;
}
