import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ClientFrame, ServerFrame } from '../../src/protocol/generated/frames.ts';
import { JsonClient } from '../kit/client.ts';
import { startServer, type TestServer } from '../kit/server.ts';

test('a message reaches everyone in the room, its sender included, and is acknowledged', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
  await using bob = await JsonClient.connect(`${server.url}/ws?name=bob`);
  const { epoch } = await ada.next('joined');
  await bob.next('joined');
  ada.send({ type: 'message', body: { text: 'héllo 👋' }, id: 'm1' });
  const { at, from, ...message } = await bob.next('message');
  assert.equal(from.name, 'ada');
  assert.deepEqual(message, { type: 'message', room: 'lobby', seq: 1, id: 'm1', body: { text: 'héllo 👋' } });
  assert.deepEqual(await ada.next('message'), { ...message, at, from });
  assert.deepEqual(await ada.next('ack'), { type: 'ack', id: 'm1', room: 'lobby', epoch, seq: 1, at });
});

test('a sender can do without its own message', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  await using bob = await JsonClient.connect(server.url);
  await bob.next('joined');
  ada.send({ type: 'message', body: 'a', echo: false, id: 'm1' });
  ada.send({ type: 'message', body: 'b', echo: true });
  assert.equal((await ada.next('ack')).seq, 1);
  assert.equal((await ada.next('message')).body, 'b');
  assert.equal((await bob.next('message')).body, 'a');
});

describe('every request may carry an id, which its answer carries back:', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server[Symbol.asyncDispose]());

  const answers: [ClientFrame, ServerFrame['type']][] = [
    [{ type: 'hello' }, 'welcome'],
    [{ type: 'join', room: 'cats' }, 'joined'],
    [{ type: 'join', room: 'lobby' }, 'joined'],
    [{ type: 'leave', room: 'lobby' }, 'left'],
    [{ type: 'message', body: 1 }, 'ack'],
    [{ type: 'signal', room: 'lobby', kind: 'typing' }, 'ack'],
    [{ type: 'broadcast', body: 1 }, 'ack'],
    [{ type: 'name', name: 'ada' }, 'ack'],
    [{ type: 'status', state: 'away' }, 'ack'],
    [{ type: 'list' }, 'members'],
    [{ type: 'list', room: 'lobby' }, 'members'],
    [{ type: 'rooms' }, 'rooms'],
    [{ type: 'history', room: 'lobby' }, 'history'],
    [{ type: 'join', room: 'lobby', since: { epoch: 'x', seq: 1 } }, 'joined'],
    [{ type: 'join', room: 'lobby', last: 1 }, 'joined'],
    [{ type: 'echo', body: 1 }, 'echo'],
    [{ type: 'ping' }, 'pong'],
    [{ type: 'hello', version: 2 }, 'error'],
    [{ type: 'leave', room: 'cats' }, 'error'],
    [{ type: 'message', room: 'cats', body: 1 }, 'error'],
    [{ type: 'signal', room: 'cats', kind: 'typing' }, 'error'],
    [{ type: 'signal', to: 'nobody', kind: 'typing' }, 'error'],
    [{ type: 'direct', to: 'nobody', body: 1 }, 'error'],
    [{ type: 'list', room: 'cats' }, 'error'],
    [{ type: 'history', room: 'cats' }, 'error'],
    [{ type: 'auth', token: 'x' }, 'error'],
  ];
  for (const [request, answer] of answers) {
    test(`${JSON.stringify(request)} with ${answer}`, async () => {
      await using ada = await JsonClient.connect(server.url);
      await ada.next('joined');
      ada.drain();
      ada.send({ ...request, id: 'r1' });
      const { id } = (await ada.next(answer)) as { id?: string };
      assert.equal(id, 'r1');
      await ada.settle();
      const again = ada.drain().filter((frame) => frame.type !== 'message' && 'id' in frame);
      assert.deepEqual(again, []);
    });
  }
});

