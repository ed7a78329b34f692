import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RoomCommand } from '../../src/hub/room.ts';
import { type Client, HubKit, type KitOptions, kept } from './kit.ts';
import { Saboteur } from './saboteur.ts';

interface Scene {
  readonly kit: HubKit;
  readonly saboteur: Saboteur;
  /** Both are in x, which keeps its messages. */
  readonly ada: Client;
  readonly bob: Client;
}

/** @param messages how many were sent in x. */
function scene(messages: number, options: KitOptions = {}): Scene {
  const saboteur = new Saboteur();
  const kit = new HubKit({ policy: () => kept, ...options, step: saboteur.step });
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  for (let n = 1; n <= messages; n += 1) ada.say('x', n);
  kit.commit();
  kit.settle();
  return { kit, saboteur, ada, bob };
}

/** The same for a failure before and after the room has changed. */
function whenever(name: string, body: (after: boolean) => void): void {
  for (const after of [false, true]) test(`${name} (${after ? 'after' : 'before'} the change)`, () => body(after));
}

function join(client: Client, since: number): void {
  client.request({ type: 'join', room: 'x', since: { epoch: 'e1', seq: since } });
}

function story(client: Client): string {
  return client
    .frames()
    .map((frame) => ('seq' in frame ? `${frame.type} ${frame.seq}` : frame.type))
    .join(', ');
}

