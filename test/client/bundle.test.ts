/** The client from `npm run build`. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { chromium as playwright } from 'playwright-core';
import type { connect } from '../../src/client/connect.ts';
import { JsonClient } from '../kit/client.ts';
import { FaultProxy } from '../kit/fault-proxy.ts';
import { chromium, skipWithout } from '../kit/packages.ts';
import { Random } from '../kit/random.ts';
import { startServer } from '../kit/server.ts';
import { temporaryDirectory } from '../life-cycle/program.ts';

const root = new URL('../../', import.meta.url).pathname;
const bundle = readFileSync(join(root, 'dist/client/bundle.js'), 'utf8');
/** Its name, as applications import it. */
const name = 'hubbub/client';

test('it imports nothing but ws, and that only where there is no WebSocket', () => {
  assert.deepEqual(bundle.match(/\bimport\b[^;]{0,20}/g)?.length, 1);
  assert.match(bundle, /\?\?import\("ws"\)/);
  assert.doesNotMatch(bundle, /\brequire\b|node:|\bprocess\b|\bBuffer\b/);
});

test('in Node it is found by its name, and finds a WebSocket', async () => {
  const client = (await import(name)) as { connect: typeof connect; HubbubError: unknown };
  assert.deepEqual(Object.keys(client).sort(), ['HubbubError', 'connect']);
  await using server = await startServer();
  await using hub = client.connect(server.http, { name: 'ada' });
  const room = await hub.join('general');
  assert.equal((await room.send('hello')).seq, 1);
});

/** Uses much of the API, in a page without Node's types. */
const user = `
import { connect, HubbubError, type Hub, type Message, type Room } from 'hubbub/client';
interface Note { readonly text: string }
const hub: Hub = connect(new URL('/chat', location.href), { WebSocket, token: () => localStorage.getItem('ticket') ?? undefined });
const room: Room<Note> = await hub.join<Note>('notes', { last: 10, signal: AbortSignal.timeout(1000) });
for await (const message of room) {
  const { body: { text }, seq, epoch }: Message<Note> = message;
  await hub.join('notes', { since: message });
  console.log(text, seq, epoch, room.members?.get(message.from.id)?.state);
  break;
}
const off: () => void = room.on('gap', ({ why }) => console.log(why === 'epoch'));
hub.on('state', ({ state, retry }) => console.log(state === 'offline', retry));
await room.send({ text: 'hi' }).catch((error: unknown) => error instanceof HubbubError && error.code === 'queue_full');
// @ts-expect-error It is not a note.
await room.send('hi');
// @ts-expect-error There is no such event.
room.on('mesage', () => undefined);
off();
await hub.close();
`;

test('its types stand alone', async () => {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  await mkdir(join(path, 'node_modules'));
  symlinkSync(root, join(path, 'node_modules/hubbub'));
  writeFileSync(join(path, 'package.json'), '{"type":"module"}');
  writeFileSync(join(path, 'page.ts'), user);
  for (const module of ['NodeNext', 'ESNext']) {
    const options = ['--module', module, '--moduleResolution', module === 'ESNext' ? 'bundler' : module];
    const strict = [
      '--strict',
      '--exactOptionalPropertyTypes',
      '--noEmit',
      '--target',
      'es2022',
      '--lib',
      'es2022,dom',
    ];
    const all = [...options, ...strict, '--types', '', 'page.ts'];
    try {
      execFileSync(join(root, 'node_modules/.bin/tsc'), all, { cwd: path, encoding: 'utf8' });
    } catch (error) {
      assert.fail((error as { stdout: string }).stdout);
    }
  }
});

test('the example in README.md does what it says', async () => {
  await using server = await startServer();
  await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=general`);
  await using directory = await temporaryDirectory();
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, example = ''] = /## The SDK in 15 lines.*?```js\n(.*?)```/s.exec(readme) ?? [];
  assert.equal(example.trim().split('\n').length, 15);
  await mkdir(join(directory.path, 'node_modules'));
  symlinkSync(root, join(directory.path, 'node_modules/hubbub'));
  const script = join(directory.path, 'example.mjs');
  writeFileSync(script, example.replace('ws://localhost:8080', server.url));
  const running = promisify(execFile)(process.execPath, [script]);
  assert.equal((await bob.next('message')).body, 'hello');
  bob.send({ type: 'message', body: 'bye' });
  const lines = (await running).stdout.trim().split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('<')),
    ['<ada> hello', '<bob> bye'],
  );
  assert.deepEqual([lines[0], lines.at(-1)], ['online ', 'closed']);
});

const skip = skipWithout(chromium);

describe('in Chromium', { skip }, () => {
  test('a page chats, in JSON and bytes, and goes on where the connection broke', async () => {
    await using server = await startServer();
    await using proxy = await FaultProxy.start({ random: new Random(1), target: () => server.port });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=general`);
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
    const browser = await playwright.launch({ executablePath: chromium.file, args });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      await page.route('**/client.js', (route) => route.fulfill({ contentType: 'text/javascript', body: bundle }));
      await page.goto(`${server.http}/healthz`);
      await page.evaluate(`(async () => {
        const { connect } = await import('/client.js');
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
