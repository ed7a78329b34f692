import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EdgePort } from '../../src/hub/edge-port.ts';
import { around, type FakeEdge } from './fake-edge.ts';
import { type Client, HubKit } from './kit.ts';
import { scene } from './scene.ts';

/** The frames that a resuming connection gets at once. */
function replayed(client: Client, after: number): string {
  client.request({ type: 'join', room: 'x', since: { epoch: 'e1', seq: after } });
  return story(client);
}

function story(client: Client): string {
  const told = client.frames().map((frame) => {
    if (frame.type === 'gap') return `gap(${frame.from}-${frame.to} ${frame.why})`;
    return frame.type === 'message' ? `${frame.seq}` : frame.type;
  });
  return told.join(' ');
}

const failures = (kit: HubKit) => kit.failures.splice(0).map(({ room, error }) => `${room}: ${error}`);
const damaged = 'x: LogError: the store is damaged';

// ---- messages are not taken

test('while the log takes nothing, a message is refused and nothing of it is done; everything else goes on', () => {
  const { kit, ada } = scene(1);
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  kit.log.refusal = { reason: 'full', retry: 1234 };
  ada.say('x', 'lost', { id: 'm1' });
  const { code, retry, id } = ada.only('error');
  assert.deepEqual({ code, retry, id }, { code: 'unavailable', retry: 1234, id: 'm1' });
  ada.say('x', 'lost');
  assert.equal(ada.only('error').id, undefined);
  assert.deepEqual([bob.frames(), kit.failures], [[], []]);
  ada.request({ type: 'signal', room: 'x', kind: 'typing' });
  bob.only('signal');
  assert.equal(replayed(bob, 0), 'joined 1');
  kit.log.refusal = undefined;
  ada.say('x', 'kept', { id: 'm1' });
  kit.commit();
  assert.equal(bob.only('message').seq, 2);
  assert.equal(ada.take('ack')[0]?.seq, 2);
});

test('while the log takes nothing, what is kept already is acknowledged all the same', () => {
  const { kit, ada } = scene(0);
  ada.say('x', 1, { id: 'm1' });
  kit.commit();
  ada.frames();
  kit.log.refusal = { reason: 'failing', retry: 1 };
  ada.say('x', 1, { id: 'm1' });
  assert.equal(ada.only('ack').seq, 1);
});

test('a room that keeps nothing does not need the log', () => {
  const kit = new HubKit();
  kit.log.refusal = { reason: 'broken', retry: 1 };
  kit.log.isUnreadable = true;
  const ada = kit.connect('ada', { rooms: ['x'] });
  kit.settle();
  ada.say('x', 1, { id: 'm1' });
  assert.equal(story(ada), '1 ack');
  ada.request({ type: 'history', room: 'x' });
  assert.deepEqual(ada.only('history').messages, []);
});

test('a message that the log does not take although nothing warned is a failure that is told', () => {
  const { kit, ada } = scene(0);
  const append = kit.log.append.bind(kit.log);
  kit.log.append = () => ({ reason: 'full', retry: 1 });
  assert.throws(() => ada.say('x', 1), /message 1 of x was not kept: full/);
  kit.log.append = append;
});

// ---- the log cannot be read

test('a room whose log cannot be opened cannot be joined, and nothing is left of the attempt', () => {
  const { kit } = scene(1);
  kit.log.isUnreadable = true;
  const bob = kit.connect('bob', { rooms: ['y'] });
  assert.equal(bob.only('error').code, 'unavailable');
  assert.deepEqual(failures(kit), ['y: LogError: the store is damaged']);
  bob.request({ type: 'message', room: 'y', body: 1 });
  assert.equal(bob.only('error').code, 'not_joined');
  assert.equal(kit.hub.counts.rooms, 1);
  kit.log.isUnreadable = false;
  bob.join('y', 'j1');
  assert.equal(bob.only('joined').id, 'j1');
});

