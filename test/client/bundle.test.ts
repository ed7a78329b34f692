/** The client from `npm run build`, in a page. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { chromium as playwright } from 'playwright-core';
import { createClient } from '../../src/http/client.ts';
import { JsonClient } from '../kit/client.ts';
import { FaultProxy } from '../kit/fault-proxy.ts';
import { chromium, skipWithout } from '../kit/packages.ts';
import { Random } from '../kit/random.ts';
import { startServer } from '../kit/server.ts';

const bundle = readFileSync(new URL('../../dist/sdk/client.js', import.meta.url));

test('it imports nothing but ws, only where there is no WebSocket, and no bundler looks for that', () => {
  const code = bundle.toString();
  assert.deepEqual(code.match(/\bimport\b.{0,23}/g), ['import(/*webpackIgnore:true*/']);
  assert.match(code, /\?\?\w+\("ws"\)\.then/);
  assert.doesNotMatch(code, /\brequire\b|node:|\bprocess\b|\bBuffer\b/);
});

const skip = skipWithout(chromium);

describe('in Chromium', { skip }, () => {
  test('a page chats, in JSON and bytes, and goes on where the connection broke', async () => {
    await using server = await startServer({ pages: createClient(new Map([['client.js', bundle]])) });
    // What a page is that comes from elsewhere.
    await using other = await startServer();
    await using proxy = await FaultProxy.start({ random: new Random(1), target: () => server.port });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=general`);
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    const browser = await playwright.launch({ executablePath: chromium.file, args });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      await page.goto(`${other.http}/healthz`);
      await page.evaluate(`(async () => {
        const { connect } = await import(${JSON.stringify(`${server.http}/client.js`)});
        const hub = connect(${JSON.stringify(proxy.url)}, { name: 'ada', backoff: { base: 10 } });
        const room = await hub.join('general');
        const heard = [];
        (async () => {
          for await (const { from, body } of room) {
            heard.push(from.name + ': ' + (body instanceof Uint8Array ? 'bytes ' + body : body));
          }
        })();
        window.chat = { hub, room, heard };
      })()`);
      await page.evaluate(`chat.room.send('hello').then(() => chat.room.send(new Uint8Array([1, 2, 255])))`);
      assert.equal((await bob.next('message')).body, 'hello');
      assert.deepEqual([...(await bob.nextBinary()).payload], [1, 2, 255]);

      proxy.cut();
      bob.send({ type: 'message', body: 'while you were away', id: 'm1' });
      await bob.next('ack');
      await page.evaluate(`chat.room.send('I am back')`);
      await page.waitForFunction('chat.heard.length === 4');
      assert.deepEqual(await page.evaluate('chat.heard'), [
        'ada: hello',
        'ada: bytes 1,2,255',
        'bob: while you were away',
        'ada: I am back',
      ]);
      assert.deepEqual(await page.evaluate('[...chat.room.members.values()].map(({ name }) => name).sort()'), [
        'ada',
        'bob',
      ]);
      await page.evaluate('chat.hub.close()');
      assert.equal(await page.evaluate('chat.hub.state'), 'closed');
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
    }
  });
});
