import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HubKit } from './kit.ts';

const online = (name: string, connections = 1) => ({ id: `u-${name}`, name, state: 'online', connections });

test('who joins a room is told where it stands and who is in it, themselves included', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['x'] });
  ada.say('x', 'one');
  const bob = kit.connect('bob');
  bob.join('x', 'j1');
  assert.deepEqual(bob.frames(), [
    {
      type: 'joined',
      room: 'x',
      epoch: 'e1',
      seq: 1,
      count: 2,
      members: [online('ada'), online('bob')],
      id: 'j1',
    },
  ]);
});

test('the rooms a connection enters without asking are answered in their order', () => {
  const kit = new HubKit({ maxRooms: 2 });
  const ada = kit.connect('ada', { rooms: ['x', 'y', 'z'] });
  const answers = ada.frames().map((frame) => (frame.type === 'joined' ? frame.room : frame.type));
  assert.deepEqual(answers, ['x', 'y', 'error']);
});

test('a room is subscribed to before it is answered, and a message is published before it is acknowledged', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada');
  const kinds = (act: () => void) =>
    kit.effectsOf(act).map((effect) => (effect.type === 'send' ? effect.frame.type : effect.type));
  assert.deepEqual(
    kinds(() => ada.join('x')),
    ['subscribe', 'joined'],
  );
  kit.settle();
  assert.deepEqual(
    kinds(() => ada.say('x', 'hi', { id: 'm1' })),
    ['publish', 'ack'],
  );
  assert.deepEqual(
    kinds(() => ada.leave('x')),
    ['unsubscribe', 'left'],
  );
  ada.join('x');
  assert.deepEqual(
    kinds(() => ada.quit()),
    ['unsubscribe'],
  );
});

test('a message goes to everyone in its room, numbered from 1, with the time and who said it', () => {
  const kit = new HubKit();
  const [ada, bob, eve] = [
    kit.connect('ada', { rooms: ['x'] }),
    kit.connect('bob', { rooms: ['x'] }),
    kit.connect('eve'),
  ];
  kit.settle();
  ada.say('x', { text: 'hi' }, { mime: 'application/json', id: 'm1' });
  const message = {
    type: 'message',
    room: 'x',
    seq: 1,
    id: 'm1',
    from: { id: 'u-ada', name: 'ada' },
    at: kit.now,
    mime: 'application/json',
    body: { text: 'hi' },
  };
  assert.deepEqual(bob.frames(), [message]);
  assert.deepEqual(ada.frames(), [message, { type: 'ack', id: 'm1', room: 'x', epoch: 'e1', seq: 1, at: kit.now }]);
  bob.say('x', 'ho');
  assert.equal(ada.only('message').seq, 2);
  assert.deepEqual(eve.frames(), []);
});

test('rooms are numbered apart', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['x', 'y'] });
  ada.say('x', 1);
  ada.say('x', 2);
  ada.say('y', 3);
  assert.deepEqual(
    ada.take('message').map(({ room, seq }) => [room, seq]),
    [
      ['x', 1],
      ['x', 2],
      ['y', 1],
    ],
  );
});

test('bytes go through as they are, and a text member reads how many they are', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['x'] });
  const bob = kit.connect('bob', { rooms: ['x'], dialect: 'text' });
  kit.settle();
  const body = Uint8Array.from([0, 1, 255]);
  ada.say('x', body, { mime: 'image/png' });
  const message = ada.only('message');
  assert.deepEqual([...(message.body as Uint8Array)], [0, 1, 255]);
  assert.deepEqual(bob.lines(), ['* [x] <ada> sent 3 bytes (image/png)']);
});

test('echo: false spares the sending connection alone', () => {
  const kit = new HubKit();
  const [ada, phone, bob] = ['ada', 'ada', 'bob'].map((name) => kit.connect(name, { rooms: ['x'] }));
  assert.ok(ada && phone && bob);
  kit.settle();
  ada.say('x', 'hi', { echo: false, id: 'm1' });
  assert.equal(ada.only('ack').seq, 1);
  assert.equal(phone.only('message').seq, 1);
  assert.equal(bob.only('message').seq, 1);
});

