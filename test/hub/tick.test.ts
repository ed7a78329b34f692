import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HubKit } from './kit.ts';

test('many rooms for which the passing of time matters are told of it in several turns, each once', () => {
  const kit = new HubKit();
  const rooms = Array.from({ length: 500 }, (_, index) => `room-${index}`);
  kit.connect('ada', { rooms: rooms.slice(0, 100) });
  for (let from = 0; from < rooms.length; from += 100)
    kit.connect(`u${from}`, { rooms: rooms.slice(from, from + 100) });
  const restless = () => kit.hub.counts.restless;
  assert.equal(restless(), 500);
  const left: number[] = [];
  do {
    kit.hub.commands.next({ type: 'tick' });
    left.push(restless());
  } while (kit.hub.isBehind);
  assert.deepEqual(left, [300, 100, 0]);
});
