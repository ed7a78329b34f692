import assert from 'node:assert/strict';
import { test } from 'node:test';
import zlib from 'node:zlib';
import fc from 'fast-check';
import {
  crc32,
  decodeEntry,
  decodeRecord,
  encodeEntry,
  encodeRecord,
  keyLength,
  type RoomRecord,
  readKey,
  sizeBound,
  writeKey,
} from '../../src/log/records.ts';

const key = (room: number, seq: number) => writeKey(Buffer.alloc(keyLength), room, seq);
const safe = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme', maxLength: 80 });
const placed = fc.record(
  {
    entry: fc.record(
      {
        seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        prev: fc.constant(0),
        at: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        user: text,
        id: text,
        bytes: fc.uint8Array({ maxLength: 300 }),
        isBinary: fc.boolean(),
      },
      { requiredKeys: ['seq', 'prev', 'at', 'user', 'bytes', 'isBinary'], noNullPrototype: true },
    ),
    ordinal: safe,
    offset: safe,
  },
  { noNullPrototype: true },
);

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

test('an entry is read as it was written, and takes no more than its bound', () => {
  fc.assert(
    fc.property(placed, (one) => {
      const target = Buffer.alloc(sizeBound(one.entry) + 5);
      const at = key(1, one.entry.seq);
      const end = encodeEntry(one, at, target, 5);
      assert.ok(end <= target.length);
      const found = decodeEntry(at, target.subarray(5, end));
      assert.deepEqual(
        found && { ...found, entry: { ...found.entry, bytes: Uint8Array.from(found.entry.bytes) } },
        one,
      );
    }),
  );
});

test('an entry as it stands in the store', () => {
  const entry = {
    seq: 300,
    prev: 299,
    at: 0x0102_0304_0506,
    user: 'ada',
    id: 'm1',
    bytes: Buffer.from('{}'),
    isBinary: false,
  };
  const target = Buffer.alloc(100);
  const end = encodeEntry({ entry, ordinal: 200, offset: 5 }, key(1, 300), target, 0);
  assert.equal(
    target.toString('hex', 0, end),
    'd8aeaa96' + '02' + '010203040506' + '01' + 'c801' + '05' + '03616461' + '026d31' + '7b7d',
  );
});

test('any changed bit, and another place, is noticed', () => {
  fc.assert(
    fc.property(placed, fc.nat(), fc.nat(7), (one, position, bit) => {
      const target = Buffer.alloc(sizeBound(one.entry));
      const at = key(1, one.entry.seq);
      const value = target.subarray(0, encodeEntry(one, at, target, 0));
      assert.equal(decodeEntry(key(2, one.entry.seq), value), undefined);
      const byte = position % value.length;
      value[byte] = (value[byte] ?? 0) ^ (1 << bit);
      assert.equal(decodeEntry(at, value), undefined);
    }),
  );
  assert.equal(decodeEntry(key(1, 1), Buffer.alloc(3)), undefined);
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
