import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import type { Figures } from '../../src/protocol/figures.ts';
import { JsonClient } from '../kit/client.ts';
import { Inbox } from '../kit/inbox.ts';
import { frame, type HeaderLines, opcodes, RawClient, type ResponseHead, upgradeRequest } from '../kit/raw.ts';
import { startServer, type TestServer } from '../kit/server.ts';

function watch(server: TestServer) {
  const socket = new WebSocket(`${server.url}/status`);
  const inbox = new Inbox<Figures[]>();
  socket.on('message', (data: Buffer) => inbox.push(JSON.parse(data.toString())));
  return { socket, next: () => inbox.take(() => true, 'figures') };
}

/** The answer to an upgrade; an accepted one is closed again. */
async function ask(server: TestServer, headers: HeaderLines = {}, path = '/status'): Promise<ResponseHead> {
  await using raw = new RawClient(server.port);
  raw.write(upgradeRequest(path, headers));
  return await raw.head;
}

async function status(server: TestServer, headers: HeaderLines = {}): Promise<number> {
  return (await ask(server, headers)).status;
}

test('who watches gets the figures of the last minutes, and then those of each second', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  await using bob = await JsonClient.connect(server.url);
  await bob.next('joined');
  ada.send({ type: 'message', body: 'hello', id: 'm1' });
  await ada.next('ack');
  const { socket, next } = watch(server);
  const before = await next();
  const [latest] = await next();
  assert.ok(latest);
  const { connections, users, rooms, messages, deliveries, delay, memory, cpu } = latest;
  assert.deepEqual(
    { connections, users, rooms, messages, deliveries },
    { connections: 2, users: 2, rooms: 1, messages: 1, deliveries: 2 },
  );
  assert.ok(before.every(({ at }) => at < latest.at));
  assert.ok(delay.p99 >= 0 && delay.max >= delay.p99 && cpu >= 0 && memory.heap > 0 && memory.resident > memory.heap);
  const other = watch(server);
  assert.deepEqual((await other.next()).at(-1), latest);
  socket.terminate();
  other.socket.terminate();
});

test('a watcher counts as a connection, and as one from its address', async () => {
  await using server = await startServer({ maxConnections: 2, maxConnectionsPerAddress: 1 });
  const watcher = await RawClient.connect(server.port, '/status');
  assert.equal(await status(server), 429);
  await using _other = await RawClient.connect(server.port, '/', { localAddress: '127.0.0.2' });
  assert.equal(await status(server), 503);
  await watcher.reset();
  for (const end = performance.now() + 10_000; (await status(server)) !== 101; ) {
    assert.ok(performance.now() < end, 'the place is not free again');
  }
});

test('what a watcher sends is ignored', async () => {
  await using server = await startServer();
  await using watcher = await RawClient.connect(server.port, '/status?name=ada&room=lobby');
  await watcher.nextFrame(opcodes.text);
  watcher.write(frame('{"type":"ping"}'), frame('x'.repeat(70_000)), frame('', { opcode: opcodes.ping }));
  await watcher.nextFrame(opcodes.pong);
  assert.deepEqual(server.broker.counts().users, 0);
});

test('a program on this machine may watch, and a page of this server', async () => {
  await using server = await startServer();
  for (const host of ['localhost', 'localhost:8080', '127.0.0.1', '127.9.9.9:8081', '[::1]:8080', 'LocalHost']) {
    assert.equal(await status(server, { Host: host }), 101, host);
    assert.equal(await status(server, { Host: host, Origin: `http://${host.toLowerCase()}` }), 101, host);
  }
});

test('a page of elsewhere may not, also under a name that stands for this machine', async () => {
  await using server = await startServer();
  const origins = [
    'https://elsewhere.example',
    'null',
    'http://127.0.0.1:1',
    ['http://127.0.0.1', 'https://a.example'],
  ];
  for (const origin of origins) assert.equal(await status(server, { Origin: origin }), 403, String(origin));
  for (const host of [
    'rebound.example',
    'localhost.example',
    '127.0.0.1.example',
    '127.evil',
    'localhost@a',
    '10.0.0.1',
  ]) {
    assert.ok([400, 403].includes(await status(server, { Host: host, Origin: `http://${host}` })), host);
    assert.ok([400, 403].includes(await status(server, { Host: host })), host);
  }
});

test('what a proxy passes on is not from this machine, trusted or not, whatever it says', async () => {
  const forwarded = [
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'x-forwarded-proto',
    'Forwarded',
    'Via',
    'X-Real-IP',
    'CF-Connecting-IP',
    'True-Client-IP',
    'X-Client-IP',
    'X-Original-Forwarded-For',
    'X-Envoy-External-Address',
  ];
  for (const trustProxy of [0, 1, ['127.0.0.1/32']]) {
    await using server = await startServer({ trustProxy });
    for (const name of forwarded) assert.equal(await status(server, { [name]: '127.0.0.1' }), 403, name);
    assert.equal(await status(server, { 'X-Forwarded-For': '' }), 403);
    assert.equal(await status(server, { 'X-Forwarded-For': ['127.0.0.1', '203.0.113.7'] }), 403);
  }
});

describe('the key', () => {
  const statusKey = 'sesame, öffne dich';
  const token = (key: string) => `key.${Buffer.from(key).toString('base64url')}`;
  const elsewhere = { Host: 'chat.example', 'X-Forwarded-For': '203.0.113.7' };

  test('opens from everywhere, and is not told again', async () => {
    await using server = await startServer({ statusKey, trustProxy: 1 });
    const offered = `chat, hubbub.status, hubbub.json, ${token(statusKey)}`;
    const { status, headers } = await ask(server, { ...elsewhere, 'Sec-WebSocket-Protocol': offered });
    assert.deepEqual([status, headers.get('sec-websocket-protocol')], [101, 'hubbub.status']);
    const alone = await ask(server, { ...elsewhere, 'Sec-WebSocket-Protocol': ['hubbub.json', token(statusKey)] });
    assert.deepEqual([alone.status, alone.headers.get('sec-websocket-protocol')], [101, undefined]);
  });

  test('another one does not, nor any where none is set', async () => {
    await using server = await startServer({ statusKey });
    await using open = await startServer();
    for (const key of ['', 'sesame', `${statusKey}x`, `${statusKey}\0`, 'undefined']) {
      const headers = { ...elsewhere, 'Sec-WebSocket-Protocol': `hubbub.status, ${token(key)}` };
      assert.equal(await status(server, headers), 403, key);
      assert.equal(await status(open, headers), 403, key);
    }
    assert.equal(await status(server, elsewhere), 403);
    assert.equal(await status(server), 101);
  });

  test('does not open to a page of elsewhere', async () => {
    await using server = await startServer({ statusKey });
    const headers = { ...elsewhere, 'Sec-WebSocket-Protocol': token(statusKey) };
    assert.equal(await status(server, { ...headers, Origin: 'https://chat.example' }), 101);
    assert.equal(await status(server, { ...headers, Origin: 'https://elsewhere.example' }), 403);
  });
});

test('the handshake is as strict as that of a session', async () => {
  await using server = await startServer();
  assert.equal(await status(server, { 'Sec-WebSocket-Version': '8' }), 426);
  assert.equal(await status(server, { 'Sec-WebSocket-Version': undefined }), 426);
  assert.equal(await status(server, { 'Sec-WebSocket-Key': undefined }), 400);
  assert.equal(await status(server, { Upgrade: undefined }), 400);
  assert.equal(await status(server, { Host: ['localhost', 'localhost'] }), 400);
});
