import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HubKit, kept } from './kit.ts';

test('a room that was opened for a join is closed again when its log cannot be read', () => {
  const kit = new HubKit({ policy: () => kept });
  const ada = kit.connect('ada', { rooms: ['x'] });
  ada.say('x', 1);
  kit.commit();
  ada.leave('x');
  ada.frames();
  const read = kit.log.read;
  kit.log.read = () => {
    throw new Error('damaged');
  };
  ada.request({ type: 'join', room: 'x', last: 1, id: 'j1' });
  const { code, id } = ada.only('error');
  assert.deepEqual([code, id], ['unavailable', 'j1']);
  assert.deepEqual([kit.hub.counts.rooms, kit.log.stats.open], [0, 0]);
  kit.log.read = read;
  ada.request({ type: 'join', room: 'x', last: 1 });
  assert.deepEqual(
    ada.frames().map(({ type }) => type),
    ['joined', 'message'],
  );
  assert.equal(kit.failures.length, 1);
});

test('a room whose log cannot be read stays open for those who are in it', () => {
  const kit = new HubKit({ policy: () => kept });
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob')];
  kit.settle();
  kit.log.read = () => {
    throw new Error('damaged');
  };
  bob.request({ type: 'join', room: 'x', last: 1 });
  assert.equal(bob.only('error').code, 'unavailable');
  bob.request({ type: 'list', room: 'x' });
  assert.equal(bob.only('error').code, 'not_joined');
  ada.say('x', 1);
  assert.equal(ada.only('message').seq, 1);
});
