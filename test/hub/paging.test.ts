import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page } from '../../src/hub/page.ts';
import { type Client, HubKit } from './kit.ts';

/** All pages, one after the other; `between` is done after each. */
function membersOf(
  client: Client,
  room: string | undefined,
  limit: number,
  between: () => void = () => undefined,
): string[][] {
  const pages: string[][] = [];
  for (let cursor: string | undefined; ; ) {
    client.frames();
    client.request({
      type: 'list',
      limit,
      ...(room !== undefined && { room }),
      ...(cursor !== undefined && { cursor }),
      id: 'l1',
    });
    const answer = client.only('members');
    assert.deepEqual([answer.id, answer.room], ['l1', room]);
    pages.push(answer.members.map(({ id }) => id));
    if (answer.cursor === undefined) return pages;
    cursor = answer.cursor;
    between();
  }
}

function kitWith(names: readonly string[]): { kit: HubKit; clients: Client[] } {
  const kit = new HubKit();
  return { kit, clients: names.map((name) => kit.connect(name, { id: name, rooms: ['x'] })) };
}

test('a page has as many entries as are asked for, and a cursor only if more follow', () => {
  const own = (entry: string) => entry;
  assert.deepEqual(page(['a', 'b', 'c'], own, 2), { items: ['a', 'b'], cursor: 'b' });
  assert.deepEqual(page(['a', 'b'], own, 2), { items: ['a', 'b'], cursor: undefined });
  assert.deepEqual(page([], own), { items: [], cursor: undefined });
  const endless = (function* () {
    for (let n = 0; ; n += 1) yield `${n}`;
  })();
  assert.equal(page(endless, own).items.length, 100);
});

test('the members of a room come in pages ordered by user id, with the count of all', () => {
  const { clients } = kitWith(['d', 'b', 'e', 'a', 'c']);
  const [first] = clients;
  assert.ok(first);
  assert.deepEqual(membersOf(first, 'x', 2), [['a', 'b'], ['c', 'd'], ['e']]);
  assert.deepEqual(membersOf(first, 'x', 5), [['a', 'b', 'c', 'd', 'e']]);
  first.request({ type: 'list', room: 'x', limit: 1 });
  const { count, members, id } = first.only('members');
  assert.deepEqual([count, members.length, id], [5, 1, undefined]);
});

test('the members of a room stay in order however many come and go', () => {
  const ids = Array.from({ length: 300 }, (_, n) => `${(n * 7919) % 1000}`);
  const { clients } = kitWith(ids);
  const [asker, ...others] = clients;
  assert.ok(asker);
  const there = new Set(ids);
  for (const [n, client] of others.entries()) {
    if (n % 37 === 0) assert.deepEqual(membersOf(asker, 'x', 1000).flat(), [...there].sort());
    client.quit();
    there.delete(client.user.id);
  }
  assert.deepEqual(membersOf(asker, 'x', 1000).flat(), [asker.user.id]);
});

test('without a limit a page has 100 entries', () => {
  const kit = new HubKit();
  const clients = Array.from({ length: 101 }, (_, i) => kit.connect(`n${i}`));
  clients[0]?.request({ type: 'list' });
  assert.equal(clients[0]?.only('members').members.length, 100);
});

test('a list of a room tells states, connections and kept places, also where only counts are told', () => {
  const kit = new HubKit({ presenceLimit: 1 });
  const [ada, , bob] = ['ada', 'ada', 'bob'].map((name) => kit.connect(name, { rooms: ['x'] }));
  ada?.status('busy', 'coding');
  bob?.lose();
  ada?.frames();
  ada?.request({ type: 'list', room: 'x' });
  assert.deepEqual(ada?.only('members').members, [
    { id: 'u-ada', name: 'ada', state: 'busy', note: 'coding', connections: 2 },
    { id: 'u-bob', name: 'bob', state: 'online', connections: 1 },
  ]);
});

test('who comes and goes between two pages is on the pages to come or not, and nobody else is lost or told twice', () => {
  const { kit, clients } = kitWith(['a', 'c', 'e', 'g', 'i']);
  const [first, , third] = clients;
  assert.ok(first && third);
  const changes = [
    () => {
      third.quit();
      for (const id of ['b', 'f']) kit.connect(id, { id, rooms: ['x'] });
    },
  ];
  const pages = membersOf(first, 'x', 2, () => changes.pop()?.());
  assert.deepEqual(pages, [['a', 'c'], ['f', 'g'], ['i']]);
});

test('a cursor stays good when the entry it names is gone', () => {
  const { clients } = kitWith(['a', 'b', 'c', 'd']);
  const [first, second] = clients;
  assert.ok(first && second);
  const changes = [() => second.quit()];
  assert.deepEqual(
    membersOf(first, 'x', 2, () => changes.pop()?.()),
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  );
});

test('the users of the server come in pages, each once, with all their connections and no kept places', () => {
  const kit = new HubKit();
  const [ada] = ['ada', 'bob', 'bob', 'eve'].map((name) => kit.connect(name, { id: name }));
  kit.connect('tom', { id: 'tom', rooms: ['x'] }).lose();
  assert.ok(ada);
  assert.deepEqual(membersOf(ada, undefined, 2), [['ada', 'bob'], ['eve']]);
  ada.request({ type: 'list' });
  const { count, members } = ada.only('members');
  assert.equal(count, 3);
  assert.deepEqual(
    members.map(({ connections }) => connections),
    [1, 2, 1],
  );
});

test('open rooms come in pages ordered by name, with the number of their members', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['red', 'blue', 'rose', 'rust'] });
  kit.connect('ada', { rooms: ['red'] });
  kit.connect('bob', { rooms: ['red', 'rust'] }).lose();
  ada.frames();
  const roomsOf = (request: { prefix?: string; cursor?: string; limit?: number }) => {
    ada.request({ type: 'rooms', id: 'r1', ...request });
    const { rooms, cursor, id } = ada.only('rooms');
    assert.equal(id, 'r1');
    return [Object.fromEntries(rooms.map(({ room, count }) => [room, count])), cursor];
  };
  assert.deepEqual(roomsOf({}), [{ blue: 1, red: 2, rose: 1, rust: 2 }, undefined]);
  assert.deepEqual(roomsOf({ limit: 3 }), [{ blue: 1, red: 2, rose: 1 }, 'rose']);
  assert.deepEqual(roomsOf({ limit: 3, cursor: 'rose' }), [{ rust: 2 }, undefined]);
  assert.deepEqual(roomsOf({ prefix: 'r', limit: 2 }), [{ red: 2, rose: 1 }, 'rose']);
  assert.deepEqual(roomsOf({ prefix: 'r', limit: 2, cursor: 'rose' }), [{ rust: 2 }, undefined]);
  assert.deepEqual(roomsOf({ prefix: 'ro' }), [{ rose: 1 }, undefined]);
  assert.deepEqual(roomsOf({ prefix: 'x' }), [{}, undefined]);
  ada.leave('rose');
  ada.frames();
  assert.deepEqual(roomsOf({ prefix: 'ro' }), [{}, undefined]);
});
