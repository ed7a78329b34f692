/**
 * The format of the records in the store. Consecutive entries of a room that were committed together share a record, a
 * chunk, under the number of the last one: writing a record costs more than its content. All numbers are big endian:
 *
 *     4  CRC-32 of the key and of everything after these four bytes
 *     …  varints, of the first entry: how far its number is below the last one's; ordinal, offset
 *
 * and for each entry
 *
 *     1  flags: 1 = binary message, 2 = has an id
 *     6  at
 *     …  varints: seq - prev, prev - seq of the entry before it in the chunk (0 for the first one)
 *     …  user, with an id the id, the encoded message: each its length in bytes as a varint, and the bytes (UTF-8)
 *
 * `ordinal` counts the entries of the room from 1, `offset` sums up the bytes of those before: so the count and the
 * size of a room's entries follow from its first and its last entry, with nothing to keep up to date and nothing to
 * scan.
 *
 * The other records are JSON after a CRC-32.
 */
import zlib from 'node:zlib';
import type { Entry } from './port.ts';

/** An entry and its place in the room. */
export interface Placed {
  readonly entry: Entry;
  readonly ordinal: number;
  readonly offset: number;
}

/** The record of a room, besides its entries. */
export interface RoomRecord {
  readonly id: number;
  readonly epoch: string;
  /** Every number below may have been given to a message; see `Numbering`. */
  readonly next: number;
  /** How often the store had been left open by a crash when this was written. */
  readonly crashes: number;
  /** The state of the room: valid if there is no later entry. */
  readonly seq: number;
  readonly ordinal: number;
  readonly offset: number;
}

/** The record of the store. */
export interface StoreRecord {
  readonly format: number;
  /** How often a crash left it open. */
  readonly crashes: number;
  readonly closed: boolean;
  /** The highest room id ever given. */
  readonly lastRoom: number;
}

/** The format this version writes. It reads no other. */
export const format = 2;

export const keyLength = 12;
const checksumLength = 4;
/** Flags and `at`. */
const fixedLength = 1 + 6;
const maxVarint = 8;
const flagBinary = 1;
const flagId = 2;

/** The key of a room's entries: ordered by room, then by number. */
export function writeKey(target: Buffer, room: number, seq: number): Buffer {
  target.writeUInt32BE(room, 0);
  target.writeUInt32BE(Math.floor(seq / 0x1_0000_0000), 4);
  target.writeUInt32BE(seq % 0x1_0000_0000, 8);
  return target;
}

export function readKey(key: Uint8Array): { room: number; seq: number } {
  return { room: uint32(key, 0), seq: uint32(key, 4) * 0x1_0000_0000 + uint32(key, 8) };
}

/** Byte by byte: a view would first move the bytes of every key out of the heap. */
function uint32(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let n = at; n < at + 4; n += 1) value = value * 0x100 + (bytes[n] ?? 0);
  return value;
}

/** The most bytes a chunk can take besides its entries. */
export const chunkBound = checksumLength + 3 * maxVarint;

/** The most bytes this entry can take in a chunk. */
export function entryBound({ user, id, bytes }: Entry): number {
  return fixedLength + 5 * maxVarint + 3 * (user.length + (id?.length ?? 0)) + bytes.length;
}

/**
 * Writes a chunk at `start`, where there must be as much room as the bounds say, and returns where it ends.
 * @param key that of its last entry.
 */
export function encodeChunk(chunk: readonly Placed[], key: Uint8Array, target: Buffer, start: number): number {
  const first = chunk[0];
  if (!first) throw new RangeError('a chunk has entries');
  const last = chunk.at(-1) ?? first;
  let at = writeVarint(target, last.entry.seq - first.entry.seq, start + checksumLength);
  at = writeVarint(target, first.ordinal, at);
  at = writeVarint(target, first.offset, at);
  let before = first.entry.prev;
  for (const { entry } of chunk) {
    at = encodeEntry(entry, before, target, at);
    before = entry.seq;
  }
  target.writeUInt32BE(checksum(key, target.subarray(start + checksumLength, at)), start);
  return at;
}

function encodeEntry(entry: Entry, before: number, target: Buffer, start: number): number {
  const { user, id, bytes } = entry;
  target[start] = (entry.isBinary ? flagBinary : 0) | (id === undefined ? 0 : flagId);
  let at = target.writeUIntBE(entry.at, start + 1, 6);
  at = writeVarint(target, entry.seq - entry.prev, at);
  at = writeVarint(target, entry.prev - before, at);
  at = writeText(target, user, at);
  if (id !== undefined) at = writeText(target, id, at);
  at = writeVarint(target, bytes.length, at);
  target.set(bytes, at);
  return at + bytes.length;
}

