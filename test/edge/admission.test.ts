import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { JsonClient, TextClient } from '../kit/client.ts';
import { frame, opcodes, RawClient, type RawOptions, type ResponseHead, upgradeRequest } from '../kit/raw.ts';
import { startServer, type TestServer, until } from '../kit/server.ts';

/** The answer to an upgrade; an accepted one is closed again. */
async function ask(port: number, options: RawOptions = {}): Promise<ResponseHead> {
  await using raw = new RawClient(port, options);
  raw.write(upgradeRequest('/', options.headers));
  return await raw.head;
}

async function connections(server: TestServer, count: number): Promise<void> {
  await until(() => server.broker.counts().connections === count, `there are ${count} connections`);
}

test('over maxConnections an upgrade is answered by 503, and the others are not disturbed', async () => {
  await using server = await startServer({ maxConnections: 2 });
  await using ada = await JsonClient.connect(server.url);
  await using _bob = await TextClient.connect(`${server.url}/text`);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { status, headers } = await ask(server.port);
    assert.equal(status, 503);
    assert.equal(headers.get('retry-after'), '5');
  }
  assert.equal((await fetch(`${server.http}/readyz`)).status, 200);
  await ada.settle();
  assert.equal(server.broker.counts().connections, 2);
});

test('over maxConnectionsPerAddress it is answered by 429, for this address only', async () => {
  await using server = await startServer({ maxConnectionsPerAddress: 2 });
  await using _one = await RawClient.connect(server.port, '/', { localAddress: '127.0.0.2' });
  await using _two = await RawClient.connect(server.port, '/text', { localAddress: '127.0.0.2' });
  const { status, headers } = await ask(server.port, { localAddress: '127.0.0.2' });
  assert.equal(status, 429);
  assert.equal(headers.get('retry-after'), '5');
  assert.equal((await ask(server.port, { localAddress: '127.0.0.3' })).status, 101);
});

test('maxConnections goes before maxConnectionsPerAddress', async () => {
  await using server = await startServer({ maxConnections: 1, maxConnectionsPerAddress: 1 });
  await using _one = await RawClient.connect(server.port);
  assert.equal((await ask(server.port)).status, 503);
});

test('with trustProxy the last address in X-Forwarded-For counts', async () => {
  await using server = await startServer({ maxConnectionsPerAddress: 1, trustProxy: 1 });
  const from = (...forwarded: string[]) => ({ headers: { 'X-Forwarded-For': forwarded } });
  await using _one = await RawClient.connect(server.port, '/', from('198.51.100.7'));
  assert.equal((await ask(server.port, from('198.51.100.7'))).status, 429);
  assert.equal((await ask(server.port, from('203.0.113.1, 198.51.100.7'))).status, 429);
  assert.equal((await ask(server.port, from('203.0.113.1,198.51.100.7 '))).status, 429);
  assert.equal((await ask(server.port, from('198.51.100.7:4711'))).status, 429);
  assert.equal((await ask(server.port, from('203.0.113.1', '198.51.100.7'))).status, 429);
  assert.equal((await ask(server.port, from('198.51.100.7', '203.0.113.2'))).status, 101);
  assert.equal((await ask(server.port, from('198.51.100.7, 203.0.113.1'))).status, 101);
  assert.equal((await ask(server.port, from('2001:db8::1'))).status, 101);
  await connections(server, 1);
  await using _direct = await RawClient.connect(server.port);
  assert.equal((await ask(server.port)).status, 429);
  assert.equal((await ask(server.port, from('nonsense'))).status, 429);
});

test('only the proxies of the list are believed', async () => {
  await using server = await startServer({
    maxConnectionsPerAddress: 1,
    trustProxy: ['127.0.0.2/32', '203.0.113.0/24'],
  });
  const by = (localAddress: string, ...forwarded: string[]) => ({
    localAddress,
    headers: { 'X-Forwarded-For': forwarded },
  });
  await using _one = await RawClient.connect(server.port, '/', by('127.0.0.2', '198.51.100.7', '203.0.113.1'));
  assert.equal((await ask(server.port, by('127.0.0.2', '198.51.100.7, 203.0.113.9'))).status, 429);
  await using _other = await RawClient.connect(server.port, '/', by('127.0.0.3', '198.51.100.1'));
  assert.equal((await ask(server.port, by('127.0.0.3', '198.51.100.2'))).status, 429);
});

test('who has one address of IPv6 has its whole /64', async () => {
  await using server = await startServer({ maxConnectionsPerAddress: 1, trustProxy: 1 });
  const from = (forwarded: string) => ({ headers: { 'X-Forwarded-For': forwarded } });
  await using _one = await RawClient.connect(server.port, '/', from('2001:db8:1:2::1'));
  assert.equal((await ask(server.port, from('[2001:DB8:1:2:ffff::9]:443'))).status, 429);
  assert.equal((await ask(server.port, from('2001:db8:1:3::1'))).status, 101);
});

test('without trustProxy X-Forwarded-For is not looked at', async () => {
  await using server = await startServer({ maxConnectionsPerAddress: 1 });
  await using _one = await RawClient.connect(server.port);
  assert.equal((await ask(server.port, { headers: { 'X-Forwarded-For': '198.51.100.7' } })).status, 429);
});

test('however a connection ends, its place is free again, and only its own', async () => {
  await using server = await startServer({ maxConnections: 2, maxConnectionsPerAddress: 1, maxFrame: 1024 });
  await using _stays = await RawClient.connect(server.port, '/', { localAddress: '127.0.0.2' });
  const ends: Record<string, (raw: RawClient) => void> = {
    'a close frame': (raw) => raw.write(frame(Buffer.from([0x03, 0xe8]), { opcode: opcodes.close })),
    'the end of the stream': (raw) => raw.socket.end(),
    'a reset': (raw) => raw.socket.resetAndDestroy(),
    'a violation of RFC 6455': (raw) => raw.write(frame('', { rsv: 7 })),
    'a frame that is too long': (raw) => raw.write(frame('x'.repeat(1025))),
  };
  for (const [how, end] of Object.entries(ends)) {
    const raw = await RawClient.connect(server.port);
    assert.equal((await ask(server.port)).status, 503, how);
    end(raw);
    await raw.gone;
    await connections(server, 1);
  }
  const quitter = await TextClient.connect(`${server.url}/text`);
  quitter.say('/quit');
  assert.equal((await quitter.closed).code, 1000);
  await connections(server, 1);

  await using _last = await RawClient.connect(server.port);
  assert.equal((await ask(server.port)).status, 503);
});

test('a refused upgrade takes no place', async () => {
  await using server = await startServer({ maxConnections: 1 });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    assert.equal((await ask(server.port, { headers: { 'Sec-WebSocket-Version': '8' } })).status, 426);
    assert.equal((await ask(server.port, { headers: { 'Sec-WebSocket-Key': 'short' } })).status, 400);
  }
  assert.equal((await ask(server.port)).status, 101);
});

test('a server that shuts down answers upgrades by 503', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  await using late = new RawClient(server.port);
  await once(late.socket, 'connect');
  const stopped = server.broker.stop();
  late.write(upgradeRequest());
  const { status, headers } = await late.head;
  assert.equal(status, 503);
  assert.equal(headers.get('retry-after'), '5');
  assert.equal((await ada.closed).code, 1001);
  await stopped;
  await using refused = new RawClient(server.port);
  const [error] = await once(refused.socket, 'error');
  assert.equal(error.code, 'ECONNREFUSED');
});
