import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Happening, reduce } from '../../../src/apps/web/state/reduce.ts';
import { type Conversation, type Entry, initial, type Key, type State } from '../../../src/apps/web/state/state.ts';
import type { Member, User } from '../../../src/protocol/generated/frames.ts';

const ada: User = { id: 'u1', name: 'ada' };
const bob: User = { id: 'u2', name: 'bob' };
const lobby: Key = '#lobby';
const epoch = 'e1';

function member(user: User): Member {
  return { ...user, state: 'online', connections: 1 };
}

function after(state: State, ...happenings: Happening[]): State {
  return happenings.reduce(reduce, state);
}

function said(seq: number, body: unknown, from: User = bob): Happening {
  return { type: 'message', key: lobby, at: 0, message: { room: 'lobby', epoch, seq, from, at: seq * 1000, body } };
}

function entered(seq: number, first = true, time = 0): Happening {
  return { type: 'joined', key: lobby, time, members: [member(ada)], joined: { first, epoch, seq, count: 1 } };
}

function came(...users: User[]): Happening {
  const presence = { count: 2, joins: users.map(member), leaves: [], changes: [] };
  return { type: 'presence', key: lobby, at: 0, members: users.map(member), presence };
}

function went(...users: User[]): Happening {
  const presence = { count: 1, joins: [], leaves: users.map(member), changes: [] };
  return { type: 'presence', key: lobby, at: 0, members: [], presence };
}

/** ada is in the lobby, and looks at its end. */
const start = after(
  initial,
  { type: 'connection', state: 'online', time: 0 },
  { type: 'user', user: ada },
  { type: 'entering', key: lobby },
  { type: 'open', key: lobby },
  { type: 'attention', visible: true, atEnd: true },
  entered(0),
);

function room(state: State, key: Key = lobby): Conversation {
  const found = state.conversations.get(key);
  assert.ok(found);
  return found;
}

/** The messages, and the rows between them in short. */
function words(entries: readonly Entry[]): unknown[] {
  return entries.map(wordsOf);
}

function wordsOf(entry: Entry): unknown {
  switch (entry.kind) {
    case 'message':
      return 'text' in entry.content ? entry.content.text : entry.content.name;
    case 'people':
      return entry.moves.map(({ name, what }) => `${name} ${what}`).join();
    case 'gap':
      return { gap: entry.why };
    case 'resumed':
      return { away: entry.away, caughtUp: entry.caughtUp };
  }
}

describe('unread messages', () => {
  test('where somebody looks, all is read', () => {
    assert.equal(room(after(start, said(1, 'one'))).unread, 0);
  });

  test('they are counted elsewhere, from the first one on, and are read when somebody looks', () => {
    const away = after(start, { type: 'attention', visible: false }, said(1, 'one'), said(2, 'two'));
    assert.deepEqual([room(away).unread, room(away).mark], [2, 'e1 1']);
    const back = after(away, { type: 'attention', visible: true });
    assert.deepEqual([room(back).unread, room(back).mark], [0, 'e1 1']);
    const gone = after(back, { type: 'entering', key: '#cats' }, { type: 'open', key: '#cats' });
    assert.equal(room(gone).mark, undefined);
  });

  test('what was there before is not new, unless it came after the last visit', () => {
    const other = after(initial, { type: 'user', user: ada }, { type: 'entering', key: lobby }, entered(2));
    assert.equal(room(after(other, said(1, 'one'), said(2, 'two'))).unread, 0);
    assert.equal(room(after(other, said(3, 'three'))).unread, 1);
    const read = { epoch, seq: 1 };
    const known = after(initial, { type: 'user', user: ada }, { type: 'entering', key: lobby, read }, entered(2));
    assert.equal(room(after(known, said(1, 'one'), said(2, 'two'))).unread, 1);
  });

  test('who says something on another device has read everything', () => {
    const state = after(start, { type: 'attention', visible: false }, said(1, 'one'), said(2, 'two', ada));
    assert.equal(room(state).unread, 0);
  });
});

