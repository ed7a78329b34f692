import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, HubKit, type KitOptions, kept, unkept } from './kit.ts';

/** Ada and Bob are in a room whose messages go out only once they are kept. */
function scene(options: KitOptions = {}): { kit: HubKit; ada: Client; bob: Client } {
  const kit = new HubKit({ policy: () => kept, afterCommit: true, ...options });
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.settle();
  return { kit, ada, bob };
}

const seen = (client: Client) =>
  client.frames().map((frame) => ('seq' in frame ? `${frame.type} ${frame.seq}` : frame.type));

test('a message goes out when it is kept, and is acknowledged then', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 1, { id: 'm1' });
  ada.say('x', 2);
  ada.say('x', 3, { id: 'm3', echo: false });
  kit.flush();
  assert.deepEqual([seen(ada), seen(bob)], [[], []]);
  kit.commit(1);
  assert.deepEqual([seen(ada), seen(bob)], [['message 1', 'ack 1'], ['message 1']]);
  kit.commit();
  assert.deepEqual(
    [seen(ada), seen(bob)],
    [
      ['message 2', 'ack 3'],
      ['message 2', 'message 3'],
    ],
  );
});

test('a room that keeps nothing has nothing to wait for', () => {
  const { ada, bob } = scene({ policy: () => unkept });
  ada.say('x', 1, { id: 'm1' });
  assert.deepEqual([seen(ada), seen(bob)], [['message 1', 'ack 1'], ['message 1']]);
});

test('until it is kept a message is nobody else’s: not in joined, not in a replay, not in the history', () => {
  const { kit, ada } = scene();
  ada.say('x', 1);
  kit.commit();
  ada.say('x', 2);
  const eve = kit.connect('eve');
  eve.request({ type: 'join', room: 'x', last: 10 });
  assert.deepEqual(seen(eve), ['joined 1', 'message 1']);
  eve.request({ type: 'join', room: 'x', since: { epoch: 'e1', seq: 0 } });
  kit.drainAll();
  assert.deepEqual(seen(eve), ['joined 1', 'message 1']);
  for (const asked of [{}, { after: 0 }, { after: 1 }, { before: 100 }]) {
    eve.request({ type: 'history', room: 'x', ...asked });
    const { messages, more } = eve.only('history');
    assert.deepEqual([messages.map(({ seq }) => seq), more], [asked.after === 1 ? [] : [1], false]);
  }
  kit.commit();
  assert.deepEqual(seen(eve), ['message 2']);
});

test('what is kept while somebody catches up comes after it', () => {
  const { kit, ada } = scene();
  for (let n = 1; n <= 100; n += 1) ada.say('x', n);
  kit.commit();
  const eve = kit.connect('eve');
  eve.request({ type: 'join', room: 'x', since: { epoch: 'e1', seq: 0 } });
  ada.say('x', 101);
  ada.say('x', 102);
  kit.commit(1);
  kit.drainAll();
  kit.commit();
  assert.deepEqual(
    eve.take('message').map(({ seq }) => seq),
    Array.from({ length: 102 }, (_, i) => i + 1),
  );
});

test('what is said again before it is kept is acknowledged with the first one, and goes out once', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 1, { id: 'm1' });
  ada.say('x', 2);
  ada.say('x', 1, { id: 'm1' });
  kit.commit(1);
  assert.deepEqual([seen(ada), seen(bob)], [['message 1', 'ack 1', 'ack 1'], ['message 1']]);
  kit.commit();
  assert.deepEqual([seen(ada), seen(bob)], [['message 2'], ['message 2']]);
});

test('a room that all have left waits until what was said in it is kept, with an ack to come or without', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 1);
  for (const client of [ada, bob]) client.quit();
  assert.equal(kit.hub.counts.rooms, 1);
  const eve = kit.connect('eve', { rooms: ['x'] });
  assert.deepEqual(seen(eve), ['joined 0']);
  kit.commit();
  assert.deepEqual(seen(eve), ['message 1']);
  eve.quit();
  kit.assertEmpty();
});

test('what is trimmed before it goes out goes out all the same', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 1);
  kit.log.trim('x', { count: 0 }, kit.now, 10);
  const eve = kit.connect('eve');
  eve.request({ type: 'join', room: 'x', since: { epoch: 'e1', seq: 0 } });
  assert.deepEqual(seen(eve), ['joined 0']);
  kit.commit();
  assert.deepEqual([seen(bob), seen(eve)], [['message 1'], ['message 1']]);
});

test('nobody has seen a message that is lost in a kill', () => {
  const { kit, ada, bob } = scene();
  ada.say('x', 1);
  kit.commit();
  ada.say('x', 2, { id: 'm2' });
  assert.deepEqual(seen(bob), ['message 1']);
  kit.kill();
  const again = kit.connect('ada');
  again.request({ type: 'join', room: 'x', since: { epoch: 'e1', seq: 1 } });
  assert.deepEqual(seen(again), ['joined 1']);
  again.say('x', 2, { id: 'm2' });
  kit.commit();
  assert.deepEqual(
    again.take('message').map(({ seq, prev, body }) => [seq > 2, prev, body]),
    [[true, 1, 2]],
  );
});
