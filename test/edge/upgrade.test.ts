import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readUpgrade } from '../../src/edge/upgrade.ts';
import { memory } from '../kit/memory.ts';

function handshake(query: string) {
  return readUpgrade({ query, lines: new Map() }, 'json').handshake;
}

test('a name and rooms are read from the query, whatever is in them', () => {
  const { name, rooms } = handshake('name=Zo%C3%AB%20%F0%9F%A6%89&room=lobby&room=caf%C3%A9-in-the-old-town');
  assert.deepEqual({ name, rooms }, { name: 'Zoë 🦉', rooms: ['lobby', 'café-in-the-old-town'] });
});

test('no name, no rooms and an empty room are three different things', () => {
  assert.deepEqual([handshake('').name, handshake('').rooms], [undefined, undefined]);
  assert.deepEqual([handshake('name=').name, handshake('room=').rooms], ['', []]);
});

test('what stays of a long query does not keep it in memory', () => {
  const long = 100_000;
  const before = memory().heap;
  const kept = Array.from({ length: 100 }, (_, index) => {
    const { name, rooms } = handshake(
      `name=a-rather-long-name&room=a-rather-long-room&token=${index}${'x'.repeat(long)}`,
    );
    return { name, rooms };
  });
  const grown = memory().heap - before;
  assert.equal(kept.length, 100);
  assert.ok(grown < 10 * long, `${grown} bytes are kept`);
});