test('a request without an id is answered without one, or not at all', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  const { user, ticket } = await ada.next('welcome');
  await ada.next('joined');
  const silent: ClientFrame[] = [
    { type: 'message', body: 1, echo: false },
    { type: 'signal', room: 'lobby', kind: 'typing' },
    { type: 'signal', to: user.id, kind: 'typing' },
    { type: 'direct', to: user.id, body: 1 },
    { type: 'name', name: 'ada' },
    { type: 'status', state: 'away' },
    { type: 'auth', token: ticket },
  ];
  for (const request of silent) ada.send(request);
  ada.send({ type: 'echo', body: 'the end' });
  await ada.next('echo');
  assert.deepEqual(
    ada.drain().filter(({ type }) => type !== 'presence'),
    [],
  );
  ada.send({ type: 'join', room: 'cats' });
  assert.equal((await ada.next('joined')).id, undefined);
});

test('a refused request has no effect, and the connection stays open', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  await ada.next('joined');
  ada.send('hello?');
  ada.send({ type: 'message', body: 1, Room: 'lobby' });
  ada.send({ type: 'message', body: 2 });
  assert.deepEqual(await ada.next('error'), {
    type: 'error',
    code: 'invalid_json',
    message: 'the frame is not JSON (line 1, column 1: unexpected character); to chat in plain text, connect to /text',
  });
  assert.equal((await ada.next('error')).path, '/Room');
  const { seq, body } = await ada.next('message');
  assert.deepEqual([seq, body], [1, 2]);
});

test('requests are carried out in the order they come in', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(`${server.url}/?room=a`);
  await ada.next('joined');
  ada.drain();
  ada.send({ type: 'leave', room: 'a', id: '1' });
  ada.send({ type: 'message', body: 'x', id: '2' });
  ada.send({ type: 'join', room: 'b', id: '3' });
  ada.send({ type: 'message', body: 'y', id: '4' });
  ada.send({ type: 'nope', id: '5' });
  ada.send({ type: 'ping', id: '6' });
  await ada.next('pong', ({ id }) => id === '6');
  // It waits for the log.
  assert.equal((await ada.next('ack')).id, '4');
  const order = ada.drain().filter(({ type }) => type !== 'presence' && type !== 'message');
  assert.deepEqual(
    order.map((frame) => [frame.type, (frame as { id?: string }).id]),
    [
      ['left', '1'],
      ['error', '2'],
      ['joined', '3'],
      ['error', '5'],
    ],
  );
});

test('broadcasts reach every connection, and can be switched off', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(`${server.url}/?name=ada&room=a`);
  await using bob = await JsonClient.connect(`${server.url}/?room=b`);
  await bob.next('joined');
  ada.send({ type: 'broadcast', body: 'fire', mime: 'text/plain' });
  for (const client of [ada, bob]) {
    const { at, from, ...broadcast } = await client.next('broadcast');
    assert.ok(at > 0 && from.name === 'ada');
    assert.deepEqual(broadcast, { type: 'broadcast', body: 'fire', mime: 'text/plain' });
  }

  await using quiet = await startServer({ broadcast: false });
  await using eve = await JsonClient.connect(quiet.url);
  eve.send({ type: 'broadcast', body: 'fire', id: 'b1' });
  assert.deepEqual(await eve.next('error'), {
    type: 'error',
    code: 'forbidden',
    message: 'broadcasts are switched off',
    id: 'b1',
  });
  await eve.settle();
  assert.deepEqual(
    eve.drain().filter(({ type }) => type === 'broadcast' || type === 'ack'),
    [],
  );
});

test('names, rooms and bodies may be in any script', async () => {
  await using server = await startServer();
  const [family, room, rightToLeft] = ['👩‍👩‍👧', '日本語', 'שלום עולם'];
  const query = new URLSearchParams({ name: family, room });
  await using ada = await JsonClient.connect(`${server.url}/?${query}`);
  await using bob = await JsonClient.connect(`${server.url}/?${new URLSearchParams({ name: rightToLeft, room })}`);
  assert.equal((await ada.next('welcome')).user.name, family);
  const { members = [] } = await bob.next('joined');
  assert.deepEqual(
    members.map(({ name }) => name),
    [family, rightToLeft],
  );
  const body = { [rightToLeft]: [family, 'e\u0301', '\ud83d', '\u0000', '\u2028'], '': room };
  ada.send({ type: 'message', room, body, id: 'مرحبا' });
  const message = await bob.next('message');
  assert.deepEqual([message.room, message.from.name, message.id], [room, family, 'مرحبا']);
  assert.deepEqual(message.body, body);
  assert.equal((await ada.next('ack')).id, 'مرحبا');
  ada.send({ type: 'rooms', prefix: '日' });
  assert.deepEqual((await ada.next('rooms')).rooms, [{ room, count: 2 }]);
  ada.send({ type: 'name', name: 'e\u0301' });
  const renamed = await bob.next('presence', ({ changes }) => changes !== undefined);
  assert.deepEqual(
    renamed.changes?.map(({ name, was }) => [name, was?.name]),
    [['e\u0301', family]],
  );
});

