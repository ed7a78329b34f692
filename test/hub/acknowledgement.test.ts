import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idWindow } from './held-log.ts';
import { type Client, HubKit, kept } from './kit.ts';

interface Scene {
  readonly kit: HubKit;
  readonly ada: Client;
  readonly bob: Client;
}

/** Ada and Bob are in a room that keeps its messages. */
function scene(): Scene {
  const kit = new HubKit({ policy: () => kept });
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.settle();
  return { kit, ada, bob };
}

const acks = (client: Client) => client.take('ack').map(({ id, seq }) => `${id} is ${seq}`);

test('a message goes out at once, and is acknowledged when it is kept', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 'hi', { id: 'm1' });
  assert.equal(ada.only('message').seq, 1);
  assert.equal(bob.only('message').seq, 1);
  const at = kit.now;
  kit.advance(50);
  kit.commit();
  assert.deepEqual(ada.frames(), [{ type: 'ack', id: 'm1', room: 'x', epoch: 'e1', seq: 1, at }]);
  assert.deepEqual(bob.frames(), []);
});

test('a message is appended before it goes out', () => {
  const { kit, ada } = scene();
  const effects = kit.effectsOf(() => ada.say('x', 'hi', { id: 'm1' }));
  assert.deepEqual(
    effects.map(({ type }) => type),
    ['append', 'publish'],
  );
});

test('what is kept is what went out, with what is needed to find it', () => {
  const { kit, ada } = scene();
  ada.say('x', 'hi', { id: 'm1', mime: 'text/plain' });
  const [entry] = kit.log.read('x', { after: 0 }, { entries: 1, bytes: 1 });
  assert.ok(entry);
  const { bytes, ...rest } = entry;
  assert.deepEqual(rest, { seq: 1, prev: 0, at: kit.now, user: 'u-ada', id: 'm1', isBinary: false });
  assert.deepEqual(JSON.parse(Buffer.from(bytes).toString()), ada.only('message'));
});

test('a commit acknowledges what it has kept, and no more, in the order in which it was said', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 1, { id: 'a1' });
  bob.say('x', 2, { id: 'b1' });
  ada.say('x', 3);
  ada.say('x', 4, { id: 'a2' });
  ada.say('x', 5, { id: 'a3' });
  kit.commit(1);
  assert.deepEqual([acks(ada), acks(bob)], [['a1 is 1'], []]);
  kit.commit(2);
  assert.deepEqual([acks(ada), acks(bob)], [[], ['b1 is 2']]);
  kit.commit();
  assert.deepEqual(acks(ada), ['a2 is 4', 'a3 is 5']);
  kit.commit();
  assert.deepEqual([acks(ada), acks(bob)], [[], []]);
});

test('a commit concerns the rooms that it names', () => {
  const { kit, ada } = scene();
  ada.join('y');
  ada.say('y', 1, { id: 'y1' });
  ada.say('x', 1, { id: 'x1' });
  kit.commit(1);
  assert.deepEqual(acks(ada), ['y1 is 1']);
  kit.dispatch({ type: 'committed', commits: [{ room: 'nowhere', seq: 7 }] });
  kit.commit();
  assert.deepEqual(acks(ada), ['x1 is 1']);
});

test('what is said again under the same name is not sent again, and acknowledged as the first time', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 'hi', { id: 'm1' });
  kit.commit();
  const [first] = ada.take('ack');
  kit.advance(5000);
  kit.settle();
  ada.say('x', 'hi', { id: 'm1' });
  assert.deepEqual(ada.frames(), [first]);
  assert.deepEqual(bob.frames(), []);
  assert.equal(kit.log.waiting(), 0);
});

test('what is said again before it is kept is acknowledged with the first one', () => {
  const { kit, ada, bob } = scene();
  bob.say('x', 0);
  ada.say('x', 'hi', { id: 'm1' });
  ada.say('x', 'hi', { id: 'm1' });
  kit.commit(1);
  assert.deepEqual(acks(ada), []);
  kit.commit();
  assert.deepEqual(acks(ada), ['m1 is 2', 'm1 is 2']);
  assert.equal(bob.take('message').length, 2);
});

