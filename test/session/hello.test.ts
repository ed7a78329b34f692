import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTickets, ticketLifetime } from '../../src/auth/ticket.ts';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';

const ticketSecret = 'a secret for these tests';
const notValid = 'the token is not valid here, or has expired';

test('nothing has to be said before the first message', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  const { user, connection, ticket, ...welcome } = await ada.next('welcome');
  assert.match(user.name, /^guest-\w{4}$/);
  assert.ok(connection !== '' && ticket !== '');
  assert.deepEqual(welcome, {
    type: 'welcome',
    server: { name: 'hubbub', version: '0.0.0-test' },
    protocol: 1,
    limits: { frame: 65_536, rooms: 100 },
    rooms: ['lobby'],
    heartbeat: 60_000,
  });
  const { epoch, ...joined } = await ada.next('joined');
  assert.notEqual(epoch, '');
  const members = [{ ...user, state: 'online', connections: 1 }];
  assert.deepEqual(joined, { type: 'joined', room: 'lobby', seq: 0, count: 1, members });
  ada.send({ type: 'message', body: 'hello' });
  assert.deepEqual((await ada.next('message')).from, user);
});

describe('hello', () => {
  test('names the client, and the others hear of it', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(server.url);
    await using ada = await JsonClient.connect(server.url);
    const { user: guest } = await ada.next('welcome');
    ada.send({ type: 'hello', name: 'Ada Lovelace', version: 1, id: 'h1' });
    const { id, user } = await ada.next('welcome');
    assert.deepEqual([id, user], ['h1', { id: guest.id, name: 'Ada Lovelace' }]);
    ada.send({ type: 'message', body: 'hello' });
    assert.equal((await bob.next('message', ({ from }) => from.id === guest.id)).from.name, 'Ada Lovelace');
    const isNamed = ({ id: member, name }: { id: string; name: string }) => member === user.id && name === user.name;
    await bob.next('presence', ({ joins = [], changes = [] }) => [...joins, ...changes].some(isNamed));
  });

  test('without anything is answered by a welcome, too', async () => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    const { user } = await ada.next('welcome');
    ada.send({ type: 'hello' });
    assert.deepEqual((await ada.next('welcome')).user, user);
  });

  test('comes first or not at all', async () => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    ada.send({ type: 'ping' });
    ada.send({ type: 'hello', name: 'ada', id: 'h1' });
    const message = 'hello must be the first frame';
    assert.deepEqual(await ada.next('error'), { type: 'error', code: 'hello_not_first', message, id: 'h1' });
    await using bob = await JsonClient.connect(server.url);
    bob.send({ type: 'hello', name: 'bob' });
    bob.send({ type: 'hello', name: 'eve' });
    assert.equal((await bob.next('error')).code, 'hello_not_first');
    assert.equal((await bob.next('welcome', ({ user }) => !user.name.startsWith('guest'))).user.name, 'bob');
  });

  test('asks for a version that the server speaks', async () => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    ada.send({ type: 'hello', version: 2, name: 'ada' });
    assert.deepEqual(await ada.next('error'), {
      type: 'error',
      code: 'unsupported_version',
      message: 'this server speaks protocol version 1, not 2',
      path: '/version',
    });
    ada.send({ type: 'message', body: 'still here' });
    assert.match((await ada.next('message')).from.name, /^guest-/);
  });

  test('with the ticket of an earlier connection brings the same user back', async () => {
    await using server = await startServer();
    await using first = await JsonClient.connect(`${server.url}/?name=ada`);
    const { user, ticket } = await first.next('welcome');
    await first.close();
    await using bob = await JsonClient.connect(server.url);
    await using second = await JsonClient.connect(server.url);
    const { user: guest } = await second.next('welcome');
    assert.notEqual(guest.id, user.id);
    second.send({ type: 'hello', token: ticket, id: 'h1' });
    const welcome = await second.next('welcome');
    assert.deepEqual([welcome.id, welcome.user, welcome.rooms], ['h1', user, ['lobby']]);
    const { members = [] } = await second.next('joined', ({ members: all = [] }) =>
      all.some(({ id }) => id === user.id),
    );
    assert.ok(!members.some(({ id }) => id === guest.id));
    second.send({ type: 'message', body: 'back' });
    assert.deepEqual((await bob.next('message')).from, user);
  });

  test('with a ticket and a name renames the user', async () => {
    await using server = await startServer();
    await using first = await JsonClient.connect(`${server.url}/?name=ada`);
    const { user, ticket } = await first.next('welcome');
    await first.next('joined');
    await using second = await JsonClient.connect(server.url);
    second.send({ type: 'hello', token: ticket, name: 'Ada L.' });
    assert.equal((await second.next('welcome', ({ user: { id } }) => id === user.id)).user.name, 'Ada L.');
    const { members } = await (async () => {
      second.send({ type: 'list', room: 'lobby' });
      return second.next('members');
    })();
    assert.deepEqual(members, [{ id: user.id, name: 'Ada L.', state: 'online', connections: 2 }]);
  });

  test('with a ticket whose name is not taken any more is the same user, as a guest', async () => {
    await using server = await startServer({ ticketSecret });
    const ticket = createTickets(ticketSecret).issue({ id: 'u-1234', name: 'ada\u200b' }, Date.now());
    await using ada = await JsonClient.connect(`${server.url}/?token=${ticket}`);
    assert.deepEqual((await ada.next('welcome')).user, { id: 'u-1234', name: 'guest-1234' });
  });

  test('with a token that is not valid changes nothing', async () => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    const { user } = await ada.next('welcome');
    ada.send({ type: 'hello', token: 'nonsense', name: 'ada' });
    assert.deepEqual(await ada.next('error'), {
      type: 'error',
      code: 'invalid_token',
      message: notValid,
      path: '/token',
    });
    ada.send({ type: 'message', body: 1 });
    assert.deepEqual((await ada.next('message')).from, user);
  });
});

