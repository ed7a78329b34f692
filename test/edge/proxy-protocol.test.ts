import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { localProxyHeader, proxyHeader } from '../kit/proxy-header.ts';
import { type HeaderLines, RawClient, upgradeRequest } from '../kit/raw.ts';
import { onlyNative, startServer, type TestOptions, type TestServer } from '../kit/server.ts';

const proxy = '127.0.0.2';
const behindProxy: TestOptions = {
  edge: 'uws',
  proxyProtocol: true,
  trustProxy: ['127.0.0.2/32'],
  maxConnectionsPerAddress: 1,
};

type Bytes = string | Uint8Array;

/** A connection from `localAddress` that sends these bytes. */
function connect({ port }: TestServer, localAddress: string, ...bytes: Bytes[]): RawClient {
  const raw = new RawClient(port, { localAddress });
  raw.write(...bytes);
  return raw;
}

/** The answer to an upgrade over such a connection; an accepted one is closed again. */
async function ask(server: TestServer, localAddress: string, ...bytes: Bytes[]): Promise<number> {
  await using raw = connect(server, localAddress, ...bytes);
  return (await raw.head).status;
}

async function stay(server: TestServer, localAddress: string, ...bytes: Bytes[]): Promise<RawClient> {
  const raw = connect(server, localAddress, ...bytes);
  assert.equal((await raw.head).status, 101);
  return raw;
}

function forwarded(address: string): HeaderLines {
  return { 'X-Forwarded-For': address };
}

/** All that comes until the connection is gone. */
async function all({ socket, gone }: RawClient): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  await gone;
  return Buffer.concat(chunks).toString('latin1');
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

test('a connection is from where the trusted proxy says, and not from where the request does', onlyNative, async () => {
  await using server = await startServer(behindProxy);
  await using _one = await stay(server, proxy, proxyHeader('203.0.113.1'), upgradeRequest());
  assert.equal(await ask(server, proxy, proxyHeader('203.0.113.1'), upgradeRequest()), 429);
  assert.equal(await ask(server, proxy, proxyHeader('203.0.113.1'), upgradeRequest('/', forwarded('8.8.8.8'))), 429);
  assert.equal(await ask(server, proxy, proxyHeader('203.0.113.2'), upgradeRequest()), 101);
  await using _six = await stay(server, proxy, proxyHeader('2001:db8::1'), upgradeRequest());
  assert.equal(await ask(server, proxy, proxyHeader('2001:db8::2'), upgradeRequest()), 429);
});

test('the header may come in pieces', onlyNative, async () => {
  await using server = await startServer(behindProxy);
  await using _one = await stay(server, proxy, proxyHeader('203.0.113.1'), upgradeRequest());
  const raw = connect(server, proxy);
  await raw.trickle(proxyHeader('203.0.113.1'));
  raw.write(upgradeRequest());
  assert.equal((await raw.head).status, 429);
});

test('another proxy in front of it is asked if it is trusted, too', onlyNative, async () => {
  await using server = await startServer({ ...behindProxy, trustProxy: ['127.0.0.2/32', '198.51.100.0/24'] });
  const by = (header: string, claimed: string) => [proxyHeader(header), upgradeRequest('/', forwarded(claimed))];
  await using _one = await stay(server, proxy, ...by('198.51.100.1', '203.0.113.1'));
  assert.equal(await ask(server, proxy, ...by('198.51.100.2', '9.9.9.9, 203.0.113.1')), 429);
  assert.equal(await ask(server, proxy, proxyHeader('203.0.113.1'), upgradeRequest()), 429);
});

test(
  'without a header, or with one of the proxy itself, it is the proxy, whatever the request says',
  onlyNative,
  async () => {
    await using server = await startServer(behindProxy);
    await using _one = await stay(server, proxy, upgradeRequest('/', forwarded('203.0.113.1')));
    assert.equal(await ask(server, proxy, upgradeRequest('/', forwarded('203.0.113.2'))), 429);
    assert.equal(await ask(server, proxy, localProxyHeader, upgradeRequest('/', forwarded('203.0.113.3'))), 429);
  },
);

test('who is not trusted is not believed', onlyNative, async () => {
  await using server = await startServer(behindProxy);
  await using _one = await stay(server, '127.0.0.1', proxyHeader('203.0.113.1'), upgradeRequest());
  assert.equal(await ask(server, '127.0.0.1', proxyHeader('203.0.113.2'), upgradeRequest()), 429);
});

test('nobody is, unless it is switched on', onlyNative, async () => {
  await using server = await startServer({ ...behindProxy, proxyProtocol: false });
  await using _one = await stay(server, proxy, proxyHeader('203.0.113.1'), upgradeRequest());
  assert.equal(await ask(server, proxy, proxyHeader('203.0.113.2'), upgradeRequest()), 429);
});

describe('a client cannot say something else with a header of its own', { concurrency: true, ...onlyNative }, () => {
  const forged = [proxyHeader('203.0.113.9'), upgradeRequest()];
  const first: Record<string, Bytes> = {
    'a request': get('/healthz'),
    'a request with a long answer': get('/asyncapi.json'),
    'a request that is refused': upgradeRequest('/', { Upgrade: undefined }),
    'a request that is malformed': 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    nothing: '',
  };
  for (const [what, bytes] of Object.entries(first)) {
    test(`in the packet of ${what}`, async () => {
      await using server = await startServer(behindProxy);
      await using raw = connect(server, proxy, proxyHeader('203.0.113.1'), bytes, ...forged);
      const answers = all(raw);
      raw.socket.end();
      assert.doesNotMatch(await answers, /HTTP\/1\.1 101/);
    });
  }

  for (const path of ['/healthz', '/asyncapi.json', '/big']) {
    test(`after the answer to ${path}`, async () => {
      const content = Buffer.alloc(8 * 1024 * 1024);
      const page = { etag: 'x', cacheControl: 'no-cache', headers: {}, content, compressed: undefined };
      await using server = await startServer({ ...behindProxy, pages: new Map([['/big', page]]) });
      await using raw = connect(server, proxy, proxyHeader('203.0.113.1'), get(path));
      const answers = all(raw);
      const { status, headers } = await raw.head;
      assert.deepEqual([status, headers.get('connection')], [200, 'close']);
      while (raw.socket.bytesRead < Number(headers.get('content-length'))) await once(raw.socket, 'data');
      raw.write(...forged);
      assert.doesNotMatch(await answers, /HTTP\/1\.1 101/);
    });
  }
});

test('the figures of the server are not for who comes through the proxy', onlyNative, async () => {
  await using server = await startServer({ ...behindProxy, trustProxy: 1, maxConnectionsPerAddress: 0 });
  const local = upgradeRequest('/status', { Host: 'localhost' });
  assert.equal(await ask(server, '127.0.0.1', proxyHeader('127.0.0.1'), local), 403);
  assert.equal(await ask(server, '127.0.0.1', proxyHeader('203.0.113.1'), local), 403);
  assert.equal(await ask(server, '127.0.0.1', local), 101);
});
