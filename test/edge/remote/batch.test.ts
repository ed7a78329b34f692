import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { BatchReader, BatchWriter } from '../../../src/edge/remote/batch.ts';
import { Random } from '../../kit/random.ts';

type Value = string | number | boolean | undefined | ArrayBuffer | Uint8Array | readonly Value[] | { a: Value };
interface Methods {
  one(...args: Value[]): void;
  other(...args: Value[]): void;
}
type Calls = [keyof Methods, ...Value[]][];

const never = () => assert.fail('nothing fails');

/** What is written in batches. */
function writer(): { calls: BatchWriter<Methods>; batches: Buffer[] } {
  const batches: Buffer[] = [];
  return { calls: new BatchWriter((batch) => batches.push(Buffer.from(batch)), never), batches };
}

/** What a reader calls when a stream comes cut into these pieces. */
function read(pieces: Iterable<Buffer>): Calls {
  const calls: Calls = [];
  const methods: Methods = {
    one: (...args) => calls.push(['one', ...args]),
    other: (...args) => calls.push(['other', ...args]),
  };
  const reader = new BatchReader(methods, never);
  for (const piece of pieces) reader.take(piece);
  return calls;
}

function* cut(stream: Buffer, length: () => number): Generator<Buffer> {
  for (let from = 0; from < stream.length; ) {
    const end = from + length();
    yield stream.subarray(from, end);
    from = end;
  }
}

const calls: Calls = [
  ['one'],
  ['other', '', 'lobby', 'grüße, 世界 \u{1f44b}', undefined, true, 0, -1, 65_536],
  ['one', new Uint8Array([0, 1, 255]), new Uint8Array()],
  ['other', [new Uint8Array([1]), 'two', [3]], { a: undefined }],
  ['one', new Uint8Array(5000).fill(7), 'x'.repeat(3000)],
];

describe('calls come out as they went in, in order', () => {
  const stream = (() => {
    const { calls: written, batches } = writer();
    for (const [at, call] of calls.entries()) {
      written.call(...call);
      // One batch of several calls, and several of one.
      if (at > 1) written.flush();
    }
    written.flush();
    return Buffer.concat(batches);
  })();
  const check = (pieces: Iterable<Buffer>) => assert.deepEqual(read(pieces), calls);

  test('all at once', () => check([stream]));
  test('byte by byte', () => check(cut(stream, () => 1)));
  test('with empty pieces between', () =>
    check([...cut(stream, () => 3)].flatMap((piece) => [piece, Buffer.alloc(0)])));
  test('cut anywhere', () => {
    const random = new Random(1);
    for (let round = 0; round < 200; round += 1) check(cut(stream, () => random.below(1 + random.below(4000))));
  });
  test('an ArrayBuffer is one', () => {
    const { calls: written, batches } = writer();
    written.call('one', new Uint8Array([1, 2, 3]).buffer);
    written.flush();
    const [[, data] = []] = read(batches);
    assert.ok(data instanceof ArrayBuffer);
    assert.deepEqual([...new Uint8Array(data)], [1, 2, 3]);
  });
});

describe('a batch', () => {
  test('is what was called in one turn of the loop', async () => {
    const { calls: written, batches } = writer();
    written.call('one', 1);
    written.call('one', 2);
    assert.equal(batches.length, 0);
    await turn();
    assert.equal(batches.length, 1);
    written.call('one', 3);
    await turn();
    await turn();
    assert.equal(batches.length, 2);
  });

  test('goes out before that when it is long', () => {
    const { calls: written, batches } = writer();
    for (let number = 0; number < 40; number += 1) written.call('one', new Uint8Array(64 * 1024));
    assert.equal(batches.length, 2);
  });

  test('has copies of what it was given', () => {
    const { calls: written, batches } = writer();
    const bytes = new Uint8Array([1, 2]);
    written.call('one', bytes);
    bytes.fill(0);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    written.flush();
    assert.deepEqual(read(batches), [['one', new Uint8Array([1, 2])]]);
  });
});

test('a call that throws keeps those behind it from nothing', () => {
  const { calls, batches } = writer();
  calls.call('one', 1);
  calls.call('other', 2);
  calls.flush();
  const called: Value[] = [];
  const failures: unknown[] = [];
  const methods: Methods = {
    one: () => assert.fail('a defect'),
    other: (...args) => called.push(...args),
  };
  const reader = new BatchReader(methods, (what, error) => failures.push([what, (error as Error).message]));
  for (const batch of batches) reader.take(batch);
  assert.deepEqual(called, [2]);
  assert.deepEqual(failures, [['a call of another process failed: one', 'a defect']]);
});

test('what cannot be written at the end of a turn is told', async () => {
  const failures: unknown[] = [];
  const calls = new BatchWriter<Methods>(
    () => assert.fail('a defect'),
    (what, error) => failures.push([what, (error as Error).message]),
  );
  calls.call('one', 1);
  await turn();
  assert.deepEqual(failures, [['calls between processes cannot be written', 'a defect']]);
});
