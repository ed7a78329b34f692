import assert from 'node:assert/strict';
import { test } from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import {
  chunkBound,
  crc32,
  decodeChunk,
  decodeRecord,
  encodeChunk,
  encodeRecord,
  entryBound,
  keyLength,
  type Placed,
  type RoomRecord,
  readKey,
  writeKey,
} from '../../src/log/records.ts';
import { plain } from './kit.ts';

const key = (room: number, seq: number) => writeKey(Buffer.alloc(keyLength), room, seq);
const safe = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme', maxLength: 80 });
/** Consecutive entries, sometimes with a gap. */
const chunk = fc
  .array(
    fc.record({
      entry: fc.record(
        {
          at: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
          user: text,
          id: text,
          bytes: fc.uint8Array({ maxLength: 300 }),
          isBinary: fc.boolean(),
        },
        { requiredKeys: ['at', 'user', 'bytes', 'isBinary'], noNullPrototype: true },
      ),
      missing: fc.oneof(fc.constant(0), fc.nat()),
      jump: fc.oneof(fc.constant(0), fc.nat()),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .chain((entries) => fc.tuple(fc.constant(entries), fc.nat(), fc.nat(), fc.nat()))
  .map(([entries, start, firstOrdinal, firstOffset]) => {
    let [seq, ordinal, offset] = [start, firstOrdinal, firstOffset];
    return entries.map(({ entry, missing, jump }): Placed => {
      const prev = seq + missing;
      seq = prev + jump + 1;
      const placed = { entry: { seq, prev, ...entry }, ordinal, offset };
      ordinal += 1;
      offset += entry.bytes.length;
      return placed;
    });
  });
const sizeBound = (chunk: readonly Placed[]) => chunk.reduce((sum, { entry }) => sum + entryBound(entry), chunkBound);
const whole = (chunk: readonly Placed[]) => chunk.map((one) => ({ ...one, entry: plain([one.entry]) }));
const last = (chunk: readonly Placed[]) => chunk.at(-1)?.entry.seq ?? 0;

test('keys are ordered by room, then by number', () => {
  const room = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const position = fc.record({ room, seq: safe }, { noNullPrototype: true });
  fc.assert(
    fc.property(position, position, (one, other) => {
      assert.deepEqual(readKey(key(one.room, one.seq)), one);
      const order = Math.sign(one.room - other.room || one.seq - other.seq);
      assert.equal(Math.sign(Buffer.compare(key(one.room, one.seq), key(other.room, other.seq))), order);
    }),
  );
});

test('a chunk is read as it was written, and takes no more than its bound', () => {
  fc.assert(
    fc.property(chunk, (entries) => {
      const target = Buffer.alloc(sizeBound(entries) + 5);
      const at = key(1, last(entries));
      const end = encodeChunk(entries, at, target, 5);
      assert.ok(end <= target.length);
      const found = decodeChunk(at, target.subarray(5, end));
      assert.deepEqual(found && whole(found), whole(entries));
    }),
  );
});

test('a chunk as it stands in the store', () => {
  const entry = { at: 0x0102_0304_0506, user: 'ada', bytes: Buffer.from('{}'), isBinary: false };
  const entries = [
    { entry: { ...entry, seq: 300, prev: 299, id: 'm1' }, ordinal: 200, offset: 5 },
    { entry: { ...entry, seq: 303, prev: 301, isBinary: true }, ordinal: 201, offset: 7 },
  ];
  const target = Buffer.alloc(100);
  const end = encodeChunk(entries, key(1, 303), target, 0);
  const first = `02${'010203040506'}${'01'}${'00'}${'03616461'}${'026d31'}${'027b7d'}`;
  const second = `01${'010203040506'}${'02'}${'01'}${'03616461'}${'027b7d'}`;
  assert.equal(target.toString('hex', 4, end), `03${'c801'}${'05'}${first}${second}`);
  const checksum = crc32(target.subarray(4, end), crc32(key(1, 303)));
  assert.equal(target.readUInt32BE(0), checksum);
});

test('any changed bit, and another place, is noticed', () => {
  fc.assert(
    fc.property(chunk, fc.nat(), fc.nat(7), (entries, position, bit) => {
      const target = Buffer.alloc(sizeBound(entries));
      const at = key(1, last(entries));
      const value = target.subarray(0, encodeChunk(entries, at, target, 0));
      assert.equal(decodeChunk(key(2, last(entries)), value), undefined);
      const byte = position % value.length;
      value[byte] = (value[byte] ?? 0) ^ (1 << bit);
      assert.equal(decodeChunk(at, value), undefined);
    }),
  );
  assert.equal(decodeChunk(key(1, 1), Buffer.alloc(3)), undefined);
});

test('a record is read as it was written, or not at all', () => {
  const record: RoomRecord = { id: 1, epoch: 'é', next: 2, crashes: 3, seq: 4, ordinal: 5, offset: 6 };
  const value = encodeRecord(record);
  assert.deepEqual(decodeRecord(value), record);
  value[value.length - 2] = 0x37;
  assert.equal(decodeRecord(value), undefined);
  assert.equal(decodeRecord(Buffer.alloc(2)), undefined);
});

test('the checksum is CRC-32', () => {
  assert.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.uint8Array({ maxLength: 100 }), (one, other) => {
      assert.equal(crc32(other, crc32(one)), crc32(Buffer.concat([one, other])));
      if (typeof zlib.crc32 === 'function') assert.equal(crc32(one), zlib.crc32(one));
    }),
  );
});
