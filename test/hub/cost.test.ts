/** The cost of a request does not grow with unrelated rooms and users. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HubFrame } from '../../src/hub/commands.ts';
import { type Client, HubKit } from './kit.ts';

/** The least time of many runs, in milliseconds: other load on the machine hardly counts. */
function cheapest(act: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 100; time += 1) {
    const start = performance.now();
    act();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

/** Sends a request, and takes the answer. */
function cost(client: Client, frame: HubFrame, byName = false): number {
  return cheapest(() => {
    client.request(frame, byName);
    assert.ok(client.frames().length > 0);
  });
}

/** A server with `size` users in one room, and as many rooms with one user each. */
function crowd(size: number): Client {
  const kit = new HubKit({ presenceLimit: 10 });
  const asker = kit.connect('asker', { rooms: ['all'] });
  for (let n = 0; n < size; n += 1) kit.connect(`user-${(n * 7919) % size}`, { rooms: ['all', `room-${n}`] });
  kit.settle();
  return asker;
}

const requests: readonly (readonly [what: string, frame: HubFrame, byName?: boolean])[] = [
  ['a page of rooms', { type: 'rooms', limit: 10 }],
  ['a page of rooms with a prefix', { type: 'rooms', prefix: 'room-9', limit: 10 }],
  ['a page of rooms after a cursor', { type: 'rooms', cursor: 'room-5', limit: 10 }],
  ['a page of the users', { type: 'list', cursor: 'u-user-5', limit: 10 }],
  ['a page of the members of a room', { type: 'list', room: 'all', cursor: 'u-user-5', limit: 10 }],
  ['a direct message by name', { type: 'direct', to: 'user-5', body: 'x', id: 'd1' }, true],
  ['one to a name that nobody has', { type: 'direct', to: 'nobody', body: 'x' }, true],
];

test('a request costs the same however large the server is', () => {
  const [small, large] = [crowd(200), crowd(10_000)];
  for (const [what, frame, byName] of requests) {
    const before = cost(small, frame, byName);
    const after = cost(large, frame, byName);
    assert.ok(after < 5 * before + 0.05, `${what}: ${before} ms in a small server, ${after} ms in a large one`);
  }
});

test('a change of name costs as much as there are rooms, however many connections are in them', () => {
  const rename = (connections: number) => {
    const kit = new HubKit();
    const rooms = Array.from({ length: 50 }, (_, n) => `room-${n}`);
    const [first] = Array.from({ length: connections }, () => kit.connect('ada', { rooms }));
    assert.ok(first);
    let names = 0;
    return cheapest(() => {
      names += 1;
      first.rename(`ada ${names}`);
    });
  };
  const [few, many] = [rename(2), rename(200)];
  assert.ok(many < 5 * few + 0.05, `${few} ms with 2 connections, ${many} ms with 200`);
});

test('the rooms of a user are those of the connections that are left, also where these become another user', () => {
  const kit = new HubKit();
  const told = (room: string) => {
    kit.settle();
    names += 1;
    ada.rename(`ada ${names}`);
    kit.flush();
    const heard = watcher.take('presence').map((frame) => frame.room);
    assert.equal(new Set(heard).size, heard.length);
    return heard.includes(room);
  };
  let names = 0;
  const watcher = kit.connect('watcher', { rooms: ['a', 'b', 'c'] });
  const ada = kit.connect('ada', { rooms: ['a'] });
  const [phone, tablet] = [kit.connect('ada', { rooms: ['a', 'b'] }), kit.connect('ada', { rooms: ['b'] })];
  assert.ok(told('a') && told('b') && !told('c'));
  phone.leave('b');
  phone.join('c');
  assert.ok(told('b') && told('c'));
  tablet.identify({ id: 'u-eve', name: 'eve' });
  assert.ok(told('a') && !told('b') && told('c'));
  tablet.identify({ id: 'u-ada', name: 'ada' });
  assert.ok(told('b'));
  phone.quit();
  assert.ok(told('a') && told('b') && !told('c'));
  tablet.quit();
  assert.ok(told('a') && !told('b'));
  ada.leave('a');
  assert.ok(!told('a'));
  for (const client of [watcher, ada]) client.quit();
  kit.assertEmpty();
});

test('what goes to many connections of a user is written once in each dialect', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada');
  const phones = Array.from({ length: 20 }, (_, n) => kit.connect('bob', { dialect: n % 2 === 0 ? 'json' : 'text' }));
  kit.settle();
  let written = 0;
  const body = {
    toJSON: () => {
      written += 1;
      return 'psst';
    },
  };
  ada.request({ type: 'direct', to: 'u-bob', body });
  assert.equal(written, 2);
  for (const [n, phone] of phones.entries()) {
    if (n % 2 === 0) assert.equal(phone.only('direct').body, 'psst');
    else assert.deepEqual(phone.lines(), ['[ada to you] "psst"']);
  }
  ada.request({ type: 'signal', to: 'u-bob', kind: 'k', body });
  assert.equal(written, 3);
  for (const phone of phones) assert.equal(phone.take('signal').length, phone.dialect === 'json' ? 1 : 0);
});