test('a room that can be opened but not read cannot be joined with `last`, and is closed again', () => {
  const { kit, ada } = scene(1);
  ada.quit();
  kit.assertEmpty();
  const bob = kit.connect('bob');
  const { open } = kit.log;
  kit.log.open = function (room) {
    this.isUnreadable = false;
    const head = open.call(this, room);
    this.isUnreadable = true;
    return head;
  };
  bob.request({ type: 'join', room: 'x', last: 1, id: 'j1' });
  const { code, retry, id } = bob.only('error');
  assert.deepEqual({ code, retry, id }, { code: 'unavailable', retry: 60_000, id: 'j1' });
  assert.deepEqual(failures(kit), [damaged]);
  bob.quit();
  kit.assertEmpty();
});

test('a room that cannot be read can be joined from now on, and who is in it stays there', () => {
  const { kit, ada } = scene(1);
  const bob = kit.connect('bob');
  kit.log.isUnreadable = true;
  bob.join('x');
  assert.equal(story(bob), 'joined');
  ada.request({ type: 'join', room: 'x', last: 1 });
  assert.equal(ada.only('error').code, 'unavailable');
  bob.say('x', 2);
  assert.equal(story(ada), 'presence 2');
});

test('a message whose name cannot be looked up is refused, and one without a name is not', () => {
  const { kit, ada } = scene(1);
  kit.log.isUnreadable = true;
  ada.say('x', 2, { id: 'm1' });
  const { code, id } = ada.only('error');
  assert.deepEqual({ code, id }, { code: 'unavailable', id: 'm1' });
  assert.deepEqual(failures(kit), [damaged]);
  ada.say('x', 2);
  assert.equal(story(ada), '2');
});

test('a history that cannot be read is refused', () => {
  const { kit, ada } = scene(1);
  kit.log.isUnreadable = true;
  ada.request({ type: 'history', room: 'x', id: 'h1' });
  const { code, retry, id } = ada.only('error');
  assert.deepEqual({ code, retry, id }, { code: 'unavailable', retry: 60_000, id: 'h1' });
  assert.deepEqual(failures(kit), [damaged]);
});

test('what cannot be read is told as a gap, and then the connection is live', () => {
  const { kit, ada } = scene(100);
  const bob = kit.connect('bob');
  kit.log.isUnreadable = true;
  assert.equal(replayed(bob, 90), 'joined gap(91-100 damaged)');
  kit.drain();
  ada.say('x', 101);
  assert.equal(story(bob), '101');
  kit.log.isUnreadable = false;
  replayed(bob, 0);
  kit.log.isUnreadable = true;
  kit.drain();
  assert.equal(story(bob), 'gap(65-101 damaged)');
  assert.deepEqual(failures(kit), [damaged, damaged]);
  ada.say('x', 102);
  assert.equal(story(bob), '102');
});

test('where not even its state can be asked for, it is the same', () => {
  const { kit } = scene(3);
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  kit.log.head = () => {
    throw new Error('no head');
  };
  kit.logRunner.carryOut({ type: 'replay', connection: bob.connection, room: 'x', after: 1, to: 3 });
  assert.equal(story(bob), 'gap(2-3 damaged)');
  assert.deepEqual(failures(kit), ['x: Error: no head']);
});

// ---- single messages cannot be read

test('damaged messages are told as gaps where they would have come', () => {
  const { kit, ada } = scene(8);
  kit.log.damage('x', 2, 3, 6);
  const bob = kit.connect('bob');
  assert.equal(replayed(bob, 0), 'joined 1 gap(2-3 damaged) 4 5 gap(6-6 damaged) 7 8');
  kit.drain();
  assert.equal(replayed(bob, 2), 'joined gap(3-3 damaged) 4 5 gap(6-6 damaged) 7 8');
  ada.say('x', 9);
  assert.equal(story(bob), '9');
});

test('damaged messages at the end are told as a gap, and then it goes on', () => {
  const { kit, ada } = scene(8);
  kit.log.damage('x', 7, 8);
  const bob = kit.connect('bob');
  replayed(bob, 4);
  kit.drain();
  ada.say('x', 9);
  const eve = kit.connect('eve');
  assert.equal(story(bob), 'gap(7-8 damaged) 9');
  assert.equal(replayed(eve, 5), 'joined 6 gap(7-8 damaged) 9');
});

