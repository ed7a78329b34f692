import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Client, HubKit, kept } from './kit.ts';
import { Saboteur } from './saboteur.ts';

interface Scene {
  readonly kit: HubKit;
  readonly saboteur: Saboteur;
  readonly ada: Client;
  readonly bob: Client;
  /** Both are in x, Ada is in y as well, with Eve, who is in y alone. */
  readonly eve: Client;
}

function scene(options: ConstructorParameters<typeof HubKit>[0] = {}): Scene {
  const saboteur = new Saboteur();
  const kit = new HubKit({ ...options, step: saboteur.step });
  const ada = kit.connect('ada', { rooms: ['x', 'y'] });
  const bob = kit.connect('bob', { rooms: ['x'] });
  const eve = kit.connect('eve', { rooms: ['y'] });
  bob.say('x', 'before');
  kit.settle();
  return { kit, saboteur, ada, bob, eve };
}

/** Everyone in x hears everyone in x, once, and x is subscribed to by nobody else. */
function assertSound({ kit, ada, bob, eve }: Scene, inRoom: readonly Client[]): void {
  kit.settle();
  const [speaker] = inRoom;
  assert.ok(speaker);
  speaker.say('x', 'sound?');
  for (const client of new Set([ada, bob, eve, ...inRoom])) {
    assert.equal(client.take('message').length, inRoom.includes(client) ? 1 : 0, client.connection);
  }
  assert.deepEqual(kit.edge.subscribers('json:x').sort(), inRoom.map(({ connection }) => connection).sort());
}

const joinedAnew = (names: readonly string[], epoch: string, id?: string) => ({
  type: 'joined',
  room: 'x',
  epoch,
  seq: 0,
  count: names.length,
  members: names.map((name) => ({ id: `u-${name}`, name, state: 'online', connections: 1 })),
  ...(id !== undefined && { id }),
});

test('a room that fails on a message is rebuilt: everyone in it is told, and the sender that nothing was done', () => {
  for (const after of [false, true]) {
    const { kit, saboteur, ada, bob, eve } = scene();
    saboteur.next('message', after);
    ada.say('x', 'boom', { id: 'm1' });
    const anew = joinedAnew(['ada', 'bob'], 'e3');
    const error = { type: 'error', code: 'internal', message: 'the server failed on this request', id: 'm1' };
    assert.deepEqual(ada.frames(), [anew, error]);
    assert.deepEqual(bob.frames(), [anew]);
    assert.deepEqual(eve.frames(), [], 'other rooms never notice');
    assert.deepEqual(
      kit.failures.map(({ room, error: cause }) => [room, String(cause)]),
      [['x', 'Error: sabotage of message']],
    );
    bob.say('x', 'after');
    assert.equal(ada.only('message').seq, 1);
  }
});

test('a rebuilt room does not tell that everyone has come', () => {
  const { kit, saboteur, ada, bob } = scene();
  saboteur.next('message');
  ada.say('x', 'boom');
  for (const client of [ada, bob]) client.frames();
  kit.advance(1000);
  assert.deepEqual([...ada.frames(), ...bob.frames()], []);
  assert.equal(kit.hub.counts.restless, 0);
});

test('a rebuilt room that is too large for lists is told as such', () => {
  const { kit, saboteur, ada, bob } = scene({ presenceLimit: 1 });
  kit.advance(1000);
  saboteur.next('message');
  ada.say('x', 'boom');
  assert.deepEqual(ada.take('joined'), [{ type: 'joined', room: 'x', epoch: 'e3', seq: 0, count: 2 }]);
  kit.settle();
  bob.quit();
  kit.advance(1000);
  assert.equal(ada.only('presence').count, 1);
});

test('a failed signal or list is answered once, with the error', () => {
  const { saboteur, ada } = scene();
  saboteur.next('signal');
  ada.request({ type: 'signal', room: 'x', kind: 'typing', id: 's1' });
  assert.deepEqual(
    ada.frames().map(({ type }) => type),
    ['joined', 'error'],
  );
  saboteur.next('list');
  ada.request({ type: 'list', room: 'x', id: 'l1' });
  assert.deepEqual(
    ada.frames().map(({ type }) => type),
    ['joined', 'error'],
  );
});