/** The entries, which are parts of `value`; undefined if they are damaged. */
export function decodeChunk(key: Uint8Array, value: Buffer): Placed[] | undefined {
  if (value.length < checksumLength) return undefined;
  if (value.readUInt32BE(0) !== checksum(key, value.subarray(checksumLength))) return undefined;
  const reader = new Reader(value, checksumLength);
  const firstSeq = readKey(key).seq - reader.varint();
  let ordinal = reader.varint();
  let offset = reader.varint();
  let before: number | undefined;
  const chunk: Placed[] = [];
  while (reader.at < value.length) {
    const entry = new StoredEntry(reader, firstSeq, before);
    chunk.push({ entry, ordinal, offset });
    before = entry.seq;
    ordinal += 1;
    offset += entry.length;
  }
  return chunk;
}

/** An entry in a chunk. Most entries go out as they are read: other fields are decoded only when they are asked for. */
class StoredEntry implements Entry {
  readonly seq: number;
  readonly prev: number;
  readonly at: number;
  /** How many `bytes` there are. */
  readonly length: number;
  readonly #chunk: Buffer;
  readonly #flags: number;
  /** Where the user begins, followed by the id. */
  readonly #texts: number;
  /** Where `bytes` end. */
  readonly #end: number;

  /** @param before the number of the entry before it in the chunk; undefined for the first one. */
  constructor(reader: Reader, firstSeq: number, before: number | undefined) {
    this.#chunk = reader.bytes;
    this.#flags = reader.integer(1);
    this.at = reader.integer(6);
    const step = reader.varint();
    const missing = reader.varint();
    this.seq = before === undefined ? firstSeq : before + missing + step;
    this.prev = this.seq - step;
    this.#texts = reader.at;
    reader.skip();
    if (this.#flags & flagId) reader.skip();
    this.length = reader.skip();
    this.#end = reader.at;
  }

  get isBinary(): boolean {
    return (this.#flags & flagBinary) !== 0;
  }

  get user(): string {
    return new Reader(this.#chunk, this.#texts).text();
  }

  get id(): string | undefined {
    if (!(this.#flags & flagId)) return undefined;
    const reader = new Reader(this.#chunk, this.#texts);
    reader.skip();
    return reader.text();
  }

  get bytes(): Buffer {
    return this.#chunk.subarray(this.#end - this.length, this.#end);
  }
}

export function encodeRecord(record: RoomRecord | StoreRecord): Buffer {
  const json = Buffer.from(JSON.stringify(record));
  const target = Buffer.allocUnsafe(checksumLength + json.length);
  target.writeUInt32BE(checksum(json), 0);
  target.set(json, checksumLength);
  return target;
}

/** undefined if it is damaged. */
export function decodeRecord<T extends RoomRecord | StoreRecord>(value: Buffer): T | undefined {
  if (value.length < checksumLength) return undefined;
  const json = value.subarray(checksumLength);
  return value.readUInt32BE(0) === checksum(json) ? JSON.parse(json.toString()) : undefined;
}

class Reader {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at] ?? 0;
      this.at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  integer(length: number): number {
    const value = this.bytes.readUIntBE(this.at, length);
    this.at += length;
    return value;
  }

  /** Skips a text that is preceded by its length. @returns the length. */
  skip(): number {
    const length = this.varint();
    this.at += length;
    return length;
  }

  text(): string {
    const length = this.varint();
    const start = this.at;
    this.at += length;
    return this.bytes.toString('utf8', start, this.at);
  }
}

function writeVarint(target: Buffer, value: number, start: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    target[at] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
    at += 1;
  }
  target[at] = rest;
  return at + 1;
}

function writeText(target: Buffer, text: string, start: number): number {
  const at = writeVarint(target, Buffer.byteLength(text), start);
  return at + target.write(text, at);
}

/** CRC-32 (IEEE 802.3). Node has it since 20.15, 13 times as fast for a large message. */
function checksum(first: Uint8Array, second?: Uint8Array): number {
  const update = zlib.crc32 ?? crc32;
  const value = update(first);
  return second ? update(second, value) : value;
}

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** @internal Exported for its test. */
export function crc32(bytes: Uint8Array, start = 0): number {
  let value = ~start;
  for (const byte of bytes) value = (table[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return ~value >>> 0;
}