const numbers = (client: Client) => client.take('message').map(({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** All of them hear each other, once, and nothing is left when all have gone. */
function assertSound({ kit, ada, bob }: Scene, ...others: readonly Client[]): void {
  kit.settle();
  for (const speaker of [ada, bob, ...others]) {
    speaker.say('x', 'sound?');
    for (const client of [ada, bob, ...others]) assert.equal(client.take('message').length, 1, client.connection);
  }
  kit.commit();
  for (const client of [ada, bob, ...others]) client.quit();
  kit.assertEmpty();
}

whenever('a kept room that fails goes on with its epoch and its numbers', (after) => {
  const whole = scene(3);
  const { saboteur, ada, bob } = whole;
  saboteur.next('message', after);
  ada.say('x', 'boom', { id: 'm1' });
  assert.equal(story(ada), 'joined 3, error');
  const { epoch, seq, recovered } = bob.only('joined');
  assert.deepEqual([epoch, seq, recovered], ['e1', 3, undefined]);
  ada.say('x', 4);
  assert.equal(story(bob), 'message 4');
  assertSound(whole);
});

whenever('what was refused because the room failed is not acknowledged, and may be sent again', (after) => {
  for (const afterCommit of [false, true]) {
    const { kit, saboteur, ada, bob } = scene(0, { afterCommit });
    saboteur.next('message', after);
    ada.say('x', 'boom', { id: 'm1' });
    ada.frames();
    bob.frames();
    bob.say('x', 'other', { id: 'b1' });
    ada.say('x', 'again', { id: 'm1' });
    kit.commit();
    assert.deepEqual(
      ada.take('ack').map(({ id, seq }) => [id, seq]),
      [['m1', 2]],
    );
    assert.deepEqual(
      bob.take('message').map(({ body }) => body),
      ['other', 'again'],
    );
  }
});

whenever('who waits for an ack gets it from the rebuilt room', (after) => {
  for (const type of ['message', 'signal', 'changed', 'tick'] as const) {
    const { kit, saboteur, ada, bob } = scene(0);
    ada.say('x', 1, { id: 'm1' });
    ada.say('x', 1, { id: 'm1' });
    saboteur.next(type, after);
    if (type === 'message') bob.say('x', 'boom');
    if (type === 'signal') bob.request({ type: 'signal', room: 'x', kind: 'boom' });
    if (type === 'changed' || type === 'tick') bob.status('busy');
    kit.flush();
    assert.equal(kit.failures.length, 1, type);
    assert.equal(ada.take('ack').length, 0);
    kit.commit();
    assert.deepEqual(
      ada.take('ack').map(({ id, seq }) => [id, seq]),
      [
        ['m1', 1],
        ['m1', 1],
      ],
    );
  }
});

whenever('a room that fails on a commit acknowledges all the same, and once', (after) => {
  const whole = scene(0);
  const { kit, saboteur, ada, bob } = whole;
  ada.say('x', 1, { id: 'm1' });
  ada.say('x', 2, { id: 'm2' });
  for (const client of [ada, bob]) client.frames();
  saboteur.next('committed', after);
  kit.commit(1);
  assert.equal(story(ada), 'joined 2, ack 1');
  assert.equal(story(bob), 'joined 2');
  kit.commit();
  assert.equal(story(ada), 'ack 2');
  assertSound(whole);
});

whenever('a room that fails on a commit sends out what was held back, and once', (after) => {
  const { kit, saboteur, ada, bob } = scene(1, { afterCommit: true });
  ada.say('x', 2, { id: 'm2' });
  ada.say('x', 3);
  saboteur.next('committed', after);
  kit.commit(1);
  assert.equal(story(ada), 'joined 1, message 2, ack 2');
  assert.equal(story(bob), 'joined 1, message 2');
  saboteur.next('message', after);
  ada.say('x', 'boom');
  assert.equal(story(bob), 'joined 2');
  ada.say('x', 4);
  kit.commit();
  assert.equal(story(bob), 'message 3, message 4');
});

whenever('a room that fails on a repeated message says so; sent again it is acknowledged', (after) => {
  for (const isCommitted of [false, true]) {
    const { kit, saboteur, ada } = scene(0);
    ada.say('x', 1, { id: 'm1' });
    if (isCommitted) kit.commit();
    ada.frames();
    saboteur.next('repeat', after);
    ada.say('x', 1, { id: 'm1' });
    assert.equal(story(ada), 'joined 1, error');
    ada.say('x', 1, { id: 'm1' });
    kit.commit();
    assert.equal(story(ada), isCommitted ? 'ack 1' : 'ack 1, ack 1');
  }
});

whenever('what was kept before the room failed is acknowledged at once when it is said again', (after) => {
  const { kit, saboteur, ada, bob } = scene(0);
  ada.say('x', 1, { id: 'm1' });
  kit.commit();
  saboteur.next('message', after);
  bob.say('x', 'boom');
  ada.frames();
  ada.say('x', 1, { id: 'm1' });
  assert.equal(story(ada), 'ack 1');
});

whenever('who is catching up gets the rest, and then how the rebuilt room stands', (after) => {
  const whole = scene(100);
  const { kit, saboteur, bob } = whole;
  const eve = kit.connect('eve');
  join(eve, 0);
  kit.settle();
  saboteur.next('message', after);
  bob.say('x', 'boom');
  bob.status('busy');
  bob.say('x', 101);
  assert.equal(story(eve), '');
  kit.drainAll();
  const { members, count } = eve.take('members')[0] ?? {};
  assert.deepEqual(
    [count, members?.map(({ name, state }) => `${name} ${state}`)],
    [3, ['ada online', 'bob busy', 'eve online']],
  );
  assert.deepEqual(eve.take('joined'), []);
  assert.deepEqual(numbers(eve), range(65, 101));
  assertSound(whole, eve);
});

whenever('a room that fails on who joins replays all the same', (after) => {
  const whole = scene(100);
  const { kit, saboteur } = whole;
  const eve = kit.connect('eve');
  saboteur.next('join', after);
  join(eve, 10);
  assert.deepEqual(
    eve.take('joined').map(({ seq, after, recovered }) => [seq, after, recovered]),
    [[100, 10, true]],
  );
  kit.drain();
  assert.deepEqual(numbers(eve), range(11, 100));
  assertSound(whole, eve);
});

whenever('a room that fails on who joins again replays all the same, and once', (after) => {
  const whole = scene(100);
  const { kit, saboteur, bob } = whole;
  saboteur.next('join', after);
  join(bob, 10);
  bob.frames();
  saboteur.next('join', after);
  join(bob, 20);
  assert.equal(story(bob), 'joined 100');
  kit.drain();
  assert.deepEqual(numbers(bob), range(21, 100));
  saboteur.next('join', after);
  join(bob, 0);
  bob.frames();
  saboteur.next('join', after);
  join(bob, 100);
  assert.equal(story(bob), 'joined 100');
  assertSound(whole);
});

whenever('a room that fails on a join in the midst of a replay says how far that has come, and it goes on', (after) => {
  const whole = scene(100);
  const { kit, saboteur } = whole;
  const eve = kit.connect('eve');
  join(eve, 10);
  eve.frames();
  saboteur.next('join', after);
  eve.join('x', 'j2');
  const { id, seq, after: reached, recovered } = eve.only('joined');
  assert.deepEqual([id, seq, reached, recovered], ['j2', 100, 74, undefined]);
  kit.drain();
  assert.deepEqual(numbers(eve), range(75, 100));
  assertSound(whole, eve);
});

whenever('a room that fails on the end of a replay subscribes all the same', (after) => {
  const whole = scene(3);
  const { kit, saboteur } = whole;
  const eve = kit.connect('eve');
  saboteur.next('replayed', after);
  join(eve, 0);
  assert.equal(story(eve), 'joined 3, message 1, message 2, message 3, members');
  assertSound(whole, eve);
});

whenever('whoever leaves, quits or breaks in the midst of a replay when the room fails on it is gone', (after) => {
  for (const type of ['leave', 'quit', 'lose'] as const satisfies readonly RoomCommand['type'][]) {
    const whole = scene(100);
    const { kit, saboteur } = whole;
    const eve = kit.connect('eve');
    join(eve, 0);
    eve.frames();
    saboteur.next(type, after);
    if (type === 'leave') eve.leave('x');
    else eve[type]();
    kit.drain();
    assert.equal(story(eve), type === 'leave' ? 'left' : '');
    if (type === 'leave') eve.quit();
    assertSound(whole);
  }
});

whenever('who turns out to be another in the midst of a replay gets the rest if the room fails on it', (after) => {
  const whole = scene(100);
  const { kit, saboteur } = whole;
  const eve = kit.connect('eve');
  join(eve, 0);
  eve.frames();
  saboteur.next('identify', after);
  eve.identify({ id: 'u-tom', name: 'tom' });
  kit.drain();
  assert.deepEqual(numbers(eve), range(65, 100));
  assert.deepEqual(
    eve.only('members').members.map(({ name }) => name),
    ['ada', 'bob', 'tom'],
  );
  assertSound(whole, eve);
});

whenever('a kept room that fails on its last member is closed when it owes nothing any more', (after) => {
  const { kit, saboteur, ada, bob } = scene(0);
  bob.say('x', 1, { id: 'm1' });
  ada.quit();
  saboteur.next('quit', after);
  bob.quit();
  assert.equal(kit.hub.counts.rooms, 1);
  saboteur.next('committed', after);
  kit.commit();
  kit.assertEmpty();
});