describe('a client that sends too fast', () => {
  const rate = { perSecond: 1, burst: 3 };

  test('is refused, told when to try again, and closed if it goes on', async () => {
    await using server = await startServer({ rate });
    await using ada = await JsonClient.connect(server.url);
    await using bob = await JsonClient.connect(server.url);
    await ada.next('joined');
    ada.drain();
    for (let sent = 0; sent < 10; sent += 1) ada.send({ type: 'echo', body: sent });
    const goodbye = await ada.next('goodbye');
    assert.deepEqual([goodbye.code, goodbye.why], [4029, 'flooding']);
    assert.ok((goodbye.retry ?? 0) > 0);
    assert.deepEqual(await ada.closed, { code: 4029, reason: goodbye.message });
    const frames = ada.drain().filter(({ type }) => type !== 'presence');
    assert.deepEqual(
      frames.map((frame) => (frame.type === 'echo' ? frame.body : frame.type)),
      [0, 1, 2, 'error', 'error', 'error'],
    );
    for (const frame of frames) {
      if (frame.type !== 'error') continue;
      assert.equal(frame.code, 'rate_limited');
      assert.ok(frame.retry !== undefined && frame.retry > 0 && frame.retry <= 1000);
      assert.equal(frame.message, `too fast; try again in ${frame.retry} ms`);
    }
    await bob.settle();
  });

  test('has its bytes counted, too', async () => {
    await using server = await startServer({ rateBytes: { perSecond: 100, burst: 1000 } });
    await using ada = await JsonClient.connect(server.url);
    ada.send({ type: 'echo', body: 'x'.repeat(900) });
    ada.send({ type: 'echo', body: 'x'.repeat(900) });
    assert.equal((await ada.next('error')).code, 'rate_limited');
    assert.equal((await ada.next('welcome')).limits.bytes?.burst, 1000);
  });
});

test('the acknowledgements of messages come in order, each once and after its message', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(`${server.url}/`);
  await ada.next('joined');
  const order: string[] = [];
  ada.socket.on('message', (data: Buffer) => {
    const { type, id } = JSON.parse(data.toString());
    if (type === 'message' || type === 'ack') order.push(`${type} ${id}`);
  });
  const ids = Array.from({ length: 50 }, (_, at) => `m${at}`);
  for (const id of ids) ada.send({ type: 'message', body: 'hi', id });
  await ada.next('ack', ({ id }) => id === ids.at(-1));
  const acks = order.filter((one) => one.startsWith('ack'));
  assert.deepEqual(
    acks,
    ids.map((id) => `ack ${id}`),
  );
  for (const id of ids) assert.ok(order.indexOf(`message ${id}`) < order.indexOf(`ack ${id}`), id);
});

test('other acknowledgements come in the order of their requests, and nothing sent later overtakes them', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(`${server.url}/`);
  await ada.next('joined');
  const ids = Array.from({ length: 50 }, (_, at) => `n${at}`);
  for (const id of ids) ada.send({ type: 'name', name: id, id });
  ada.send({ type: 'ping', id: 'p1' });
  await ada.next('pong');
  const acks = ada.drain().flatMap((frame) => (frame.type === 'ack' ? frame.id : []));
  assert.deepEqual(acks, ids);
});

test('a connection that ends gets its acknowledgements first', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(`${server.url}/`);
  await ada.next('joined');
  ada.send({ type: 'name', name: 'ada', id: 'n1' });
  ada.send({ type: 'echo', body: 'x'.repeat(70_000) });
  assert.equal((await ada.next('ack')).id, 'n1');
  assert.equal((await ada.next('goodbye')).code, 1009);
  assert.equal((await ada.closed).code, 1009);
});
