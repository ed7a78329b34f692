import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createPages } from '../../src/http/pages.ts';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';

const script = 'console.log("hello");\n'.repeat(100);
const image = Buffer.from('iVBORw0KGgo=', 'base64');
const pages = createPages(
  new Map([
    ['index.html', Buffer.from('<!doctype html><title>chat</title>')],
    ['status.html', Buffer.from('<!doctype html><title>status</title>')],
    ['assets/app-1a2b.js', Buffer.from(script)],
    ['icon.png', image],
  ]),
);

/** As it comes over the wire: `fetch` would unpack it. */
async function fetchRaw(
  url: string,
  headers: Record<string, string> = {},
): Promise<IncomingMessage & { body: Buffer }> {
  const request = get(url, { headers, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Object.assign(response, { body: Buffer.concat(chunks) });
}

describe('the web pages', () => {
  test('each has its path and its type', async () => {
    await using server = await startServer({ pages });
    for (const [path, type, body] of [
      ['/', 'text/html; charset=utf-8', '<!doctype html><title>chat</title>'],
      ['/status', 'text/html; charset=utf-8', '<!doctype html><title>status</title>'],
      ['/assets/app-1a2b.js', 'text/javascript; charset=utf-8', script],
      ['/icon.png', 'image/png', image.toString()],
    ] as const) {
      const response = await fetchRaw(server.http + path);
      assert.equal(response.statusCode, 200);
      assert.equal(response.headers['content-type'], type);
      assert.equal(response.body.toString(), body);
    }
    assert.equal((await fetch(`${server.http}/assets/other.js`)).status, 404);
  });

  test('a page may use nothing but what the server has', async () => {
    await using server = await startServer({ pages });
    const { headers } = await fetchRaw(server.http);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
  });

  test('what a client can unpack is packed', async () => {
    await using server = await startServer({ pages });
    const url = `${server.http}/assets/app-1a2b.js`;
    for (const [accepted, encoding, unpack] of [
      ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
      ['gzip, br;q=0', 'gzip', gunzipSync],
      ['GZIP;q=0.5', 'gzip', gunzipSync],
      ['identity', undefined, (body: Buffer) => body],
    ] as const) {
      const { headers, body } = await fetchRaw(url, { 'accept-encoding': accepted });
      assert.equal(headers['content-encoding'], encoding);
      assert.equal(headers.vary, 'accept-encoding');
      assert.equal(Number(headers['content-length']), body.length);
      assert.equal(unpack(body).toString(), script);
    }
  });

  test('what the build has packed is sent as it is', async () => {
    const built = createPages(
      new Map([
        ['index.html', Buffer.from('plain')],
        ['index.html.br', Buffer.from('packed by Brotli')],
        ['index.html.gz', Buffer.from('packed by gzip')],
      ]),
    );
    assert.deepEqual([...built.keys()], ['/']);
    await using server = await startServer({ pages: built });
    for (const [accepted, body] of [
      ['gzip, br', 'packed by Brotli'],
      ['gzip', 'packed by gzip'],
      ['identity', 'plain'],
    ] as const) {
      const response = await fetchRaw(server.http, { 'accept-encoding': accepted });
      assert.equal(response.body.toString(), body);
    }
  });

  test('what a client has already is not sent again', async () => {
    await using server = await startServer({ pages });
    const first = await fetchRaw(server.http, { 'accept-encoding': 'br' });
    const { etag = '' } = first.headers;
    assert.equal(first.headers['cache-control'], 'no-cache');
    for (const known of [etag, `"other", ${etag}`, `W/${etag}`]) {
      const again = await fetchRaw(server.http, { 'accept-encoding': 'br', 'if-none-match': known });
      assert.equal(again.statusCode, 304);
      assert.equal(again.headers.etag, etag);
      assert.equal(again.body.length, 0);
    }
    assert.equal((await fetchRaw(server.http, { 'if-none-match': etag })).statusCode, 200);
    const asset = await fetchRaw(`${server.http}/assets/app-1a2b.js`);
    assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
  });

  test('HEAD has the length and no body', async () => {
    await using server = await startServer({ pages });
    const response = await fetch(server.http, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-length'), '34');
    assert.equal(await response.text(), '');
  });

  test('a WebSocket is still taken at the same path', async () => {
    await using server = await startServer({ pages });
    await using client = await JsonClient.connect(server.url);
    assert.equal((await client.next('welcome')).protocol, 1);
  });
});
