import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tickInterval } from '../../src/hub/hub.ts';
import { countInterval } from '../../src/hub/roster.ts';
import { type Client, HubKit, namesIn } from './kit.ts';

const grace = 10_000;

/** Ada is alone in room x. */
function watched(options: ConstructorParameters<typeof HubKit>[0] = {}): { kit: HubKit; ada: Client } {
  const kit = new HubKit({ grace, ...options });
  const ada = kit.connect('ada', { rooms: ['x'] });
  kit.settle();
  return { kit, ada };
}

function crowd(kit: HubKit, from: number, to: number): Client[] {
  return Array.from({ length: to - from }, (_, i) => kit.connect(`n${from + i}`, { rooms: ['x'] }));
}

test('who comes and who goes is told at the next tick', () => {
  const { kit, ada } = watched();
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.advance(tickInterval - 1);
  assert.deepEqual(ada.frames(), []);
  kit.advance(1);
  assert.deepEqual(ada.frames(), [
    {
      type: 'presence',
      room: 'x',
      count: 2,
      joins: [{ id: 'u-bob', name: 'bob', state: 'online', connections: 1 }],
    },
  ]);
  bob.leave('x');
  kit.flush();
  assert.deepEqual(ada.frames(), [{ type: 'presence', room: 'x', count: 1, leaves: [{ id: 'u-bob', name: 'bob' }] }]);
});

test('a hundred who come within a tick are one frame', () => {
  const { kit, ada } = watched({ presenceLimit: 1000 });
  crowd(kit, 0, 100);
  kit.flush();
  const { joins, count } = ada.only('presence');
  assert.deepEqual([joins?.length, count], [100, 101]);
});

test('coming, going and changing within a tick are one frame', () => {
  const { kit, ada } = watched();
  const [bob, eve] = [kit.connect('bob', { rooms: ['x'] }), kit.connect('eve', { rooms: ['x'] })];
  kit.settle();
  bob.quit();
  eve.status('away');
  kit.connect('tom', { rooms: ['x'] });
  kit.flush();
  assert.deepEqual(namesIn(ada.only('presence')), { joins: ['tom'], leaves: ['bob'], changes: ['eve'] });
});

test('who leaves and comes back within a tick has not been away', () => {
  const { kit, ada } = watched();
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  bob.leave('x');
  bob.join('x');
  kit.flush();
  assert.deepEqual(namesIn(ada.only('presence')), { changes: ['bob'] });
});

test('who comes and goes within a tick is told to have gone: somebody may have seen them in a list', () => {
  const { kit, ada } = watched();
  const bob = kit.connect('bob', { rooms: ['x'] });
  const eve = kit.connect('eve', { rooms: ['x'] });
  assert.equal(eve.only('joined').members?.length, 3);
  bob.quit();
  kit.flush();
  assert.deepEqual(namesIn(eve.only('presence')), { joins: ['eve'], leaves: ['bob'] });
  assert.equal(ada.only('presence').count, 2);
});

test('who speaks or signals before their arrival was told is introduced first', () => {
  const { kit, ada } = watched();
  const bob = kit.connect('bob', { rooms: ['x'] });
  bob.say('x', 'hi');
  bob.say('x', 'ho');
  assert.deepEqual(
    ada.frames().map(({ type }) => type),
    ['presence', 'message', 'message'],
  );
  const eve = kit.connect('eve', { rooms: ['x'] });
  eve.request({ type: 'signal', room: 'x', kind: 'typing' });
  assert.deepEqual(
    ada.frames().map(({ type }) => type),
    ['presence', 'signal'],
  );
  kit.flush();
  assert.deepEqual(ada.frames(), [], 'once');
});

