import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { builtPages } from '../browser/kit.ts';
import { JsonClient } from '../kit/client.ts';
import { haproxy, nginx, skipWithout } from '../kit/packages.ts';
import { type HeaderLines, RawClient, type ResponseHead, upgradeRequest } from '../kit/raw.ts';
import { startServer, type TestOptions } from '../kit/server.ts';
import { blocks, ProxyServer } from './proxy.ts';

const [nginxBlock = ''] = blocks('proxies.md', 'nginx');
const [httpBlock = '', tcpBlock = ''] = blocks('proxies.md', 'haproxy');
const [nginxPath = ''] = blocks('paths.md', 'nginx');
const [haproxyPath = ''] = blocks('paths.md', 'haproxy');

interface Case {
  readonly skip: string | false;
  readonly start: (server: number) => Promise<ProxyServer>;
  readonly options?: TestOptions;
  /** Whether it always uses HTTP/1.1 to the server. */
  readonly isModern?: boolean;
  readonly path?: string;
}

const cases: Record<string, Case> = {
  nginx: { skip: skipWithout(nginx), start: (server) => ProxyServer.nginx(nginxBlock, server), isModern: true },
  HAProxy: { skip: skipWithout(haproxy), start: (server) => ProxyServer.haproxy(httpBlock, server) },
  'HAProxy that carries TCP': {
    skip: skipWithout(haproxy),
    start: (server) => ProxyServer.haproxy(tcpBlock, server),
    options: { proxyProtocol: true },
  },
  'nginx, under a path': {
    skip: skipWithout(nginx),
    start: (server) => ProxyServer.nginx(nginxPath, server),
    isModern: true,
    path: '/chat',
  },
  'HAProxy, under a path': {
    skip: skipWithout(haproxy),
    start: (server) => ProxyServer.haproxy(haproxyPath, server),
    path: '/chat',
  },
};

/** The answer to an upgrade through a proxy from this address; an accepted one is closed again. */
async function ask(
  { port }: ProxyServer,
  path: string,
  localAddress: string,
  headers: HeaderLines = {},
): Promise<ResponseHead> {
  await using raw = new RawClient(port, { localAddress });
  raw.write(upgradeRequest(path, headers));
  return await raw.head;
}

for (const [name, { skip, start, options, isModern = false, path = '' }] of Object.entries(cases)) {
  describe(`through ${name}`, { skip }, () => {
    const trusted: TestOptions = { trustProxy: ['127.0.0.1/32'], ...options };

    test('people chat', async () => {
      await using server = await startServer(trusted);
      await using proxy = await start(server.port);
      await using ada = await JsonClient.connect(`${proxy.url}${path}/?name=ada`);
      await using bob = await JsonClient.connect(`${proxy.url}${path}/ws?name=bob`, ['hubbub.json']);
      await bob.next('joined');
      ada.send({ type: 'message', body: 'hello', id: 'm1' });
      await ada.next('ack');
      assert.equal((await bob.next('message')).body, 'hello');
      await using lines = await RawClient.connect(proxy.port, `${path}/text`);
      await lines.nextFrame(1);
    });

    test('each address has its own limit, whatever it says', async () => {
      await using server = await startServer({ ...trusted, maxConnectionsPerAddress: 1 });
      await using proxy = await start(server.port);
      await using _one = await RawClient.connect(proxy.port, `${path}/`, { localAddress: '127.0.0.2' });
      const claims = ['203.0.113.1', '127.0.0.1', ['203.0.113.2', '127.0.0.1'], '8.8.8.8, 127.0.0.1', 'nonsense'];
      for (const claim of claims) {
        const { status } = await ask(proxy, `${path}/`, '127.0.0.2', { 'X-Forwarded-For': claim });
        assert.equal(status, 429, String(claim));
      }
      assert.equal((await ask(proxy, `${path}/`, '127.0.0.3')).status, 101);
    });

    test('the page, health and schemas are there', async () => {
      await using server = await startServer({ ...trusted, pages: builtPages() });
      await using proxy = await start(server.port);
      const page = await fetch(`${proxy.http}${path}/`);
      assert.match(await page.text(), /<title>Hubbub/);
      assert.equal(await (await fetch(`${proxy.http}${path}/healthz`)).text(), 'ok\n');
      assert.equal((await fetch(`${proxy.http}${path}/asyncapi.json`)).status, 200);
    });

    test('the figures of the server are not for everybody, but for the key', async () => {
      const statusKey = 'sesame open the door';
      await using server = await startServer({ ...trusted, statusKey });
      await using proxy = await start(server.port);
      const ofStatus = async (headers: HeaderLines) =>
        (await ask(proxy, `${path}/status`, '127.0.0.1', { Host: 'localhost', ...headers })).status;
      assert.equal(await ofStatus({}), 403);
      assert.equal(await ofStatus({ 'X-Forwarded-For': '127.0.0.1' }), 403);
      assert.equal(await ofStatus({ 'X-Forwarded-For': ['127.0.0.1', '127.0.0.1'], Forwarded: 'for=127.0.0.1' }), 403);
      const key = `key.${Buffer.from(statusKey).toString('base64url')}`;
      const opened = { 'Sec-WebSocket-Protocol': `hubbub.status, ${key}` };
      assert.equal(await ofStatus({ ...opened, Host: 'chat.example', Origin: 'http://chat.example' }), 101);
      assert.equal(await ofStatus({ ...opened, Host: 'chat.example', Origin: 'http://other.example' }), 403);
    });

    test('who speaks HTTP/1.0 gets the page', { skip: !isModern }, async () => {
      await using server = await startServer({ ...trusted, pages: builtPages() });
      await using proxy = await start(server.port);
      const socket = connect(proxy.port, '127.0.0.1');
      socket.write(`GET ${path}/ HTTP/1.0\r\nHost: x\r\n\r\n`);
      assert.match(await text(socket), /^HTTP\/1\.[01] 200 .*<title>Hubbub/s);
    });
  });
}

describe('the health check of HAProxy', { skip: skipWithout(haproxy) }, () => {
  /** HAProxy's status of the server. */
  async function checked({ directory }: ProxyServer): Promise<string | undefined> {
    const socket = connect(`${directory}/stats`);
    socket.write('show stat\n');
    const [header, ...rows] = (await text(socket)).split('\n').map((line) => line.replace(/^# /, '').split(','));
    const row = rows.find((cells) => cells[0] === 'hubbub' && cells[1] === 'one');
    return row?.[header?.indexOf('check_status') ?? -1];
  }

  async function comesToBe(proxy: ProxyServer, wanted: string): Promise<void> {
    for (const end = performance.now() + 20_000; (await checked(proxy)) !== wanted; await wait(50)) {
      assert.ok(performance.now() < end, `it is ${await checked(proxy)}`);
    }
  }

  test('is answered', async () => {
    await using server = await startServer();
    await using proxy = await ProxyServer.haproxy(httpBlock, server.port);
    await comesToBe(proxy, 'L7OK');
  });

  test('is not if it speaks HTTP/1.0', async () => {
    await using server = await startServer();
    await using proxy = await ProxyServer.haproxy(httpBlock.replace(/^ *http-check.*\n/m, ''), server.port);
    await comesToBe(proxy, 'L7STS');
  });
});
