import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServerFrame } from '../../src/protocol/generated/frames.ts';
import { JsonClient, TextClient } from '../kit/client.ts';
import { RawClient, upgradeRequest } from '../kit/raw.ts';
import { startServer, until } from '../kit/server.ts';

/** The frames that a client gets at once: they end when its first request is answered. */
async function greeting(client: JsonClient): Promise<ServerFrame[]> {
  await client.settle();
  return client.drain();
}

function ofType<T extends ServerFrame['type']>(frames: ServerFrame[], type: T) {
  return frames.filter((frame): frame is Extract<ServerFrame, { type: T }> => frame.type === type);
}

describe('paths and subprotocols', () => {
  for (const path of ['/', '/ws', '/?name=ada', '/ws?name=ada']) {
    test(`${path} speaks JSON`, async () => {
      await using server = await startServer();
      await using client = await JsonClient.connect(server.url + path);
      await client.next('welcome');
      assert.equal(client.socket.protocol, '');
    });
  }

  test('/text speaks lines', async () => {
    await using server = await startServer();
    await using client = await TextClient.connect(`${server.url}/text?name=ada`);
    await client.line(/^\* welcome to hubbub .*; you are ada\./);
    assert.equal(client.socket.protocol, '');
  });

  test('a subprotocol goes before the path, and is answered', async () => {
    await using server = await startServer();
    await using json = await JsonClient.connect(`${server.url}/text`, ['hubbub.json']);
    await json.next('welcome');
    assert.equal(json.socket.protocol, 'hubbub.json');
    for (const path of ['/', '/ws', '/text']) {
      await using text = await TextClient.connect(server.url + path, ['hubbub.text']);
      await text.line(/^\* welcome/);
      assert.equal(text.socket.protocol, 'hubbub.text');
    }
  });

  test('the first known subprotocol is taken, unknown ones are passed over', async () => {
    await using server = await startServer();
    await using text = await TextClient.connect(server.url, ['chat', 'hubbub.text', 'hubbub.json']);
    await text.line(/^\* welcome/);
    assert.equal(text.socket.protocol, 'hubbub.text');
    await using json = await JsonClient.connect(server.url, ['constructor', 'HUBBUB.TEXT', 'hubbub.json']);
    await json.next('welcome');
    assert.equal(json.socket.protocol, 'hubbub.json');
  });

  test('without a known one the path decides, and none is answered', async () => {
    await using server = await startServer();
    await using raw = new RawClient(server.port);
    raw.write(upgradeRequest('/', { 'Sec-WebSocket-Protocol': 'chat, , toString' }));
    const { status, headers } = await raw.head;
    assert.equal(status, 101);
    assert.equal(headers.has('sec-websocket-protocol'), false);
    await raw.next('welcome');
  });

  for (const path of ['/nothing', '/WS', '/healthz']) {
    test(`${path} takes no WebSocket`, async () => {
      await using server = await startServer();
      await using raw = new RawClient(server.port);
      raw.write(upgradeRequest(path));
      assert.equal((await raw.head).status, path === '/healthz' ? 200 : 404);
      assert.equal(server.broker.counts().connections, 0);
    });
  }
});