test('where nothing is left whole, nothing but the gap comes', () => {
  const { kit } = scene(3);
  kit.log.damage('x', 1, 2, 3);
  const bob = kit.connect('bob');
  assert.equal(replayed(bob, 0), 'joined gap(1-3 damaged)');
  bob.request({ type: 'join', room: 'x', last: 3 });
  assert.equal(story(bob), 'joined');
});

test('damaged messages at the border of a piece', () => {
  const { kit } = scene(9);
  kit.log.readLimit = 3;
  kit.log.damage('x', 4, 5);
  const bob = kit.connect('bob');
  assert.equal(replayed(bob, 0), 'joined 1 2 3');
  kit.drain();
  assert.equal(story(bob), 'gap(4-5 damaged) 6 7 8');
  kit.drain();
  assert.equal(story(bob), '9');
});

test('pages leave out what is damaged, and the numbers tell', () => {
  const { kit, ada } = scene(5);
  kit.log.damage('x', 3);
  ada.request({ type: 'history', room: 'x' });
  const { messages, more } = ada.only('history');
  assert.deepEqual([messages.map(({ seq }) => seq), more], [[1, 2, 4, 5], false]);
});

test('the latest messages are counted without what is damaged', () => {
  const { kit } = scene(5);
  kit.log.damage('x', 4);
  const bob = kit.connect('bob');
  bob.request({ type: 'join', room: 'x', last: 2 });
  assert.equal(bob.take('joined')[0]?.after, 2);
  assert.equal(story(bob), '3 gap(4-4 damaged) 5');
});

test('a piece is sent at once, but for the gaps in it', () => {
  const runs: number[] = [];
  const wrap = (edge: FakeEdge): EdgePort =>
    around(edge, {
      sendAll(connection, wires) {
        runs.push(wires.length);
        edge.sendAll(connection, wires);
      },
    });
  const { kit } = scene(70, { wrap });
  kit.log.damage('x', 2, 5, 6);
  const bob = kit.connect('bob');
  replayed(bob, 0);
  assert.deepEqual(runs.splice(0), [1, 2, 61]);
  kit.drain();
  assert.deepEqual(runs, [3]);
});

// ---- entries that are not messages

const garbage = { bytes: Buffer.from('no message'), isBinary: false };
const missing = '* x: messages are missing here';

test('what is no message is told as a gap where it would have come, and reported once', () => {
  const { kit, ada } = scene(8);
  kit.log.garble('x', garbage, 1, 4, 5, 8);
  const [bob, tom] = [kit.connect('bob'), kit.connect('tom', { dialect: 'text' })];
  assert.equal(replayed(bob, 0), 'joined gap(1-1 damaged) 2 3 gap(4-5 damaged) 6 7 gap(8-8 damaged)');
  assert.equal(kit.failures.splice(0).length, 4);
  replayed(tom, 3);
  ada.say('x', 9);
  assert.deepEqual(tom.lines().slice(1), [missing, '[x] <ada> 6', '[x] <ada> 7', missing, '[x] <ada> 9']);
  assert.equal(kit.failures.length, 3);
  assert.equal(story(bob), '9');
});

test('where nothing but what is no message is left, a replay ends all the same', () => {
  const { kit, ada } = scene(10);
  kit.log.readLimit = 3;
  kit.log.garble('x', garbage, 3, 4, 5, 6, 7, 8, 9, 10);
  const bob = kit.connect('bob');
  replayed(bob, 1);
  kit.drainAll();
  assert.equal(story(bob), 'gap(5-7 damaged) gap(8-10 damaged)');
  assert.equal(kit.failures.length, 8);
  ada.say('x', 11);
  assert.equal(story(bob), '11');
});

test('what is no message is left out of a page, and told', () => {
  const { kit, ada } = scene(3);
  kit.log.garble('x', garbage, 2);
  const tom = kit.connect('tom', { dialect: 'text', rooms: ['x'] });
  kit.settle();
  ada.request({ type: 'history', room: 'x' });
  assert.deepEqual(
    ada.only('history').messages.map(({ seq }) => seq),
    [1, 3],
  );
  tom.request({ type: 'history', room: 'x' });
  assert.deepEqual(tom.lines().slice(1, -1), ['[x] <ada> 1', '[x] <ada> 3']);
  assert.equal(kit.failures.length, 2);
});