test('who joins a room that fails on it is in it all the same', () => {
  for (const after of [false, true]) {
    const whole = scene();
    const { saboteur, ada, bob, eve } = whole;
    saboteur.next('join', after);
    eve.join('x', 'j1');
    const names = ['ada', 'bob', 'eve'];
    assert.deepEqual(eve.frames(), [joinedAnew(names, 'e3', 'j1')]);
    assert.deepEqual(ada.frames(), [joinedAnew(names, 'e3')]);
    assertSound(whole, [ada, bob, eve]);
  }
});

test('who joins with a position a room that fails on it is told that the position is of another epoch', () => {
  for (const seq of [0, 1]) {
    const { saboteur, ada, eve } = scene();
    saboteur.next('join');
    eve.request({ type: 'join', room: 'x', since: { epoch: 'e1', seq } });
    const [joined, gap] = eve.frames();
    assert.deepEqual(joined, { ...joinedAnew(['ada', 'bob', 'eve'], 'e3'), recovered: false });
    assert.deepEqual(gap, { type: 'gap', room: 'x', why: 'epoch' });
    ada.say('x', 'after');
    assert.equal(eve.only('message').seq, 1);
  }
});

test('who opens a room that fails on it is in it all the same', () => {
  const saboteur = new Saboteur();
  const kit = new HubKit({ step: saboteur.step });
  saboteur.next('join');
  const ada = kit.connect('ada', { rooms: ['x'] });
  assert.deepEqual(ada.frames(), [joinedAnew(['ada'], 'e2')]);
  ada.quit();
  kit.assertEmpty();
});

test('who joins again when the room fails on it is in it once', () => {
  const whole = scene();
  const { kit, saboteur, ada, bob } = whole;
  saboteur.next('join');
  ada.join('x', 'again');
  assert.deepEqual(ada.frames(), [joinedAnew(['ada', 'bob'], 'e3', 'again')]);
  assertSound(whole, [ada, bob]);
  for (const client of [ada, bob, whole.eve]) client.quit();
  kit.assertEmpty();
});

test('who leaves a room that fails on it has left', () => {
  for (const after of [false, true]) {
    const whole = scene();
    const { saboteur, ada, bob } = whole;
    saboteur.next('leave', after);
    ada.leave('x', 'l1');
    assert.deepEqual(ada.frames(), [{ type: 'left', room: 'x', id: 'l1' }]);
    assert.deepEqual(bob.frames(), [joinedAnew(['bob'], 'e3')]);
    assertSound(whole, [bob]);
  }
});

test('whose connection ends or breaks when the room fails on it is gone', () => {
  for (const end of ['quit', 'lose'] as const) {
    const whole = scene();
    const { saboteur, ada, bob } = whole;
    saboteur.next(end, true);
    ada[end]();
    assert.deepEqual(bob.frames(), [joinedAnew(['bob'], 'e3')]);
    assertSound(whole, [bob]);
  }
});

test('a room that fails on its last member is gone', () => {
  const { kit, saboteur, ada, bob, eve } = scene();
  ada.quit();
  saboteur.next('quit');
  bob.quit();
  eve.quit();
  kit.assertEmpty();
});

test('places that were kept are lost with the room, and their users can come back', () => {
  const whole = scene();
  const { kit, saboteur, ada, bob } = whole;
  bob.lose();
  saboteur.next('message');
  ada.say('x', 'boom');
  assert.deepEqual(ada.take('joined'), [joinedAnew(['ada'], 'e3')]);
  const again = kit.connect('bob', { rooms: ['x'] });
  assertSound(whole, [ada, again]);
  kit.advance(20_000);
  assert.deepEqual(ada.take('presence'), []);
});

test('a change of name or state is made also where a room fails on it, and acknowledged', () => {
  const whole = scene();
  const { kit, saboteur, ada, bob, eve } = whole;
  saboteur.next('changed');
  ada.request({ type: 'name', name: 'countess', id: 'n1' });
  assert.equal(ada.take('ack')[0]?.id, 'n1');
  assert.equal(bob.only('joined').members?.[0]?.name, 'countess');
  kit.flush();
  assert.equal(eve.only('presence').changes?.[0]?.name, 'countess');
  assertSound(whole, [ada, bob]);
});

