import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientJoin, ServerFrame } from '../../src/protocol/generated/frames.ts';
import { type Client, type HubKit, kept } from './kit.ts';
import { say, scene } from './scene.ts';

function join(client: Client, more: Partial<ClientJoin>, room = 'x'): void {
  client.request({ type: 'join', room, ...more });
}

const since = (seq: number, epoch = 'e1') => ({ since: { epoch, seq } });

/** All frames until it has caught up, in short. */
function wholeStory(kit: HubKit, client: Client): string {
  kit.drainAll();
  return story(client);
}

/** The received frames, in short. */
function story(client: Client): string {
  return client.frames().map(brief).join(' ');
}

function brief(frame: ServerFrame): string {
  switch (frame.type) {
    case 'joined': {
      const { epoch, seq, after, recovered } = frame;
      const outcome = recovered === undefined ? '' : recovered ? ' recovered' : ' not recovered';
      return `joined(${epoch}/${seq}${after === undefined ? '' : ` after ${after}`}${outcome})`;
    }
    case 'message':
      return `${frame.prev === undefined ? '' : `${frame.prev}>`}${frame.seq}`;
    case 'gap':
      return frame.from === undefined ? `gap(${frame.why})` : `gap(${frame.from}-${frame.to} ${frame.why})`;
    default:
      return frame.type;
  }
}