test('what is said again while later messages wait does not wait for those', () => {
  const { kit, ada } = scene();
  ada.say('x', 1, { id: 'm1' });
  ada.say('x', 2, { id: 'm2' });
  ada.say('x', 1, { id: 'm1' });
  kit.commit(1);
  assert.deepEqual(acks(ada), ['m1 is 1', 'm1 is 1']);
  kit.commit();
  assert.deepEqual(acks(ada), ['m2 is 2']);
});

test('a name is that of a user and a room: another device may say it again, another user or room means another message', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 'hi', { id: 'm1' });
  kit.commit();
  const phone = kit.connect('ada', { rooms: ['x', 'y'] });
  kit.settle();
  phone.say('x', 'hi', { id: 'm1' });
  assert.equal(phone.only('ack').seq, 1);
  bob.say('x', 'hi', { id: 'm1' });
  phone.say('y', 'hi', { id: 'm1' });
  kit.commit();
  assert.deepEqual([acks(bob), acks(phone)], [['m1 is 2'], ['m1 is 1']]);
});

test('a name is forgotten after a time', () => {
  const { kit, ada } = scene();
  ada.say('x', 'hi', { id: 'm1' });
  kit.commit();
  kit.advance(idWindow.time + 1);
  ada.say('x', 'hi', { id: 'm1' });
  kit.commit();
  assert.deepEqual(acks(ada), ['m1 is 1', 'm1 is 2']);
});

test('a room that keeps nothing acknowledges at once, and remembers nothing', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['x'] });
  kit.settle();
  ada.say('x', 'hi', { id: 'm1' });
  ada.say('x', 'hi', { id: 'm1' });
  assert.deepEqual(acks(ada), ['m1 is 1', 'm1 is 2']);
});

test('a room that all have left waits until what was said is kept; nobody sees it, and who comes finds it as it was', () => {
  const { kit, ada, bob } = scene();
  bob.quit();
  ada.say('x', 'hi', { id: 'm1' });
  ada.leave('x');
  assert.equal(kit.hub.counts.rooms, 1);
  ada.frames();
  ada.request({ type: 'rooms' });
  assert.deepEqual(ada.only('rooms').rooms, []);
  ada.join('x');
  assert.equal(ada.only('joined').count, 1);
  ada.leave('x');
  kit.commit();
  assert.deepEqual(acks(ada), ['m1 is 1'], 'also to who has left meanwhile');
  ada.quit();
  kit.assertEmpty();
});

test('who is gone is not waited for longer than the log takes', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 1, { id: 'm1' });
  ada.say('x', 1, { id: 'm1' });
  ada.say('x', 2, { id: 'm2' });
  for (const client of [ada, bob]) client.lose();
  kit.advance(20_000);
  kit.commit(1);
  assert.equal(kit.hub.counts.rooms, 1);
  kit.commit();
  kit.assertEmpty();
});

test('a room is closed at once where nobody waits for an ack', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 'hi');
  for (const client of [ada, bob]) client.quit();
  kit.assertEmpty();
  const again = kit.connect('ada', { rooms: ['x'] });
  kit.settle();
  again.say('x', 'ho', { id: 'm1' });
  kit.commit(1);
  assert.deepEqual(acks(again), []);
  kit.commit();
  assert.deepEqual(acks(again), ['m1 is 2']);
});

test('what a killed process had acknowledged is there, and sent again it is not kept twice', () => {
  const { kit, ada } = scene();
  ada.say('x', 'one', { id: 'm1' });
  kit.commit();
  ada.say('x', 'two', { id: 'm2' });
  kit.kill();
  const again = kit.connect('ada', { rooms: ['x'] });
  kit.settle();
  again.say('x', 'one', { id: 'm1' });
  assert.equal(again.only('ack').seq, 1);
  again.say('x', 'two', { id: 'm2' });
  kit.commit();
  const [{ seq } = { seq: 0 }] = again.take('message');
  assert.ok(seq > 2, 'the number of what was lost is not given again');
  assert.deepEqual(acks(again), [`m2 is ${seq}`]);
});