test('a connection that turns out to be another user stays in a room that fails on it', () => {
  for (const after of [false, true]) {
    const whole = scene();
    const { kit, saboteur, ada, bob, eve } = whole;
    saboteur.next('identify', after);
    ada.identify({ id: 'u-new', name: 'new' });
    assertSound(whole, [ada, bob]);
    bob.frames();
    bob.request({ type: 'list', room: 'x' });
    assert.deepEqual(
      bob.only('members').members.map(({ name }) => name),
      ['bob', 'new'],
    );
    for (const client of [ada, bob, eve]) client.quit();
    kit.assertEmpty();
  }
});

test('a room that fails at every tick is rebuilt once a tick, and the others go on', () => {
  const { kit, saboteur, ada, bob, eve } = scene();
  saboteur.next('tick');
  saboteur.forever = true;
  bob.status('busy');
  eve.status('busy');
  kit.flush();
  assert.equal(kit.failures.length, 1);
  assert.equal(bob.only('joined').members?.[1]?.state, 'busy');
  assert.deepEqual(
    ada.frames().map(({ type }) => type),
    ['joined', 'presence'],
  );
  kit.advance(1000);
  assert.equal(kit.failures.length, 1, 'when there is nothing to tell, there is no reason to fail');
});

test('a room that always fails does not keep the others from anything', () => {
  const { kit, saboteur, ada, bob, eve } = scene();
  saboteur.forever = true;
  for (const type of ['message', 'join', 'leave', 'lose', 'changed', 'tick'] as const) {
    saboteur.next(type);
    bob.say('x', 'boom');
    bob.join('x');
    bob.status('away');
    kit.connect('tom', { rooms: ['x'] }).lose();
    kit.flush();
    eve.frames();
    ada.say('y', type);
    assert.equal(eve.only('message').body, type);
  }
  for (const client of [ada, bob, eve]) client.quit();
  kit.advance(20_000);
  kit.assertEmpty();
});

test('a command that an effect causes is carried out after the command in hand, and in order', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.settle();
  const seen: string[] = [];
  let echoes = 2;
  kit.hub.effects.subscribe((effects) => {
    for (const effect of effects) {
      if (effect.type === 'publish' && effect.frame.type === 'message') {
        const { body } = effect.frame;
        if (echoes-- > 0) bob.say('x', `${body}!`, { id: `echo of ${body}` });
        seen.push(`message ${body}`);
      } else if (effect.type === 'send' && effect.frame.type === 'ack') {
        seen.push(`ack ${effect.frame.id}`);
      }
    }
  });
  ada.say('x', 'hi', { id: 'm1' });
  assert.deepEqual(seen, ['message hi', 'ack m1', 'message hi!', 'ack echo of hi', 'message hi!!', 'ack echo of hi!']);
  assert.deepEqual(
    ada.take('message').map(({ seq, body }) => [seq, body]),
    [
      [1, 'hi'],
      [2, 'hi!'],
      [3, 'hi!!'],
    ],
  );
});

test('a connection that is closed by an effect is gone for what comes after it', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x', 'y'] })];
  kit.settle();
  const subscription = kit.hub.effects.subscribe((effects) => {
    if (!effects.some((effect) => effect.type === 'publish' && effect.frame.type === 'message')) return;
    subscription.unsubscribe();
    bob.lose();
  });
  ada.say('x', 'too much for bob', { id: 'm1' });
  assert.deepEqual(
    ada.frames().map(({ type }) => type),
    ['message', 'ack'],
  );
  assert.deepEqual(bob.frames().length, 1, 'it had it before it was closed');
  ada.say('x', 'without him');
  kit.advance(20_000);
  ada.quit();
  kit.assertEmpty();
});

test('who asks for messages that cannot be read is told so, is not in the room, and leaves nothing behind', () => {
  const kit = new HubKit({ policy: () => kept });
  const ada = kit.connect('ada');
  const damaged = new Error('the log is damaged');
  kit.log.read = () => {
    throw damaged;
  };
  ada.request({ type: 'join', room: 'x', last: 10, id: 'j1' });
  const { code, id } = ada.only('error');
  assert.deepEqual({ code, id }, { code: 'unavailable', id: 'j1' });
  assert.deepEqual(
    kit.failures.map(({ room, error }) => [room, error]),
    [['x', damaged]],
  );
  assert.equal(kit.hub.counts.rooms, 0);
  assert.equal(kit.log.stats.open, 0);
  // New messages are delivered nevertheless.
  ada.request({ type: 'join', room: 'x', id: 'j2' });
  assert.equal(ada.only('joined').id, 'j2');
});