test('a message without a room goes to the first room the connection joined that it is still in', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['x', 'y'] });
  const roomOf = () => {
    ada.take('message');
    ada.request({ type: 'message', body: 'hi' });
    return ada.take('message')[0]?.room;
  };
  assert.equal(roomOf(), 'x');
  ada.join('x');
  assert.equal(roomOf(), 'x', 'joining again does not change the order');
  ada.leave('x');
  assert.equal(roomOf(), 'y');
  ada.join('x');
  assert.equal(roomOf(), 'y');
});

test('in no room, and in a room one is not in, nothing can be said, signalled, listed or left', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada'), kit.connect('bob', { rooms: ['x'] })];
  ada.request({ type: 'message', body: 'hi', id: 'r0' });
  const { code, path, id } = ada.only('error');
  assert.deepEqual({ code, path, id }, { code: 'not_joined', path: undefined, id: 'r0' });
  ada.request({ type: 'message', room: 'x', body: 'hi', id: 'r1' });
  ada.request({ type: 'signal', room: 'x', kind: 'typing', id: 'r2' });
  ada.request({ type: 'list', room: 'x', id: 'r3' });
  ada.leave('x', 'r4');
  ada.leave('nowhere', 'r5');
  assert.deepEqual(
    ada.take('error').map(({ code, path, id }) => [code, path, id]),
    ['r1', 'r2', 'r3', 'r4', 'r5'].map((id) => ['not_joined', '/room', id]),
  );
  assert.deepEqual(bob.take('message'), []);
});

test('joining again is answered again and changes nothing else', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  bob.say('x', 'hi');
  kit.settle();
  ada.join('x', 'again');
  const { epoch, seq, members, id } = ada.only('joined');
  assert.deepEqual(
    { epoch, seq, members, id },
    { epoch: 'e1', seq: 1, members: [online('ada'), online('bob')], id: 'again' },
  );
  kit.flush();
  assert.deepEqual([...ada.frames(), ...bob.frames()], []);
  ada.leave('x');
  assert.deepEqual(kit.edge.subscribers('json:x'), [bob.connection]);
});

test('who has left gets nothing of the room any more, and can come back', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.settle();
  ada.leave('x', 'l1');
  assert.deepEqual(ada.frames(), [{ type: 'left', room: 'x', id: 'l1' }]);
  bob.say('x', 'alone');
  kit.flush();
  assert.deepEqual(ada.frames(), []);
  ada.join('x');
  const { epoch, seq } = ada.only('joined');
  assert.deepEqual({ epoch, seq }, { epoch: 'e1', seq: 1 });
  bob.say('x', 'welcome back');
  assert.equal(ada.only('message').seq, 2);
});

test('a connection may be in so many rooms and no more, and joining one of them again is no new one', () => {
  const kit = new HubKit({ maxRooms: 2 });
  const ada = kit.connect('ada', { rooms: ['x', 'y'] });
  ada.frames();
  ada.join('z', 'j1');
  const { code, path, id } = ada.only('error');
  assert.deepEqual({ code, path, id }, { code: 'too_many_rooms', path: '/room', id: 'j1' });
  assert.equal(kit.hub.counts.rooms, 2);
  ada.join('x');
  ada.only('joined');
  ada.leave('x');
  ada.frames();
  ada.join('z');
  ada.only('joined');
});

test('the limit of rooms is per connection, not per user', () => {
  const kit = new HubKit({ maxRooms: 1 });
  kit.connect('ada', { rooms: ['x'] });
  const phone = kit.connect('ada', { rooms: ['y'] });
  assert.equal(phone.only('joined').room, 'y');
});