describe('the query', () => {
  test('says the same as a hello', async () => {
    await using server = await startServer();
    await using first = await JsonClient.connect(`${server.url}/?name=ada`);
    const { user, ticket } = await first.next('welcome');
    await first.close();
    const query = new URLSearchParams([
      ['token', ticket],
      ['room', 'cats'],
      ['room', '日本語'],
      ['room', 'cats'],
    ]);
    await using second = await JsonClient.connect(`${server.url}/ws?${query}`);
    const welcome = await second.next('welcome');
    assert.deepEqual([welcome.user, welcome.rooms], [user, ['cats', '日本語']]);
    assert.equal((await second.next('joined')).room, 'cats');
    assert.equal((await second.next('joined')).room, '日本語');
    second.send({ type: 'message', body: 1 });
    assert.equal((await second.next('message')).room, 'cats');
  });

  test('does not keep a hello from being the first frame', async () => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
    ada.send({ type: 'hello', name: 'Ada' });
    assert.equal((await ada.next('welcome', ({ user }) => user.name === 'Ada')).user.name, 'Ada');
  });

  test('that is wrong is answered by errors, and the default is taken', async () => {
    await using server = await startServer();
    const query = new URLSearchParams([
      ['name', 'a\nb'],
      ['token', 'nonsense'],
      ['room', 'two words'],
      ['room', 'cats'],
    ]);
    await using ada = await JsonClient.connect(`${server.url}/?${query}`);
    const { user, rooms } = await ada.next('welcome');
    assert.match(user.name, /^guest-/);
    assert.deepEqual(rooms, ['cats']);
    const errors = [await ada.next('error'), await ada.next('error'), await ada.next('error')];
    assert.deepEqual(
      errors.map(({ code, path, message }) => [code, path, message]),
      [
        ['invalid_token', '/token', notValid],
        [
          'invalid_frame',
          '/name',
          'name must not start or end with a space, start with a combining mark, or contain control characters or invisible ones',
        ],
        [
          'invalid_frame',
          '/room',
          'room must not contain spaces, control characters or invisible ones, or start with a combining mark',
        ],
      ],
    );
    assert.equal((await ada.next('joined')).room, 'cats');
  });
});

describe('a ticket', () => {
  test('is good after a restart if the secret stayed the same, and only then', async () => {
    let ticket: string;
    {
      await using server = await startServer({ ticketSecret });
      await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
      ({ ticket } = await ada.next('welcome'));
    }
    await using same = await startServer({ ticketSecret });
    await using back = await JsonClient.connect(`${same.url}/?token=${ticket}`);
    assert.equal((await back.next('welcome')).user.name, 'ada');
    await using other = await startServer({ ticketSecret: 'another secret altogether' });
    await using stranger = await JsonClient.connect(`${other.url}/?token=${ticket}`);
    assert.equal((await stranger.next('error')).code, 'invalid_token');
  });

  test('is good for thirty days', async () => {
    await using server = await startServer({ ticketSecret });
    const tickets = createTickets(ticketSecret);
    const user = { id: 'u1', name: 'ada' };
    const connect = (issued: number) => JsonClient.connect(`${server.url}/?token=${tickets.issue(user, issued)}`);
    await using late = await connect(Date.now() - ticketLifetime);
    assert.equal((await late.next('error')).code, 'invalid_token');
    await using just = await connect(Date.now() - ticketLifetime + 60_000);
    assert.deepEqual((await just.next('welcome')).user, user);
  });

  test('that was tampered with is not valid', async () => {
    await using server = await startServer({ ticketSecret });
    const ticket = createTickets(ticketSecret).issue({ id: 'u1', name: 'ada' }, Date.now());
    const [payload = '', signature = ''] = ticket.split('.');
    const other = Buffer.from(JSON.stringify({ id: 'u2', name: 'eve', until: Date.UTC(2100) })).toString('base64url');
    for (const forged of [
      `${other}.${signature}`,
      payload,
      `${payload}.`,
      `.${signature}`,
      `${payload}.${signature.slice(1)}`,
      '.',
      other,
    ]) {
      await using eve = await JsonClient.connect(`${server.url}/?token=${forged}`);
      assert.equal((await eve.next('error')).code, 'invalid_token', forged);
      assert.notEqual((await eve.next('welcome')).user.id, 'u2');
    }
  });
});

describe('auth', () => {
  test('takes a fresh ticket of the same user', async () => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    const { ticket } = await ada.next('welcome');
    ada.send({ type: 'auth', token: ticket, id: 'a1' });
    const { at, ...ack } = await ada.next('ack');
    assert.ok(at > 0);
    assert.deepEqual(ack, { type: 'ack', id: 'a1' });
  });

  test('takes no ticket of anybody else', async () => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    await using bob = await JsonClient.connect(server.url);
    const { user } = await ada.next('welcome');
    const { ticket } = await bob.next('welcome');
    ada.send({ type: 'auth', token: ticket, id: 'a1' });
    assert.deepEqual(await ada.next('error'), {
      type: 'error',
      code: 'forbidden',
      message: 'this token is for another user',
      path: '/token',
      id: 'a1',
    });
    ada.send({ type: 'message', body: 1 });
    assert.equal((await ada.next('message')).from.id, user.id);
  });

  test('takes no token that is not valid', async () => {
    await using server = await startServer();
    await using ada = await JsonClient.connect(server.url);
    ada.send({ type: 'auth', token: 'nonsense' });
    assert.deepEqual(await ada.next('error'), {
      type: 'error',
      code: 'invalid_token',
      message: notValid,
      path: '/token',
    });
  });
});