const numbers = (client: Client) => client.take('message').map(({ seq }) => seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('who says where they were gets what they missed, and then what is said', () => {
  const { kit, ada } = scene(5);
  const bob = kit.connect('bob');
  join(bob, { ...since(2), id: 'j1' });
  say(ada, 6, 6);
  assert.equal(story(bob), 'joined(e1/5 after 2 recovered) 3 4 5 6');
});

test('a message comes again as it was said: byte for byte, with its name, its time and what it was named', () => {
  const { kit, ada } = scene(0);
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  ada.say('x', Uint8Array.from([0, 255]), { mime: 'image/png', id: 'm1' });
  ada.say('x', { ü: ['"', 1.5] });
  const live = bob.take('message');
  ada.rename('countess');
  kit.advance(5000);
  kit.settle();
  const eve = kit.connect('eve');
  join(eve, since(0));
  assert.deepEqual(eve.take('message'), live);
});

test('a text client reads what it missed in lines', () => {
  const { kit } = scene(3);
  const tom = kit.connect('tom', { dialect: 'text' });
  join(tom, { last: 2 });
  assert.deepEqual(tom.lines().slice(1), ['[x] <ada> 2', '[x] <ada> 3']);
});

test('who has everything is told so, and nothing comes again', () => {
  const { kit } = scene(5);
  const bob = kit.connect('bob');
  join(bob, since(5));
  assert.equal(story(bob), 'joined(e1/5 recovered)');
});

test('a position of another epoch, and one that there has never been, is no position', () => {
  const { kit, ada } = scene(5);
  const bob = kit.connect('bob');
  for (const position of [since(3, 'e0'), since(6), since(1000)]) {
    join(bob, position);
    assert.equal(story(bob), 'joined(e1/5 not recovered) gap(epoch)');
  }
  say(ada, 6, 6);
  assert.equal(story(bob), '6');
});

test('a room that keeps nothing says what is gone', () => {
  const { kit, ada } = scene(5, { policy: () => ({ ...kept, retention: undefined }) });
  const bob = kit.connect('bob');
  join(bob, since(2));
  assert.equal(story(bob), 'joined(e1/5 after 2 not recovered) gap(3-5 not_kept)');
  join(bob, since(5));
  assert.equal(story(bob), 'joined(e1/5 recovered)');
  join(bob, { last: 3 });
  assert.equal(story(bob), 'joined(e1/5)');
  say(ada, 6, 6);
  assert.equal(story(bob), '6');
});

test('what was trimmed is told as a gap, and the rest follows', () => {
  const { kit } = scene(8);
  kit.log.keep('x', 3);
  const bob = kit.connect('bob');
  for (const [seq, told] of [
    [2, 'joined(e1/8 after 2 not recovered) gap(3-5 trimmed) 6 7 8'],
    [4, 'joined(e1/8 after 4 not recovered) gap(5-5 trimmed) 6 7 8'],
    [5, 'joined(e1/8 after 5 recovered) 6 7 8'],
  ] as const) {
    join(bob, since(seq));
    assert.equal(wholeStory(kit, bob), told);
  }
});

test('where everything was trimmed, nothing but the gap comes, and the numbers go on', () => {
  const { kit, ada } = scene(3);
  kit.log.keep('x', 0);
  const bob = kit.connect('bob');
  join(bob, since(1));
  say(ada, 4, 4);
  assert.equal(story(bob), 'joined(e1/3 after 1 not recovered) gap(2-3 trimmed) 4');
});

test('the latest so many messages, or as many as there are', () => {
  const { kit, ada } = scene(5);
  const bob = kit.connect('bob');
  join(bob, { last: 2 });
  assert.equal(story(bob), 'joined(e1/5 after 3) 4 5');
  join(bob, { last: 1000 });
  assert.equal(wholeStory(kit, bob), 'joined(e1/5 after 0) 1 2 3 4 5');
  kit.log.keep('x', 1);
  join(bob, { last: 1000 });
  assert.equal(wholeStory(kit, bob), 'joined(e1/5 after 4) 5');
  kit.log.keep('x', 0);
  join(bob, { last: 1000 });
  assert.equal(story(bob), 'joined(e1/5)');
  say(ada, 6, 6);
  assert.equal(story(bob), '6');
});

test('the latest messages of a room that has never had one', () => {
  const { kit } = scene(0);
  const bob = kit.connect('bob');
  join(bob, { last: 10 });
  assert.equal(story(bob), 'joined(e1/0)');
});

test('of large messages, the latest are as many as a page has room for', () => {
  const { kit, ada } = scene(0, { pageBytes: 3000 });
  for (let n = 0; n < 5; n += 1) ada.say('x', 'x'.repeat(1000));
  const bob = kit.connect('bob');
  join(bob, { last: 5 });
  assert.equal(story(bob), 'joined(e1/5 after 3) 4 5');
});

test('a long replay waits for the connection to take it, and nothing overtakes it', () => {
  const { kit, ada } = scene(400);
  const bob = kit.connect('bob');
  join(bob, since(0));
  assert.deepEqual(numbers(bob), range(1, 64));
  say(ada, 401, 410);
  assert.deepEqual(numbers(bob), []);
  kit.drain();
  assert.deepEqual(numbers(bob), range(65, 320));
  kit.drain();
  // It is over, and newer messages have to follow: the connection has missed those, too.
  assert.deepEqual(numbers(bob), range(321, 400));
  kit.drain();
  assert.deepEqual(numbers(bob), range(401, 410));
  say(ada, 411, 411);
  assert.deepEqual(numbers(bob), [411]);
  assert.equal(kit.logRunner.size, 0);
});

test('a replay whose last message is the last of a piece ends at once', () => {
  for (const messages of [63, 64, 65, 320, 321]) {
    const { kit, ada } = scene(messages);
    const bob = kit.connect('bob');
    join(bob, since(0));
    const missed = numbers(bob);
    while (kit.logRunner.size > 0) {
      kit.drain();
      missed.push(...numbers(bob));
    }
    assert.deepEqual(missed, range(1, messages));
    say(ada, messages + 1, messages + 1);
    assert.deepEqual(numbers(bob), [messages + 1]);
  }
});

test('large messages make small pieces, and one that is too large for a piece is one', () => {
  const { kit, ada } = scene(0);
  for (let n = 0; n < 5; n += 1) ada.say('x', 'x'.repeat(20_000));
  const bob = kit.connect('bob');
  join(bob, since(0));
  const pieces = [numbers(bob)];
  while (kit.logRunner.size > 0) {
    kit.drain();
    pieces.push(numbers(bob));
  }
  assert.deepEqual(pieces, [[1], [2], [3], [4], [5]]);
});

test('several rooms are caught up with one after the other, and each is live as soon as it can be', () => {
  const { kit, ada } = scene(100);
  ada.join('y');
  say(ada, 1, 100, 'y');
  const bob = kit.connect('bob');
  join(bob, since(0));
  join(bob, since(0, 'e2'), 'y');
  join(bob, { last: 1 }, 'z');
  assert.deepEqual(numbers(bob), range(1, 64));
  kit.drain();
  assert.deepEqual(numbers(bob), range(65, 100));
  say(ada, 101, 101);
  assert.deepEqual(numbers(bob), [101], 'x is live, y is not');
  say(ada, 101, 101, 'y');
  assert.deepEqual(numbers(bob), []);
  kit.drain();
  assert.deepEqual(numbers(bob), range(1, 100));
  kit.drain();
  assert.deepEqual(numbers(bob), [101]);
  assert.equal(kit.logRunner.size, 0);
});

test('however short they are, of several replays each waits until the one before has been taken', () => {
  const { kit, ada } = scene(3);
  for (const room of ['y', 'z']) {
    ada.join(room);
    say(ada, 1, 3, room);
  }
  const bob = kit.connect('bob');
  for (const room of ['x', 'y', 'z']) join(bob, { last: 2 }, room);
  for (const room of ['x', 'y', 'z']) {
    assert.deepEqual(
      bob.take('message').map((message) => `${message.room} ${message.seq}`),
      [`${room} 2`, `${room} 3`],
    );
    kit.drain();
  }
  // It has taken everything: the next one begins at once.
  join(bob, { last: 1 });
  assert.deepEqual(numbers(bob), [3]);
});

test('who leaves while a room is replayed gets nothing more of it, and another room goes on', () => {
  const { kit, ada } = scene(100);
  ada.join('y');
  say(ada, 1, 100, 'y');
  const bob = kit.connect('bob');
  join(bob, since(0));
  join(bob, since(0, 'e2'), 'y');
  bob.frames();
  bob.leave('x', 'l1');
  assert.deepEqual(bob.frames(), [{ type: 'left', room: 'x', id: 'l1' }]);
  say(ada, 101, 101);
  kit.drain();
  assert.ok(bob.take('message').every(({ room }) => room === 'y'));
  bob.leave('y');
  ada.quit();
  bob.quit();
  kit.assertEmpty();
});

test('who leaves and comes back in the midst of a replay gets what they ask for now, once', () => {
  const { kit } = scene(100);
  const bob = kit.connect('bob');
  join(bob, since(0));
  bob.leave('x');
  bob.frames();
  join(bob, since(90));
  assert.equal(story(bob), 'joined(e1/100 after 90 recovered)', 'it has not taken the first piece yet');
  kit.drain();
  assert.equal(story(bob), range(91, 100).join(' '));
  kit.drain();
  assert.equal(story(bob), '');
});

test('a connection that ends or breaks in the midst of a replay leaves nothing', () => {
  for (const end of ['quit', 'lose'] as const) {
    const { kit, ada } = scene(100);
    const bob = kit.connect('bob');
    join(bob, since(0));
    join(bob, { last: 10 }, 'y');
    assert.equal(kit.logRunner.size, 1);
    bob[end]();
    assert.equal(kit.logRunner.size, 0);
    kit.drain();
    ada.quit();
    kit.advance(20_000);
    kit.assertEmpty();
  }
});

test('a connection that is gone before the hub has heard of it is sent nothing', () => {
  const { kit } = scene(100);
  kit.logRunner.carryOut({ type: 'replay', connection: 'nobody', room: 'x', after: 0, to: 100 });
  assert.equal(kit.logRunner.size, 0);
  kit.logRunner.drained('nobody');
  kit.dispatch({ type: 'replayed', connection: 'nobody', room: 'x', seq: 100 });
});

test('the end of a replay that nobody waits for means nothing', () => {
  const { kit, ada } = scene(3);
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  kit.dispatch({ type: 'replayed', connection: bob.connection, room: 'x', seq: 3 });
  kit.dispatch({ type: 'replayed', connection: bob.connection, room: 'nowhere', seq: 3 });
  say(ada, 4, 4);
  assert.equal(story(bob), '4');
});

test('in a room one is in, since and last bring messages again, and then it goes on', () => {
  const { kit, ada } = scene(3);
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  join(bob, since(1));
  assert.equal(story(bob), 'joined(e1/3 after 1 recovered) 2 3');
  say(ada, 4, 4);
  assert.equal(story(bob), '4');
  assert.deepEqual(kit.edge.subscribers('json:x'), [ada.connection, bob.connection]);
});

test('in the midst of a replay, since starts another one, and neither ends it', () => {
  const { kit, ada } = scene(100);
  const bob = kit.connect('bob');
  join(bob, since(0));
  bob.frames();
  join(bob, since(98));
  assert.equal(wholeStory(kit, bob), 'joined(e1/100 after 98 recovered) 99 100');
  join(bob, since(0));
  join(bob, { last: 1 });
  assert.equal(wholeStory(kit, bob), 'joined(e1/100 after 0 recovered) joined(e1/100 after 99) 100');
  join(bob, since(0));
  kit.drain();
  bob.frames();
  join(bob, since(100));
  assert.equal(story(bob), 'joined(e1/100 recovered)');
  assert.equal(kit.logRunner.size, 0);
  kit.drain();
  say(ada, 101, 101);
  assert.equal(story(bob), '101');
});

test('in the midst of a replay, a join without a position is answered with how far it has come, and changes nothing', () => {
  const { kit, ada } = scene(400);
  const bob = kit.connect('bob');
  join(bob, since(0));
  bob.frames();
  join(bob, { id: 'j2' });
  const { id, seq, after, recovered, count, members } = bob.only('joined');
  assert.deepEqual(
    { id, seq, after, recovered, count },
    { id: 'j2', seq: 400, after: 64, recovered: undefined, count: 2 },
  );
  assert.deepEqual(
    members?.map(({ name }) => name),
    ['ada', 'bob'],
  );
  say(ada, 401, 401);
  kit.drain();
  join(bob, {});
  assert.equal(story(bob), `${range(65, 320).join(' ')} joined(e1/401 after 320)`);
  kit.drain();
  // Newer messages have to follow, and have not arrived.
  join(bob, {});
  assert.equal(story(bob), `${range(321, 400).join(' ')} joined(e1/401 after 400)`);
  kit.drain();
  join(bob, {});
  assert.equal(story(bob), '401 joined(e1/401)');
  assert.deepEqual(kit.edge.subscribers('json:x'), [ada.connection, bob.connection]);
});

test('a join without a position is answered with how far a replay has come, also where it waits for another one', () => {
  const { kit, ada } = scene(100);
  ada.join('y');
  say(ada, 1, 10, 'y');
  const bob = kit.connect('bob');
  join(bob, since(0));
  join(bob, since(4, 'e2'), 'y');
  bob.frames();
  join(bob, {}, 'y');
  join(bob, {});
  assert.equal(story(bob), 'joined(e2/10 after 4) joined(e1/100 after 64)');
  kit.log.keep('x', 0);
  kit.drain();
  assert.equal(story(bob), 'gap(65-100 trimmed)');
  join(bob, {});
  assert.equal(story(bob), 'joined(e1/100)');
  assert.equal(wholeStory(kit, bob), '5 6 7 8 9 10');
});

test('what is trimmed while it is replayed is told as a gap where it would have come', () => {
  const { kit, ada } = scene(100);
  const bob = kit.connect('bob');
  join(bob, since(0));
  bob.frames();
  kit.log.keep('x', 10);
  kit.drain();
  assert.equal(story(bob), `gap(65-90 trimmed) ${range(91, 100).join(' ')}`);
  const eve = kit.connect('eve');
  say(ada, 101, 200);
  join(eve, since(90));
  eve.frames();
  kit.commit();
  kit.log.keep('x', 0);
  say(ada, 201, 201);
  kit.drain();
  assert.equal(story(eve), 'gap(155-200 trimmed)');
  kit.drain();
  assert.equal(story(eve), '201');
});

test('what is trimmed up to beyond the end of a replay is told in the two parts of which it is heard', () => {
  const { kit, ada } = scene(100);
  const bob = kit.connect('bob');
  join(bob, since(0));
  bob.frames();
  say(ada, 101, 110);
  kit.commit();
  kit.log.keep('x', 5);
  kit.drain();
  assert.equal(story(bob), 'gap(65-100 trimmed)');
  kit.drain();
  assert.equal(story(bob), 'gap(101-105 trimmed) 106 107 108 109 110');
});

test('who turns out to be somebody else in the midst of a replay gets the rest, and how the room stands', () => {
  const { kit, ada } = scene(100);
  const bob = kit.connect('bob');
  join(bob, since(0));
  kit.settle();
  ada.frames();
  bob.identify({ id: 'u-eve', name: 'eve' });
  assert.equal(story(bob), '');
  kit.drain();
  const members = bob.take('members');
  assert.deepEqual(numbers(bob), range(65, 100));
  assert.deepEqual(
    members.map((frame) => frame.members.map(({ name }) => name)),
    [['ada', 'eve']],
  );
});

test('what changes in a room while somebody catches up, they are told at the end, all at once', () => {
  const { kit, ada } = scene(100);
  const bob = kit.connect('bob');
  join(bob, since(0));
  kit.settle();
  const eve = kit.connect('eve', { rooms: ['x'] });
  kit.flush();
  eve.status('busy');
  kit.flush();
  ada.request({ type: 'signal', room: 'x', kind: 'typing' });
  assert.equal(story(bob), '', 'neither presence nor signals come before what was said');
  kit.drain();
  numbers(bob);
  const { members } = bob.only('members');
  assert.deepEqual(
    members.map(({ name, state }) => `${name} ${state}`),
    ['ada online', 'bob online', 'eve busy'],
  );
});

test('where nothing was told meanwhile, there is nothing to tell at the end; what is to be told yet comes as always', () => {
  const { kit } = scene(100);
  const bob = kit.connect('bob');
  join(bob, since(0));
  kit.settle();
  // Bob and Eve have joined; only Bob's arrival has been sent.
  const tom = kit.connect('tom');
  join(tom, since(0));
  kit.drain();
  assert.deepEqual([bob.take('members').length, tom.take('members').length], [1, 0]);
  kit.flush();
  assert.deepEqual(
    tom.take('presence').map(({ joins }) => joins?.map(({ name }) => name)),
    [['tom']],
  );
});

test('a room that is too large for lists is told as a count at the end', () => {
  const { kit } = scene(100, { presenceLimit: 1 });
  const bob = kit.connect('bob');
  join(bob, since(0));
  kit.settle();
  kit.connect('eve', { rooms: ['x'] });
  kit.advance(1000);
  kit.drain();
  numbers(bob);
  assert.deepEqual(bob.only('presence'), { type: 'presence', room: 'x', count: 3 });
});

test('a room where nobody was for a while goes on where it was', () => {
  const { kit, ada } = scene(3);
  ada.quit();
  kit.assertEmpty();
  const bob = kit.connect('bob');
  join(bob, since(1));
  assert.equal(story(bob), 'joined(e1/3 after 1 recovered) 2 3');
  kit.settle();
  bob.say('x', 4);
  assert.equal(story(bob), '4');
});

test('a room that had no message starts anew', () => {
  const { ada } = scene(0);
  ada.leave('x');
  ada.frames();
  join(ada, since(0));
  assert.equal(story(ada), 'joined(e2/0 not recovered) gap(epoch)');
});

// ---- after a kill

test('after a kill the numbers jump, and who has seen a message that was lost misses nothing', () => {
  const { kit, ada } = scene(5);
  say(ada, 6, 8);
  kit.kill();
  const [bob, eve] = [kit.connect('bob'), kit.connect('eve')];
  join(bob, since(8));
  assert.equal(story(bob), 'joined(e1/5 recovered)');
  kit.settle();
  bob.say('x', 'after the kill');
  bob.say('x', 'and on');
  assert.equal(story(bob), '5>1009 1010');
  for (const seq of [3, 5, 8]) {
    join(eve, since(seq));
    assert.equal(wholeStory(kit, eve), `joined(e1/1010 after ${seq} recovered) ${seq === 3 ? '4 5 ' : ''}5>1009 1010`);
  }
  join(eve, { last: 2 });
  assert.equal(wholeStory(kit, eve), 'joined(e1/1010 after 5) 5>1009 1010');
  join(eve, { last: 1 });
  assert.equal(wholeStory(kit, eve), 'joined(e1/1010 after 1009) 1010');
});

test('a position in a jump is that of what was kept before it, also for what was trimmed', () => {
  const { kit } = scene(5);
  kit.kill();
  const [bob, eve] = [kit.connect('bob', { rooms: ['x'] }), kit.connect('eve')];
  bob.say('x', 'after the kill');
  kit.commit();
  kit.log.keep('x', 1);
  for (const [seq, told] of [
    [4, 'joined(e1/1006 after 4 not recovered) gap(5-5 trimmed) 5>1006'],
    [500, 'joined(e1/1006 after 500 recovered) 5>1006'],
  ] as const) {
    join(eve, since(seq));
    assert.equal(wholeStory(kit, eve), told);
  }
  kit.log.keep('x', 0);
  join(eve, since(500));
  assert.equal(story(eve), 'joined(e1/1006 after 500 not recovered) gap(501-1006 trimmed)');
});

test('of many replays at once a turn of the loop does a bounded part, and each gets a piece in its turn', () => {
  const { kit } = scene(1000, { holdTurns: true });
  const clients = Array.from({ length: 50 }, (_, n) => kit.connect(`c${n}`));
  const had = clients.map(() => 0);
  const take = () => {
    const came = clients.map((client) => client.take('message').length);
    for (const [n, count] of came.entries()) had[n] = (had[n] ?? 0) + count;
    return came.reduce((sum, count) => sum + count, 0);
  };
  for (const client of clients) client.request({ type: 'join', room: 'x', last: 1000 });
  const pieces = [take()];
  for (let hadNone = true; hadNone; hadNone = had.some((count) => count === 0)) {
    assert.ok(kit.turn());
    // Those that had one piece have taken it, and would have another.
    kit.drain();
    pieces.push(take());
  }
  assert.ok(Math.max(...pieces) < 1000, `${pieces}`);
  assert.ok(Math.max(...had) <= 1000);
  kit.drainAll();
  take();
  assert.deepEqual(had, Array(50).fill(1000));
});
