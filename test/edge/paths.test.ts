/** The server answers at its paths, with and without a prefix and however a proxy writes them, and nowhere else. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect } from '../../src/client/connect.ts';
import { createPages } from '../../src/http/pages.ts';
import { JsonClient, TextClient } from '../kit/client.ts';
import { PathProxy } from '../kit/path-proxy.ts';
import { RawClient, upgradeRequest } from '../kit/raw.ts';
import { onlyNative, startServer } from '../kit/server.ts';

/** The first message: text starts with a line, and the figures with a list. */
const firsts = { json: /^{"type":"welcome"/, text: /^\* welcome/, status: /^\[/ } as const;

const taken = {
  json: ['/', '//', '///', '/ws', '/ws/', '//ws', '//ws//', '/?name=ada', '//?name=ada'],
  text: ['/text', '/text/', '//text', '/text//', '/text/?name=ada'],
  status: ['/status', '/status/', '//status'],
} as const;

const nowhere = ['/nothing', '/ws/more', '/text/ws', '/TEXT', '/%77s', '/ws%2F', '/../ws', '/./ws', '/*', '/*status'];

async function first(url: string, path: string): Promise<string> {
  await using client = await TextClient.connect(url + path);
  return await client.line(/^/);
}

for (const [basePath, prefixes] of [
  ['/', ['']],
  ['/chat', ['', '/chat', '//chat/']],
  ['/a/b/', ['/a/b']],
] as const) {
  describe(`a server at ${basePath}`, () => {
    for (const [kind, paths] of Object.entries(taken)) {
      test(`speaks ${kind} wherever that is meant`, async () => {
        await using server = await startServer({ basePath });
        for (const path of prefixes.flatMap((prefix) => paths.map((one) => prefix + one))) {
          assert.match(await first(server.url, path), firsts[kind as keyof typeof firsts], path);
        }
      });
    }

    test('says of a WebSocket elsewhere that there is nothing, and stays', async () => {
      await using server = await startServer({ basePath });
      for (const path of [...nowhere, ...nowhere.map((one) => `${basePath}${one}`), '/chatter', '/a', '/chat/chat']) {
        await using raw = new RawClient(server.port);
        let answer = '';
        raw.socket.on('data', (data) => {
          answer += data;
        });
        raw.write(upgradeRequest(path));
        assert.equal((await raw.head).status, 404, path);
        assert.match(answer, /\r\n\r\nthere is nothing at this path\n/, path);
      }
      await using client = await JsonClient.connect(server.url);
      await client.next('welcome');
    });

    test('answers plain HTTP there too', async () => {
      await using server = await startServer({ basePath });
      for (const prefix of ['', ...prefixes]) {
        for (const path of [
          '/healthz',
          '/healthz/',
          '//readyz',
          '/schemas',
          '/schemas/',
          '/schemas//client/join.json',
        ]) {
          assert.equal((await fetch(server.http + prefix + path)).status, 200, prefix + path);
        }
        assert.equal((await fetch(`${server.http}${prefix}/nothing`)).status, 404);
      }
    });
  });
}

test('edge processes know the path as well', onlyNative, async () => {
  await using server = await startServer({ basePath: '/chat', edges: 2 });
  for (const [kind, path] of [
    ['json', '/chat//ws/'],
    ['text', '/chat/text'],
    ['status', '/chat/status/'],
  ] as const) {
    assert.match(await first(server.url, path), firsts[kind], path);
  }
  assert.equal((await fetch(`${server.http}/chat/readyz`)).status, 200);
});

test('a page elsewhere than at its address leads there: what it loads is addressed relative to that', async () => {
  const pages = createPages(
    new Map(['index.html', 'status.html', 'assets/a.js'].map((name) => [name, Buffer.from(name)])),
  );
  await using server = await startServer({ basePath: '/chat', pages });
  for (const [path, at, body] of [
    ['/', '/', 'index.html'],
    ['/chat/', '/chat/', 'index.html'],
    ['/chat', '/chat/', 'index.html'],
    ['//chat//', '/chat/', 'index.html'],
    ['//', '/', 'index.html'],
    ['/chat/status', '/chat/status', 'status.html'],
    ['/chat/status/', '/chat/status', 'status.html'],
    ['//status', '/status', 'status.html'],
    ['/chat/assets//a.js', '/chat/assets/a.js', 'assets/a.js'],
  ] as const) {
    const response = await fetch(server.http + path);
    assert.equal(response.status, 200);
    assert.equal(response.url, server.http + at, path);
    assert.equal(response.redirected, path !== at);
    assert.equal(await response.text(), body);
  }
  const { status, headers } = await fetch(`${server.http}/chat`, { redirect: 'manual' });
  assert.equal(status, 308);
  assert.equal(headers.get('location'), 'chat/');
  assert.equal((await fetch(`${server.http}//nothing`, { redirect: 'manual' })).status, 404);
});

for (const [what, basePath, strips] of [
  ['takes the path off', '/', true],
  ['leaves the path on', '/chat', false],
] as const) {
  test(`the client comes through a proxy that ${what}`, async () => {
    await using server = await startServer({ basePath });
    await using proxy = await PathProxy.start({ servers: { '/chat': server.port }, strips });
    for (const url of [
      'ws:/chat/',
      'http:/chat/',
      'ws:/chat',
      'ws:/chat/ws',
      'ws:/chat/?room=cats',
      'ws:/chat?room=cats',
    ]) {
      const hub = connect(url.replace(':', `://${proxy.authority}`), { name: 'ada' });
      const room = await hub.join('cats');
      await room.send('meow');
      await hub.close();
    }
    // The query is complete.
    assert.ok(proxy.passed.at(-1)?.includes('?room=cats&'), proxy.passed.at(-1));
  });
}