describe('name and rooms in the query', () => {
  test('without any: a guest in the rooms that everyone is put into', async () => {
    await using server = await startServer({ autoJoin: ['lobby', 'news'] });
    await using client = await JsonClient.connect(server.url);
    const { user, rooms, limits, heartbeat, protocol } = await client.next('welcome');
    assert.match(user.name, /^guest-[0-9a-f]{4}$/);
    assert.deepEqual(rooms, ['lobby', 'news']);
    assert.deepEqual(limits, { frame: 65_536, rooms: 100 });
    assert.equal(heartbeat, 60_000);
    assert.equal(protocol, 1);
    assert.equal((await client.next('joined')).room, 'lobby');
    assert.equal((await client.next('joined')).room, 'news');
  });

  test('the rooms asked for take the place of the usual ones, each once, in order', async () => {
    await using server = await startServer();
    await using client = await JsonClient.connect(`${server.url}/?room=cats&room=dogs&room=cats&room=%C3%A9t%C3%A9`);
    const frames = await greeting(client);
    assert.deepEqual(
      ofType(frames, 'joined').map(({ room }) => room),
      ['cats', 'dogs', 'été'],
    );
    assert.deepEqual(ofType(frames, 'error'), []);
  });

  test('the name is percent-encoded UTF-8, and a plus is a space', async () => {
    await using server = await startServer();
    await using client = await JsonClient.connect(`${server.url}/?name=Ada+L%C3%B6ve%20%F0%9F%91%8B`);
    assert.equal((await client.next('welcome')).user.name, 'Ada Löve 👋');
  });

  test('unknown parameters are passed over', async () => {
    await using server = await startServer();
    await using client = await JsonClient.connect(`${server.url}/?nick=ada&__proto__=x&&=`);
    const frames = await greeting(client);
    assert.deepEqual(ofType(frames, 'error'), []);
  });

  for (const [query, rooms] of [
    ['room=', []],
    ['room', []],
    ['room=&room=', []],
    ['room=&room=cats&room=', ['cats']],
  ] as const) {
    test(`an empty room is none: ?${query}`, async () => {
      await using server = await startServer({ autoJoin: ['lobby', 'news'] });
      await using client = await JsonClient.connect(`${server.url}/?${query}`);
      const frames = await greeting(client);
      assert.deepEqual(ofType(frames, 'error'), []);
      assert.deepEqual(ofType(frames, 'welcome')[0]?.rooms, rooms);
      assert.deepEqual(
        ofType(frames, 'joined').map(({ room }) => room),
        rooms,
      );
    });
  }

  const wrong: Record<string, { query: string; path: string; rooms: string[] }> = {
    'an empty name': { query: 'name=', path: '/name', rooms: ['lobby'] },
    'a name that is too long': { query: `name=${'x'.repeat(65)}`, path: '/name', rooms: ['lobby'] },
    'a name with a line feed': { query: 'name=ada%0Abob', path: '/name', rooms: ['lobby'] },
    'a room with a control character, beside a good one': {
      query: 'room=a%00b&room=good',
      path: '/room',
      rooms: ['good'],
    },
    'a room that is too long': { query: `room=${'x'.repeat(129)}`, path: '/room', rooms: [] },
  };
  for (const [what, { query, path, rooms }] of Object.entries(wrong)) {
    test(`${what} is an error, and the default is taken`, async () => {
      await using server = await startServer();
      await using client = await JsonClient.connect(`${server.url}/?${query}`);
      const frames = await greeting(client);
      assert.equal(frames[0]?.type, 'welcome');
      const [welcome] = ofType(frames, 'welcome');
      assert.match(welcome?.user.name ?? '', /^guest-/);
      const errors = ofType(frames, 'error');
      assert.deepEqual(
        errors.map(({ code, path }) => ({ code, path })),
        [{ code: 'invalid_frame', path }],
      );
      assert.deepEqual(
        ofType(frames, 'joined').map(({ room }) => room),
        rooms,
      );
      assert.deepEqual(welcome?.rooms, rooms);
    });
  }

  test('the same in the text dialect is a line', async () => {
    await using server = await startServer();
    await using client = await TextClient.connect(`${server.url}/text?name=ada%0Abob`);
    await client.line(/^\* welcome to .*; you are guest-/);
    await client.line(/^! name /);
    await client.line(/^\* lobby: /);
  });

  test('more rooms than a connection may be in: the rest is refused', async () => {
    await using server = await startServer({ maxRooms: 2 });
    await using client = await JsonClient.connect(`${server.url}/?room=a&room=b&room=c&room=d`);
    const frames = await greeting(client);
    assert.deepEqual(
      ofType(frames, 'joined').map(({ room }) => room),
      ['a', 'b'],
    );
    assert.deepEqual(
      ofType(frames, 'error').map(({ code }) => code),
      ['too_many_rooms', 'too_many_rooms'],
    );
  });
});

