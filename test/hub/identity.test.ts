import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HubKit, namesIn } from './kit.ts';

test('a new name is told in all rooms of all connections of the user, with the old one, once', () => {
  const kit = new HubKit();
  const [ada, phone] = [kit.connect('ada', { rooms: ['x', 'y'] }), kit.connect('ada', { rooms: ['x', 'z'] })];
  const bobs = ['x', 'y', 'z'].map((room) => kit.connect(`bob-${room}`, { rooms: [room] }));
  kit.settle();
  ada.request({ type: 'name', name: 'countess', id: 'n1' });
  assert.deepEqual(ada.frames(), [{ type: 'ack', id: 'n1', at: kit.now }]);
  kit.flush();
  const changed = (connections: number) => [
    { id: 'u-ada', name: 'countess', state: 'online', connections, was: { name: 'ada' } },
  ];
  assert.deepEqual(
    bobs.map((bob) => bob.only('presence').changes),
    [changed(2), changed(1), changed(1)],
  );
  assert.deepEqual(kit.hub.find('u-ada'), { id: 'u-ada', name: 'countess' });
  phone.say('z', 'hi');
  assert.equal(bobs[2]?.only('message').from.name, 'countess');
});

test('a state is told with what it was, a note alone without, and a state without a note takes the note away', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  const changes = () => {
    kit.flush();
    return bob.take('presence').map((frame) => frame.changes);
  };
  changes();
  const member = { id: 'u-ada', name: 'ada', connections: 1 };
  ada.status('away', 'lunch');
  assert.deepEqual(changes(), [[{ ...member, state: 'away', note: 'lunch', was: { state: 'online' } }]]);
  ada.status('away', 'still lunch');
  assert.deepEqual(changes(), [[{ ...member, state: 'away', note: 'still lunch' }]]);
  ada.status('away');
  assert.deepEqual(changes(), [[{ ...member, state: 'away' }]]);
});

test('several changes within a tick are one, from how it was to how it is', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.settle();
  ada.rename('a');
  ada.status('busy');
  ada.rename('b');
  ada.status('away', 'gone');
  kit.flush();
  assert.deepEqual(bob.only('presence').changes, [
    { id: 'u-ada', name: 'b', state: 'away', note: 'gone', connections: 1, was: { name: 'ada', state: 'online' } },
  ]);
});

test('a user who is here already keeps name and state when another connection comes', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['x'] });
  ada.status('busy', 'coding');
  const phone = kit.connect('somebody', { id: 'u-ada', rooms: ['x'] });
  assert.deepEqual(phone.only('joined').members, [
    { id: 'u-ada', name: 'ada', state: 'busy', note: 'coding', connections: 2 },
  ]);
});

test('a connection that turns out to be another user is seen as one who went and one who came', () => {
  const kit = new HubKit();
  const [guest, bob] = [kit.connect('guest', { rooms: ['x', 'y'] }), kit.connect('bob', { rooms: ['x'] })];
  bob.say('x', 'one');
  kit.settle();
  guest.identify({ id: 'u-ada', name: 'ada' });
  assert.deepEqual(
    guest.frames().map((frame) => frame.type === 'joined' && [frame.room, frame.epoch, frame.seq, frame.count]),
    [
      ['x', 'e1', 1, 2],
      ['y', 'e2', 0, 1],
    ],
    'the rooms go on, also those it was alone in',
  );
  kit.flush();
  assert.deepEqual(namesIn(bob.only('presence')), { joins: ['ada'], leaves: ['guest'] });
  assert.deepEqual(kit.hub.find('u-guest'), undefined);
  guest.frames();
  bob.say('x', 'two');
  assert.equal(guest.only('message').seq, 2);
  guest.say('x', 'three');
  assert.deepEqual(bob.take('message').at(-1)?.from, { id: 'u-ada', name: 'ada' });
});

test('a connection that turns out to be a user who is here becomes one more of theirs', () => {
  const kit = new HubKit();
  const [ada, guest] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('guest', { rooms: ['x'] })];
  ada.rename('countess');
  kit.settle();
  guest.identify({ id: 'u-ada', name: 'ada' });
  kit.flush();
  const presence = ada.only('presence');
  assert.deepEqual(presence.leaves, [{ id: 'u-guest', name: 'guest' }]);
  assert.deepEqual(presence.changes, [{ id: 'u-ada', name: 'countess', state: 'online', connections: 2 }]);
  assert.deepEqual(kit.hub.counts, { connections: 2, users: 1, rooms: 1, restless: 0 });
});

test('of a user with several connections only the one that turned out to be another goes', () => {
  const kit = new HubKit();
  const [ada, phone] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('ada', { rooms: ['x'] })];
  kit.settle();
  phone.identify({ id: 'u-bob', name: 'bob' });
  kit.flush();
  const { joins, leaves, changes, count } = ada.only('presence');
  assert.deepEqual({ leaves, count }, { leaves: undefined, count: 2 });
  assert.deepEqual(joins?.[0]?.name, 'bob');
  assert.deepEqual(changes, [{ id: 'u-ada', name: 'ada', state: 'online', connections: 1 }]);
});

test('within the grace time a connection that turns out to be the lost user takes the place that was kept', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.flush();
  ada.lose();
  const guest = kit.connect('guest');
  guest.join('x');
  kit.settle();
  guest.identify({ id: 'u-ada', name: 'ada' });
  kit.flush();
  assert.deepEqual(namesIn(bob.only('presence')), { leaves: ['guest'] });
  kit.advance(20_000);
  assert.deepEqual(bob.frames(), []);
});

test('who says again what is known already is answered, and nobody else hears of it', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  ada.status('away', 'lunch');
  kit.settle();
  ada.request({ type: 'name', name: 'ada', id: 'n1' });
  ada.request({ type: 'status', state: 'away', note: 'lunch', id: 's1' });
  assert.equal(ada.take('ack').length, 2);
  kit.flush();
  assert.deepEqual(bob.frames(), []);
});
