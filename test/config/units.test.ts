import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseByteRate, parseDuration, parseRate, parseSize } from '../../src/config/units.ts';

test('durations are milliseconds', () => {
  const expected = { '0s': 0, '500ms': 500, '10s': 10_000, '5m': 300_000, '24h': 86_400_000, '30d': 2_592_000_000 };
  for (const [text, milliseconds] of Object.entries(expected)) assert.equal(parseDuration(text), milliseconds, text);
});

test('what is not a duration', () => {
  for (const text of ['', '10', 's', '1.5s', '-1s', '10 s', '10S', '10s5', '1KiB', '1e3s', '99999999999999999d']) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

test('sizes are bytes', () => {
  const expected = {
    '0': 0,
    '65536': 65536,
    '64KiB': 65536,
    '1MiB': 1_048_576,
    '1GiB': 1_073_741_824,
    '10GiB': 10_737_418_240,
  };
  for (const [text, bytes] of Object.entries(expected)) assert.equal(parseSize(text), bytes, text);
});

test('what is not a size', () => {
  for (const text of ['', 'KiB', '64KB', '64kib', '64 KiB', '-1', '1.5MiB', '10s', '99999999999GiB']) {
    assert.equal(parseSize(text), undefined, text);
  }
});

test('rates', () => {
  assert.deepEqual(parseRate('100:500'), { perSecond: 100, burst: 500 });
  assert.deepEqual(parseByteRate('1MiB:4194304'), { perSecond: 1_048_576, burst: 4_194_304 });
});

test('what is not a rate', () => {
  for (const text of ['', '100', ':', '100:', ':500', '0:500', '100:0', '1:2:3', '100:abc', '-1:5']) {
    assert.equal(parseRate(text), undefined, text);
    assert.equal(parseByteRate(text), undefined, text);
  }
  assert.equal(parseRate('1KiB:1MiB'), undefined);
});