describe('a ticket in the query', () => {
  test('brings back the same user within the grace time, and the others notice nothing', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const ada = await JsonClient.connect(`${server.url}/?name=ada`);
    const { user, ticket } = await ada.next('welcome');
    await bob.next('presence', ({ joins }) => joins?.some(({ name }) => name === 'ada') ?? false);
    bob.drain();
    ada.socket.terminate();
    await until(() => server.broker.counts().connections === 1, 'ada is gone');

    await using again = await JsonClient.connect(`${server.url}/?token=${ticket}`);
    assert.deepEqual((await again.next('welcome')).user, user);
    const { members } = await again.next('joined');
    assert.deepEqual(members?.map(({ name, connections }) => ({ name, connections })).toSorted(byName), [
      { name: 'ada', connections: 1 },
      { name: 'bob', connections: 1 },
    ]);
    // The next frame for bob is about carol, and nobody else.
    await using _carol = await JsonClient.connect(`${server.url}/?name=carol`);
    const { joins, leaves, changes } = await bob.next('presence');
    assert.deepEqual(
      joins?.map(({ name }) => name),
      ['carol'],
    );
    assert.deepEqual([leaves, changes], [undefined, undefined]);
  });

  test('brings back the same user after a clean leave, and the others see both', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const ada = await JsonClient.connect(`${server.url}/?name=ada`);
    const { user, ticket } = await ada.next('welcome');
    await bob.next('presence', ({ joins }) => joins?.some(({ id }) => id === user.id) ?? false);
    await ada.close();
    assert.deepEqual((await bob.next('presence')).leaves, [user]);
    await using again = await JsonClient.connect(`${server.url}/?token=${ticket}`);
    assert.deepEqual((await again.next('welcome')).user, user);
    assert.equal((await bob.next('presence')).joins?.[0]?.id, user.id);
  });

  test('on a second device is the same user with two connections', async () => {
    await using server = await startServer();
    await using phone = await JsonClient.connect(`${server.url}/?name=ada`);
    const { user, ticket } = await phone.next('welcome');
    await using laptop = await JsonClient.connect(`${server.url}/?token=${ticket}`);
    assert.deepEqual((await laptop.next('welcome')).user, user);
    const { members } = await laptop.next('joined');
    assert.deepEqual(
      members?.map(({ id, connections }) => ({ id, connections })),
      [{ id: user.id, connections: 2 }],
    );
    assert.equal(server.broker.counts().users, 1);
  });

  test('with a name beside it renames the user', async () => {
    await using server = await startServer();
    await using phone = await JsonClient.connect(`${server.url}/?name=ada`);
    const { user, ticket } = await phone.next('welcome');
    await phone.next('presence');
    await using laptop = await JsonClient.connect(`${server.url}/?name=Ada+L.&token=${ticket}`);
    assert.deepEqual((await laptop.next('welcome')).user, { id: user.id, name: 'Ada L.' });
    const { changes } = await phone.next('presence', ({ changes }) => changes !== undefined);
    assert.equal(changes?.[0]?.name, 'Ada L.');
    assert.deepEqual(changes?.[0]?.was, { name: 'ada' });
  });

  test('is good on another server with the same secret, and on no other', async () => {
    const ticketSecret = 'a secret of servers';
    await using one = await startServer({ ticketSecret });
    await using two = await startServer({ ticketSecret });
    await using other = await startServer();
    await using client = await JsonClient.connect(`${one.url}/?name=ada`);
    const { user, ticket } = await client.next('welcome');
    await using there = await JsonClient.connect(`${two.url}/?token=${ticket}`);
    assert.deepEqual((await there.next('welcome')).user, user);
    await using stranger = await JsonClient.connect(`${other.url}/?token=${ticket}`);
    assert.notEqual((await stranger.next('welcome')).user.id, user.id);
    assert.equal((await stranger.next('error')).code, 'invalid_token');
  });

  test('that is not one is an error, and a new guest is made', async () => {
    await using server = await startServer();
    await using client = await JsonClient.connect(`${server.url}/?name=ada`);
    const { user, ticket } = await client.next('welcome');
    const [payload = '', signature = ''] = ticket.split('.');
    const forged = Buffer.from(JSON.stringify({ ...user, until: Number.MAX_SAFE_INTEGER })).toString('base64url');
    const tokens = [
      '',
      '.',
      'nonsense',
      payload,
      `${payload}.`,
      `.${signature}`,
      `${forged}.${signature}`,
      `${payload}.${signature.slice(1)}`,
      'x'.repeat(3000),
      '%00%F0%9F%91%8B.%FF',
    ];
    for (const token of tokens) {
      await using guest = await JsonClient.connect(`${server.url}/?name=eve&token=${token}`);
      const welcome = await guest.next('welcome');
      assert.notEqual(welcome.user.id, user.id, token);
      assert.equal(welcome.user.name, 'eve');
      const { code, path } = await guest.next('error');
      assert.deepEqual({ code, path }, { code: 'invalid_token', path: '/token' });
      assert.equal((await guest.next('joined')).room, 'lobby');
    }
  });
});

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