test('several connections of a user are one member, who is gone with the last of them', () => {
  const { kit, ada } = watched();
  const [bob, tablet] = [kit.connect('bob', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.flush();
  const { count, joins } = ada.only('presence');
  assert.deepEqual([count, joins?.map(({ connections }) => connections)], [2, [2]]);
  bob.leave('x');
  kit.flush();
  const changed = ada.only('presence');
  assert.deepEqual([changed.count, changed.changes?.map(({ connections }) => connections)], [2, [1]]);
  bob.join('x');
  tablet.quit();
  kit.flush();
  assert.deepEqual(ada.take('presence').map(namesIn), [{ changes: ['bob'] }]);
  bob.quit();
  kit.flush();
  assert.deepEqual(namesIn(ada.only('presence')), { leaves: ['bob'] });
});

test('connections of a user are counted per room', () => {
  const { kit, ada } = watched();
  kit.connect('bob', { rooms: ['x'] });
  kit.connect('bob', { rooms: ['y'] });
  kit.flush();
  assert.deepEqual(
    ada.only('presence').joins?.map(({ connections }) => connections),
    [1],
  );
});

test('nobody hears of a connection that breaks and is back within the grace time', () => {
  const { kit, ada } = watched();
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  bob.lose();
  kit.advance(grace - 1);
  const again = kit.connect('bob', { rooms: ['x'] });
  assert.equal(again.only('joined').count, 2);
  kit.advance(2 * grace);
  assert.deepEqual([...ada.frames(), ...again.frames()], []);
});

test('a broken connection that does not come back has left when the grace time is over', () => {
  const { kit, ada } = watched();
  const bob = kit.connect('bob', { rooms: ['x', 'y'] });
  kit.settle();
  bob.lose();
  kit.advance(grace - 1);
  assert.deepEqual(ada.frames(), []);
  assert.equal(kit.hub.counts.rooms, 2, 'a kept place keeps a room');
  kit.advance(tickInterval);
  assert.deepEqual(namesIn(ada.only('presence')), { leaves: ['bob'] });
  assert.equal(kit.hub.counts.rooms, 1);
});

test('a kept place is in the lists, with one connection', () => {
  const { kit } = watched();
  const [bob, tablet] = [kit.connect('bob', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  bob.lose();
  tablet.lose();
  const { members } = kit.connect('eve', { rooms: ['x'] }).only('joined');
  assert.deepEqual(
    members?.map(({ name, connections }) => [name, connections]),
    [
      ['ada', 1],
      ['bob', 1],
      ['eve', 1],
    ],
  );
});

test('a break of one of several connections is told as one connection less, at once', () => {
  const { kit, ada } = watched();
  const [bob] = [kit.connect('bob', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.settle();
  bob.lose();
  kit.flush();
  assert.deepEqual(ada.only('presence').changes, [{ id: 'u-bob', name: 'bob', state: 'online', connections: 1 }]);
  kit.advance(2 * grace);
  assert.deepEqual(ada.frames(), []);
});

test('the grace time starts anew with every break, and a place is kept per room', () => {
  const { kit, ada } = watched();
  let bob = kit.connect('bob', { rooms: ['x', 'y'] });
  kit.settle();
  for (let i = 0; i < 5; i += 1) {
    bob.lose();
    kit.advance(grace * 0.9);
    bob = kit.connect('bob', { rooms: ['x'] });
  }
  assert.deepEqual(ada.frames(), []);
  assert.equal(kit.hub.counts.rooms, 1, 'nobody came back to y');
});

test('a clean leave is told at once, also of a connection that was broken and came back', () => {
  const { kit, ada } = watched();
  kit.connect('bob', { rooms: ['x'] }).lose();
  const again = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  again.quit();
  kit.flush();
  assert.deepEqual(namesIn(ada.only('presence')), { leaves: ['bob'] });
});

test('without a grace time a break is a leave', () => {
  const { kit, ada } = watched({ grace: 0 });
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  bob.lose();
  kit.flush();
  assert.deepEqual(namesIn(ada.only('presence')), { leaves: ['bob'] });
  ada.lose();
  kit.assertEmpty();
});

test('who comes back in time is the same again, name and state included', () => {
  const { kit, ada } = watched();
  const bob = kit.connect('bob', { rooms: ['x'] });
  bob.status('away', 'lunch');
  kit.settle();
  bob.lose();
  const back = kit.connect('an older name', { id: 'u-bob', rooms: ['x'] });
  kit.flush();
  assert.deepEqual(ada.frames(), []);
  const { members } = back.only('joined');
  assert.deepEqual(
    members?.find(({ id }) => id === 'u-bob'),
    {
      id: 'u-bob',
      name: 'bob',
      state: 'away',
      note: 'lunch',
      connections: 1,
    },
  );
});

test('who comes back too late is as they say', () => {
  const { kit } = watched();
  const bob = kit.connect('bob', { rooms: ['x'] });
  bob.status('away');
  bob.lose();
  kit.advance(grace + 100);
  const back = kit.connect('robert', { id: 'u-bob', rooms: ['x'] });
  const { members } = back.only('joined');
  assert.deepEqual(members?.find(({ id }) => id === 'u-bob')?.name, 'robert');
});

test('a place is kept as it was: what the user changes elsewhere is told when they are back', () => {
  const { kit, ada } = watched();
  const [bob, tablet] = [kit.connect('bob', { rooms: ['x'] }), kit.connect('bob', { rooms: ['y'] })];
  kit.settle();
  bob.lose();
  tablet.rename('robert');
  const [eve] = [kit.connect('eve', { rooms: ['x'] })];
  assert.deepEqual(
    eve.only('joined').members?.map(({ name }) => name),
    ['ada', 'bob', 'eve'],
    'all are told the same',
  );
  kit.settle();
  tablet.join('x');
  kit.flush();
  assert.deepEqual(ada.only('presence').changes, [
    { id: 'u-bob', name: 'robert', state: 'online', connections: 1, was: { name: 'bob' } },
  ]);
});

test('above the limit a room tells counts alone: in joined, and to those who have a list', () => {
  const { kit, ada } = watched({ presenceLimit: 5 });
  crowd(kit, 0, 4);
  kit.settle();
  const [last] = crowd(kit, 4, 5);
  assert.deepEqual(last?.frames(), [{ type: 'joined', room: 'x', epoch: 'e1', seq: 0, count: 6 }]);
  kit.flush();
  assert.deepEqual(ada.frames(), [{ type: 'presence', room: 'x', count: 6 }]);
});

test('at the limit a room tells lists', () => {
  const { kit, ada } = watched({ presenceLimit: 5 });
  const last = crowd(kit, 0, 4).at(-1);
  assert.equal(last?.only('joined').members?.length, 5);
  kit.flush();
  assert.equal(ada.only('presence').joins?.length, 4);
});

test('a large room tells its count at most once a second, and only when it has changed', () => {
  const { kit, ada } = watched({ presenceLimit: 5 });
  crowd(kit, 0, 10);
  kit.advance(countInterval);
  ada.frames();
  const times: number[] = [];
  for (let i = 0; i < 50; i += 1) {
    crowd(kit, 10 + i, 11 + i);
    kit.flush();
    for (const { count, joins } of ada.take('presence')) {
      assert.deepEqual([count, joins], [12 + i, undefined]);
      times.push(kit.now);
    }
  }
  assert.equal(times.length, 5);
  for (const [i, time] of times.entries()) if (i > 0) assert.equal(time - (times[i - 1] ?? 0), countInterval);
  kit.advance(countInterval);
  ada.frames();
  kit.advance(10 * countInterval);
  assert.deepEqual(ada.frames(), []);
});

test('a large room tells nothing of names and states', () => {
  const { kit, ada } = watched({ presenceLimit: 2 });
  const [bob] = crowd(kit, 0, 10);
  kit.advance(countInterval);
  ada.frames();
  bob?.rename('robert');
  bob?.status('busy');
  kit.advance(2 * countInterval);
  assert.deepEqual(ada.frames(), []);
});

test('who came when the count was another one is told the count, even if it is as it was', () => {
  const { kit } = watched({ presenceLimit: 2 });
  const [first] = crowd(kit, 0, 4);
  kit.advance(countInterval);
  const late = kit.connect('late', { rooms: ['x'] });
  assert.equal(late.only('joined').count, 6);
  first?.quit();
  kit.advance(countInterval);
  assert.equal(late.only('presence').count, 5);
});

test('a room goes back to lists when it has shrunk to 80 % of the limit, and tells the whole list then', () => {
  const { kit, ada } = watched({ presenceLimit: 10 });
  const others = crowd(kit, 0, 10);
  kit.advance(countInterval);
  ada.frames();
  for (const other of others.slice(0, 2)) other.quit();
  kit.advance(countInterval);
  assert.deepEqual(ada.frames(), [{ type: 'presence', room: 'x', count: 9 }], 'below the limit, it still tells counts');
  others[2]?.quit();
  kit.advance(countInterval);
  const { id, room, count, members, cursor } = ada.only('members');
  assert.deepEqual({ id, room, count, cursor }, { id: undefined, room: 'x', count: 8, cursor: undefined });
  assert.deepEqual(members.map(({ name }) => name).sort(), ['ada', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8', 'n9']);
  others[3]?.rename('new');
  kit.flush();
  assert.deepEqual(namesIn(ada.only('presence')), { changes: ['new'] });
});

test('a room that has shrunk again before it told anyone that it is large tells its list', () => {
  const { kit, ada } = watched({ presenceLimit: 5 });
  const [first, ...others] = crowd(kit, 0, 6);
  for (const other of others) other.quit();
  kit.flush();
  assert.deepEqual(
    ada.only('members').members.map(({ name }) => name),
    ['ada', 'n0'],
  );
  assert.equal(first?.take('members').length, 1);
});

test('a large room whose members broke and did not come back tells what is left', () => {
  const { kit, ada } = watched({ presenceLimit: 5 });
  const others = crowd(kit, 0, 10);
  kit.advance(countInterval);
  for (const other of others) other.lose();
  ada.frames();
  kit.advance(grace - 1);
  assert.deepEqual(ada.frames(), []);
  kit.advance(countInterval);
  assert.equal(ada.only('members').count, 1);
});

test('a storm of arrivals in a large room costs each member a frame a second, however many come', () => {
  const { kit, ada } = watched({ presenceLimit: 50 });
  for (let i = 0; i < 1000; i += 20) {
    crowd(kit, i, i + 20);
    kit.flush();
  }
  kit.advance(countInterval);
  const frames = ada.frames();
  assert.ok(frames.length <= 2 + 6, `${frames.length} frames`);
  const bytes = JSON.stringify(frames).length;
  assert.ok(bytes < 6000, `${bytes} bytes`);
});

test('nothing is left when everyone has gone and the grace time is over', () => {
  const { kit, ada } = watched({ presenceLimit: 5 });
  for (const [i, client] of crowd(kit, 0, 20).entries()) {
    if (i % 3 === 0) client.quit();
    else client.lose();
  }
  ada.lose();
  assert.equal(kit.hub.counts.rooms, 1);
  kit.advance(grace + tickInterval);
  kit.assertEmpty();
});