describe('what waits', () => {
  const outgoing = { id: '1', at: 0, content: { kind: 'text', text: 'hi' } } as const;
  const sending: Happening = { type: 'sending', key: lobby, outgoing };

  test('it is shown once when it comes back, before and after it is acknowledged', () => {
    const state = after(start, sending, said(1, 'other', ada), said(2, 'hi', bob), said(3, 'hi', ada));
    assert.deepEqual(
      room(state).outbox.map(({ isEchoed }) => isEchoed),
      [true],
    );
    const settled = after(state, { type: 'sent', key: lobby, id: '1', at: 3 });
    assert.deepEqual(room(settled).outbox, []);
    assert.deepEqual(words(room(settled).entries), ['other', 'hi', 'hi']);
  });

  test('two that say the same wait one after the other', () => {
    const twice = after(start, sending, { type: 'sending', key: lobby, outgoing: { ...outgoing, id: '2' } });
    const flags = room(after(twice, said(1, 'hi', ada))).outbox.map(({ isEchoed }) => isEchoed ?? false);
    assert.deepEqual(flags, [true, false]);
  });

  test('what is refused stays, with why, until it is tried again or discarded', () => {
    const refused = after(start, sending, { type: 'refused', key: lobby, id: '1', why: 'No.' });
    assert.equal(room(refused).outbox[0]?.refused, 'No.');
    assert.equal(room(after(refused, sending)).outbox[0]?.refused, undefined);
    assert.deepEqual(room(after(refused, { type: 'discard', key: lobby, id: '1' })).outbox, []);
  });

  test('a direct message does not come back: it is told when it is acknowledged', () => {
    const key: Key = '@u2';
    const state = after(start, { type: 'entering', key, name: 'bob' }, { type: 'sending', key, outgoing });
    const sent = after(state, { type: 'sent', key, id: '1', at: 5 });
    assert.deepEqual(words(room(sent, key).entries), ['hi']);
    assert.deepEqual(room(sent, key).outbox, []);
  });
});

describe('a connection that breaks', () => {
  const lost: Happening[] = [
    { type: 'connection', state: 'offline', time: 1000, retry: 500, why: 'lost' },
    { type: 'connection', state: 'connecting', time: 1500 },
    { type: 'connection', state: 'offline', time: 2000, retry: 1000 },
    { type: 'connection', state: 'connecting', time: 3000 },
  ];

  test('is lost from the first attempt that failed, to the one that did not', () => {
    const away = after(start, ...lost);
    assert.deepEqual(away.connection, { state: 'connecting', lostAt: 1000 });
    const back = after(away, { type: 'connection', state: 'online', time: 13_000 });
    assert.deepEqual(back.connection, { state: 'online', back: { time: 13_000, away: 12_000 } });
  });

  test('what others said meanwhile is counted where it begins', () => {
    const state = after(
      start,
      said(1, 'before'),
      ...lost,
      { type: 'connection', state: 'online', time: 13_000 },
      entered(4, false, 13_010),
      said(2, 'one'),
      said(3, 'mine', ada),
      said(4, 'two'),
      said(5, 'after'),
    );
    const resumed = { away: 12_000, caughtUp: 2 };
    assert.deepEqual(words(room(state).entries), ['before', resumed, 'one', 'mine', 'two', 'after']);
    assert.equal(room(state).catchingUp, undefined);
  });

  test('breaks one after the other leave one line', () => {
    const again = after(
      start,
      ...lost,
      { type: 'connection', state: 'online', time: 13_000 },
      entered(0, false, 13_000),
      { type: 'connection', state: 'offline', time: 14_000 },
      { type: 'connection', state: 'online', time: 15_000 },
      entered(0, false, 15_000),
    );
    assert.deepEqual(words(room(again).entries), [{ away: 1000, caughtUp: 0 }]);
  });

  test('what cannot be had is told in its place', () => {
    const gap: Happening = { type: 'gap', key: lobby, gap: { room: 'lobby', from: 2, to: 8, why: 'trimmed' } };
    assert.deepEqual(words(room(after(start, said(1, 'a'), gap, said(9, 'b'))).entries), [
      'a',
      { gap: 'trimmed' },
      'b',
    ]);
  });
});

