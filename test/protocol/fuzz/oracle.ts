/** The right verdict on a frame, by the schemas alone. */
import type { ErrorCode } from '../../../src/protocol/generated/frames.ts';
import { fits, fitsFrame, schemas } from '../schemas.ts';
import type { Sent } from './frames.ts';

export interface Verdict {
  /** undefined if the frame has to be accepted. */
  readonly refused: ErrorCode | undefined;
  /** The fields of the frame, as far as they can be read. A binary one has no `body`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The payload of a binary frame. */
  readonly payload?: Buffer;
}

/** The codes that refuse a frame for its form. */
export const formCodes: ReadonlySet<ErrorCode> = new Set([
  'invalid_json',
  'invalid_binary',
  'invalid_frame',
  'unknown_type',
]);

const carriers = ['message', 'signal', 'direct', 'broadcast', 'echo'];
/** A byte order mark is not JSON. */
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function judge({ data, isBinary }: Sent): Verdict {
  if (isBinary) return judgeBinary(data);
  const value = parse(() => lenient.decode(data));
  return value === undefined ? { refused: 'invalid_json', fields: {} } : { ...judgeFrame(value.parsed) };
}

/** The id that must come back with the answer. */
export function idOf({ fields }: Verdict): string | undefined {
  return fits('/schemas/definitions.json#/$defs/requestId', fields['id']) ? (fields['id'] as string) : undefined;
}

function judgeBinary(data: Buffer): Verdict {
  const end = data.length < 3 ? 0 : 3 + data.readUInt16BE(1);
  const isWhole = data[0] === 1 && data.length >= 3 && end <= data.length;
  const header = isWhole ? parse(() => strict.decode(data.subarray(3, end)))?.parsed : undefined;
  if (!isObject(header)) return { refused: 'invalid_binary', fields: {} };
  const payload = data.subarray(end);
  const { type } = header;
  const isCarrier = type === undefined || (typeof type === 'string' && carriers.includes(type));
  if (Object.hasOwn(header, 'body') || !isCarrier) return { refused: 'invalid_frame', fields: header };
  const { refused } = judgeFrame({ ...header, body: 'bytes' });
  return { refused, fields: header, payload };
}

function judgeFrame(value: unknown): Verdict {
  if (!isObject(value)) return { refused: 'invalid_frame', fields: {} };
  const { type, body } = value;
  if (typeof type === 'string' && !Object.hasOwn(schemas.client, type))
    return { refused: 'unknown_type', fields: value };
  const isFit = fitsFrame('client', value) && isFitBody(body, 64);
  return { refused: isFit ? undefined : 'invalid_frame', fields: value };
}

/** Nested at most `levels` deep, and without numbers beyond the range of a double. */
function isFitBody(body: unknown, levels: number): boolean {
  if (typeof body === 'number') return Number.isFinite(body);
  if (typeof body !== 'object' || body === null) return true;
  return levels > 0 && Object.values(body).every((item) => isFitBody(item, levels - 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(read: () => string): { parsed: unknown } | undefined {
  try {
    return { parsed: JSON.parse(read()) };
  } catch {
    return undefined;
  }
}
