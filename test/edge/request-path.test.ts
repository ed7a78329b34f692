import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { requestPaths } from '../../src/edge/request-path.ts';

describe('the path of a request', () => {
  const own = requestPaths('/');
  const below = requestPaths('/chat');

  for (const [url, path] of [
    ['/', '/'],
    ['//', '/'],
    ['///', '/'],
    ['/ws', '/ws'],
    ['/ws/', '/ws'],
    ['//ws', '/ws'],
    ['//text//', '/text'],
    ['/schemas/client//join.json', '/schemas/client/join.json'],
  ] as const) {
    test(`${url} is ${path}`, () => assert.equal(own(url).path, path));
  }

  for (const url of ['/%2e%2e/ws', '/../ws', '/./ws', '/ws%2F', '/%2Fws', '/WS', '/ws;a', '/\\ws']) {
    test(`${url} is nothing but itself`, () => assert.equal(own(url).path, url));
  }

  for (const [url, path] of [
    ['/chat', '/'],
    ['/chat/', '/'],
    ['//chat//', '/'],
    ['/chat/ws', '/ws'],
    ['/chat//text/', '/text'],
    ['/chat/chat', '/chat'],
    ['/', '/'],
    ['/ws', '/ws'],
    ['/healthz', '/healthz'],
    ['/chatter', '/chatter'],
    ['/other/chat/ws', '/other/chat/ws'],
  ] as const) {
    test(`${url} is ${path} for a server under /chat`, () => {
      assert.equal(below(url).path, path);
      assert.equal(requestPaths('/chat/')(url).path, path);
    });
  }

  test('an address that is not the proper one leads to it, wherever the root is', () => {
    for (const [paths, url, proper] of [
      [own, '/', '/'],
      [own, '/status', '/status'],
      [own, '//', '/'],
      [own, '/status/', '/status'],
      [own, '//status', '/status'],
      [own, '//a//b/', '/a/b'],
      [below, '/chat/', '/chat/'],
      [below, '/chat', '/chat/'],
      [below, '/chat//', '/chat/'],
      [below, '/chat/status/', '/chat/status'],
      [below, '//chat//status', '/chat/status'],
      [below, '/status/', '/status'],
    ] as const) {
      const { moved } = paths(url);
      assert.equal(moved === undefined, url === proper, url);
      if (moved === undefined) continue;
      // As a browser sees it: at the root, and behind a proxy that takes a prefix off.
      for (const prefix of ['', '/one', '/one/two']) {
        const { pathname } = new URL(moved, `http://127.0.0.1${prefix}${url}`);
        assert.equal(pathname, prefix + proper, `${url} behind ${prefix}`);
      }
    }
  });
});
