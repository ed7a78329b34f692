/** The `json` dialect: one JSON object per text frame; binary frames for bodies that are bytes. */
import { checkHeader, decodeBinary, encodeBinary } from './binary.ts';
import type { Codec, Decoded, Received, Wire } from './dialect.ts';
import type { ServerAck, ServerFrame, ServerMessage, User } from './generated/frames.ts';
import { jsonFault } from './json-fault.ts';
import { encodeHistory } from './json-history.ts';
import { Refusal } from './refusal.ts';
import { checkStored } from './stored.ts';
import { validateClientFrame } from './validate.ts';

/** Keeps a byte order mark: before JSON it is an error (RFC 8259, section 8.1), and within a text it belongs to it. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The fault of a longer frame is not looked for: that costs as much as parsing it some more times. */
const longText = 1024;

/** Stateless: one codec serves all connections. */
export const jsonCodec: Codec = {
  dialect: 'json',
  decode: (data, isBinary) => (isBinary ? fromBinary(data) : fromText(data)),
  encode: encodeJson,
  closed: () => undefined,
  encodeStored(stored) {
    checkStored(stored);
    return stored.isBinary ? stored.bytes : decoder.decode(stored.bytes);
  },
  encodeHistory,
};

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

/** The hot path: the same as `JSON.stringify(frame)`, in half the time. */
function encodeMessage({ room, seq, prev, id, from, at, mime, body }: ServerMessage): string {
  const head = `{"type":"message","room":${encodedRooms.encode(room)},"seq":${seq}`;
  const previous = prev === undefined ? '' : `,"prev":${prev}`;
  const name = id === undefined ? '' : `,"id":${JSON.stringify(id)}`;
  const kind = mime === undefined ? '' : `,"mime":${JSON.stringify(mime)}`;
  return `${head}${previous}${name},"from":${encodeUser(from)},"at":${at}${kind},"body":${JSON.stringify(body)}}`;
}

/** The same for the answer to most messages. */
function encodeAck({ id, room, epoch, seq, at }: ServerAck): string {
  const where = room === undefined ? '' : `,"room":${encodedRooms.encode(room)}`;
  const numbering = epoch === undefined ? '' : `,"epoch":${encodedEpochs.encode(epoch)}`;
  const number = seq === undefined ? '' : `,"seq":${seq}`;
  return `{"type":"ack","id":${JSON.stringify(id)}${where}${numbering}${number},"at":${at}}`;
}

/** Encodes texts that are often the same several times in a row. */
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

function fromText(data: Received): Decoded {
  const text = decoder.decode(data);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const place = text.length > longText ? '' : ` (${jsonFault(text)})`;
    const message = `the frame is not JSON${place}; to chat in plain text, connect to /text`;
    return { kind: 'refused', refusal: new Refusal('invalid_json', message) };
  }
  return validated(value);
}

function fromBinary(data: Received): Decoded {
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

/** The id of an invalid frame, if the id itself is valid. */
function requestId(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const probe = validateClientFrame({ type: 'ping', id: (value as { id?: unknown }).id });
  return probe instanceof Refusal ? undefined : probe.id;
}
