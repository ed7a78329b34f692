/** The client as a server gives it out, from `npm run build`. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { locally, Program } from '../life-cycle/program.ts';

const built = (name: string) => readFileSync(new URL(`../../dist/sdk/${name}`, import.meta.url), 'utf8');

test('the client and its types are at /client.js and /client.d.ts, for pages of any origin, under the base path too', async () => {
  await using program = await Program.start([...locally, '--base-path', '/chat']);
  const { host } = new URL(await program.listening());
  for (const [path, type] of [
    ['client.js', 'text/javascript; charset=utf-8'],
    ['client.d.ts', 'application/typescript; charset=utf-8'],
  ] as const) {
    const url = `http://${host}/chat/${path}`;
    const response = await fetch(url, { headers: { origin: 'https://elsewhere.example' } });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), type);
    assert.equal(response.headers.get('access-control-allow-origin'), '*');
    assert.ok(response.headers.get('content-encoding'), 'it is packed');
    assert.equal(await response.text(), built(path));
    const etag = response.headers.get('etag') ?? '';
    assert.match(etag, /^".+"$/);
    const again = await fetch(url, { headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304);
  }
});