test('a signal to a room goes to the others in it, and is acknowledged if it has an id', () => {
  const kit = new HubKit();
  const [ada, phone, bob] = ['ada', 'ada', 'bob'].map((name) => kit.connect(name, { rooms: ['x'] }));
  const [text, eve] = [kit.connect('tom', { rooms: ['x'], dialect: 'text' }), kit.connect('eve')];
  assert.ok(ada && phone && bob);
  kit.settle();
  ada.request({ type: 'signal', room: 'x', kind: 'typing' });
  const signal = { type: 'signal', room: 'x', from: { id: 'u-ada', name: 'ada' }, kind: 'typing' };
  assert.deepEqual([ada.frames(), phone.frames(), bob.frames()], [[], [signal], [signal]]);
  assert.deepEqual([text.lines(), eve.frames()], [[], []]);
  ada.request({ type: 'signal', room: 'x', kind: 'cursor', body: { x: 1 }, mime: 'application/json', id: 's1' });
  assert.deepEqual(ada.frames(), [{ type: 'ack', id: 's1', at: kit.now }]);
  assert.deepEqual(bob.frames(), [{ ...signal, kind: 'cursor', body: { x: 1 }, mime: 'application/json' }]);
});

test('signals are not numbered', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  ada.request({ type: 'signal', room: 'x', kind: 'typing' });
  ada.say('x', 'hi');
  assert.equal(bob.take('message')[0]?.seq, 1);
});

test('one room speaks every dialect of its members, and each dialect is published once', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['x'] });
  const [tom, tim] = [
    kit.connect('tom', { rooms: ['x'], dialect: 'text' }),
    kit.connect('tim', { rooms: ['x'], dialect: 'text' }),
  ];
  kit.settle();
  assert.deepEqual(kit.edge.topics, ['*json', 'json:x', '*text', 'text:x']);
  ada.say('x', 'hi');
  assert.deepEqual([tom.lines(), tim.lines()], [['[x] <ada> hi'], ['[x] <ada> hi']]);
  tom.say('x', 'ho', { echo: false });
  assert.deepEqual([tom.lines(), tim.lines()], [[], ['[x] <tom> ho']]);
  assert.deepEqual(
    ada.take('message').map(({ body }) => body),
    ['hi', 'ho'],
  );
  tom.leave('x');
  tim.quit();
  assert.deepEqual(kit.edge.topics, ['*json', 'json:x', '*text']);
});

test('a room that everyone has left is forgotten, and opened again it starts anew', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  ada.say('x', 'hi');
  ada.leave('x');
  bob.quit();
  assert.deepEqual(kit.hub.counts, { connections: 1, users: 1, rooms: 0, restless: 0 });
  assert.equal(kit.fanOut.size, 0);
  ada.frames();
  ada.join('x');
  const { epoch, seq } = ada.only('joined');
  assert.deepEqual({ epoch, seq }, { epoch: 'e2', seq: 0 });
  ada.quit();
  kit.assertEmpty();
});

test('a command of a connection that is gone means nothing', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  ada.quit();
  kit.settle();
  ada.say('x', 'from the grave');
  ada.join('y');
  ada.identify({ id: 'u-eve', name: 'eve' });
  kit.dispatch({ type: 'disconnect', connection: ada.connection, clean: false });
  kit.flush();
  assert.deepEqual(bob.frames(), []);
  assert.equal(kit.hub.counts.rooms, 1);
});

test('no more rooms are opened than the server may have; those that are open can be joined', () => {
  const kit = new HubKit({ maxOpenRooms: 2 });
  const ada = kit.connect('ada', { rooms: ['a', 'b'] });
  kit.settle();
  ada.join('c', 'j1');
  const { code, path, id } = ada.only('error');
  assert.deepEqual({ code, path, id }, { code: 'too_many_rooms', path: '/room', id: 'j1' });
  const bob = kit.connect('bob', { rooms: ['a'] });
  assert.equal(bob.only('joined').room, 'a');
  ada.leave('b');
  kit.settle();
  ada.join('c');
  assert.equal(ada.only('joined').room, 'c');
});