describe('earlier messages', () => {
  const page = (numbers: number[], of = epoch, more = true): Happening => ({
    type: 'page',
    key: lobby,
    page: {
      more,
      messages: numbers.map((seq) => ({ room: 'lobby', epoch: of, seq, from: bob, at: seq, body: `${seq}` })),
    },
  });

  test('they come before what is there, each once', () => {
    const state = after(start, said(5, '5'), said(6, '6'), { type: 'paging', key: lobby }, page([3, 4, 5]));
    assert.deepEqual(words(room(state).entries), ['3', '4', '5', '6']);
    assert.equal(room(state).older, 'some');
    assert.equal(room(after(state, page([1, 2], epoch, false))).older, 'none');
  });

  test('those of another numbering are other messages', () => {
    const state = after(start, said(5, '5'), page([1, 2], 'e2'));
    assert.deepEqual(words(room(state).entries), ['5']);
    assert.equal(room(state).older, 'none');
  });

  test('of very many, the oldest go as long as nobody reads there', () => {
    let state = start;
    for (let seq = 1; seq <= 20_001; seq++) state = reduce(state, said(seq, 'x'));
    assert.equal(room(state).entries.length, 15_000);
    assert.equal(room(state).older, 'some');
    const reading = after(state, { type: 'attention', atEnd: false });
    let more = reading;
    for (let seq = 20_002; seq <= 26_000; seq++) more = reduce(more, said(seq, 'x'));
    assert.equal(room(more).entries.length, 15_000 + 5999);
  });
});

describe('people', () => {
  const carol: User = { id: 'u3', name: 'carol' };

  test('who comes and goes is one line until somebody says something; oneself is not told of', () => {
    const state = after(start, came(ada, bob), went(bob), came(carol), said(1, 'hi'), went(carol));
    assert.deepEqual(words(room(state).entries), ['bob joined and left,carol joined', 'hi', 'carol left']);
  });

  test('who comes back was there before', () => {
    assert.deepEqual(words(room(after(start, went(bob), came(bob))).entries), ['bob came back']);
  });

  test('who types is shown until they say something, go, or stop', () => {
    const typing: Happening = { type: 'typing', key: lobby, user: bob, time: 1000 };
    const state = after(start, typing);
    assert.deepEqual(
      room(state).typing.map(({ user }) => user.name),
      ['bob'],
    );
    for (const next of [said(1, 'hi'), went(bob), { type: 'tick', time: 7001 } as const]) {
      assert.deepEqual(room(after(state, next)).typing, [], next.type);
    }
    assert.deepEqual(room(after(start, { ...typing, user: ada })).typing, []);
  });

  test('a direct message opens a conversation, with the name of the other', () => {
    const direct = { to: 'u1', from: bob, at: 5, body: 'psst' };
    const state = after(start, { type: 'direct', direct, at: 5 });
    assert.deepEqual([room(state, '@u2').name, room(state, '@u2').unread], ['bob', 1]);
    const own = { to: 'u2', from: ada, at: 6, body: 'what?' };
    const answered = after(state, { type: 'direct', direct: own, at: 6 });
    assert.deepEqual(words(room(answered, '@u2').entries), ['psst', 'what?']);
    assert.equal(room(answered, '@u2').unread, 0);
  });

  test('what is said to everyone stands where somebody looks', () => {
    const state = after(start, { type: 'broadcast', at: 0, broadcast: { from: bob, at: 1, body: 'noon' } });
    assert.deepEqual(words(room(state).entries), ['noon']);
  });
});

test('a room that was refused says why, and can be tried again', () => {
  const barred = after(start, { type: 'barred', key: lobby, why: 'Full.' });
  assert.deepEqual([room(barred).phase, room(barred).why], ['refused', 'Full.']);
  const again = after(barred, { type: 'entering', key: lobby }, entered(0));
  assert.deepEqual([room(again).phase, room(again).why], ['open', undefined]);
  assert.equal(after(again, { type: 'gone', key: lobby }).active, undefined);
});
