import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { ServerFrame } from '../../src/protocol/generated/frames.ts';
import { JsonClient } from '../kit/client.ts';
import { startServer, type TestServer } from '../kit/server.ts';
import { type BrowserPage, launch, skip } from './kit.ts';

/** Runs in the page: one WebSocket, and everything it has received. Binary data is kept as hex. */
const inPage = `
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  window.chat = {
    received: [],
    open: ({ url, protocols }) => new Promise((resolve, reject) => {
      const socket = new WebSocket(url, protocols);
      socket.binaryType = 'arraybuffer';
      socket.onmessage = ({ data }) => chat.received.push(typeof data === 'string' ? { text: data } : { hex: hex(data) });
      socket.onclose = ({ code, reason, wasClean }) => { chat.closed = { code, reason, wasClean }; };
      socket.onerror = () => reject(new Error('the WebSocket failed'));
      socket.onopen = () => resolve(socket.protocol);
      chat.socket = socket;
    }),
    send: (text) => chat.socket.send(text),
    sendHex: (text) => chat.socket.send(bytes(text)),
  };
`;

/** A WebSocket in a page. */
class PageSocket {
  readonly #page: BrowserPage;

  constructor(page: BrowserPage) {
    this.#page = page;
  }

  /** @returns the subprotocol the server chose. */
  async open(url: string, protocols: string[] = []): Promise<string> {
    return this.#page.evaluate(`chat.open(${JSON.stringify({ url, protocols })})`);
  }

  async send(frame: object | string): Promise<void> {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame);
    await this.#page.evaluate(`chat.send(${JSON.stringify(text)})`);
  }

  async sendBinary(header: object, payload: Uint8Array): Promise<void> {
    const head = Buffer.from(JSON.stringify(header));
    const frame = Buffer.concat([Buffer.from([0x01, head.length >> 8, head.length & 0xff]), head, payload]);
    await this.#page.evaluate(`chat.sendHex('${frame.toString('hex')}')`);
  }

  /** Waits for a JSON frame of this type, without taking it. */
  async frame<T extends ServerFrame['type']>(type: T): Promise<Extract<ServerFrame, { type: T }>> {
    const found = `chat.received.find(({ text }) => text !== undefined && JSON.parse(text).type === '${type}')?.text`;
    return JSON.parse(await this.#waitFor(found));
  }

  /** Waits for a line with this beginning. */
  line(start: string): Promise<string> {
    return this.#waitFor(`chat.received.find(({ text }) => text?.startsWith(${JSON.stringify(start)}))?.text`);
  }

  async binary(): Promise<Buffer> {
    return Buffer.from(await this.#waitFor<string>('chat.received.find(({ hex }) => hex !== undefined)?.hex'), 'hex');
  }

  closed(): Promise<{ code: number; reason: string; wasClean: boolean }> {
    return this.#waitFor('chat.closed');
  }

  async #waitFor<T>(expression: string): Promise<T> {
    const handle = await this.#page.waitForFunction(expression, undefined, { timeout: 30_000 });
    return (await handle.jsonValue()) as T;
  }
}

describe('in Chromium', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });

  /** A page of the server's own origin. */
  async function openPage(server: TestServer): Promise<PageSocket & AsyncDisposable> {
    const page = await browser.newPage();
    await page.goto(`${server.http}/healthz`);
    await page.evaluate(inPage);
    return Object.assign(new PageSocket(page), { [Symbol.asyncDispose]: () => page.close() });
  }

  test('a page talks with another client, in JSON', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=cats`);
    await using ada = await openPage(server);
    assert.equal(await ada.open(`${server.url}/?name=ada`, ['hubbub.json']), 'hubbub.json');
    assert.equal((await ada.frame('welcome')).user.name, 'ada');
    await ada.send({ type: 'join', room: 'cats', id: 'j' });
    const { joins } = await bob.next('presence', (presence) => presence.joins?.[0]?.name === 'ada');
    assert.equal(joins?.length, 1);

    await ada.send({ type: 'message', room: 'cats', body: 'miaow 🐈', id: 'm' });
    const message = await bob.next('message');
    assert.equal(message.body, 'miaow 🐈');
    assert.equal(message.from.name, 'ada');
    assert.equal((await ada.frame('ack')).id, 'm');

    bob.send({ type: 'direct', to: message.from.id, body: { purr: true } });
    const direct = await ada.frame('direct');
    assert.deepEqual(direct.body, { purr: true });
    assert.equal(direct.from.name, 'bob');
  });

  test('a page sends and gets bytes', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using ada = await openPage(server);
    await ada.open(`${server.url}/?name=ada`);
    await ada.frame('joined');
    const payload = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await ada.sendBinary({ type: 'message', mime: 'image/png' }, payload);
    const { header, payload: received } = await bob.nextBinary();
    assert.ok(header.type === 'message' && header.mime === 'image/png');
    assert.deepEqual(received, payload);
    const own = await ada.binary();
    assert.deepEqual(own.subarray(-payload.length), payload);
    assert.equal(own[0], 0x01);
  });

  test('a page speaks lines', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using ada = await openPage(server);
    assert.equal(await ada.open(`${server.url}/?name=ada`, ['hubbub.text']), 'hubbub.text');
    await ada.line('* welcome to hubbub');
    await ada.line('* lobby: ');
    await ada.send('hello from a browser');
    assert.equal((await bob.next('message')).body, 'hello from a browser');
    await ada.line('<ada> hello from a browser');
    bob.send({ type: 'message', body: 'hello, page' });
    await ada.line('<bob> hello, page');
    await ada.send('/quit');
    assert.deepEqual(await ada.closed(), { code: 1000, reason: 'the client asked to leave', wasClean: true });
  });

  test('a page that sends too big a frame is told so: goodbye, then 1009 with its reason', async () => {
    await using server = await startServer();
    await using ada = await openPage(server);
    await ada.open(server.url);
    await ada.send('x'.repeat(70_000));
    const reason = 'the frame is longer than the limit';
    assert.deepEqual(await ada.closed(), { code: 1009, reason, wasClean: true });
    const { code, why } = await ada.frame('goodbye');
    assert.deepEqual({ code, why }, { code: 1009, why: 'frame_too_big' });
  });

  test('a page is told when the server stops: goodbye, then 1001', async () => {
    await using server = await startServer();
    await using ada = await openPage(server);
    await ada.open(server.url);
    await ada.frame('joined');
    await server.broker.stop();
    assert.deepEqual(await ada.closed(), { code: 1001, reason: 'the server is shutting down', wasClean: true });
    const { code, why, retry } = await ada.frame('goodbye');
    assert.deepEqual({ code, why }, { code: 1001, why: 'shutdown' });
    assert.equal(typeof retry, 'number');
  });

  test('a page that goes away comes back with its ticket as the same user, unnoticed', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using ada = await openPage(server);
    await ada.open(`${server.url}/?name=ada`);
    const { user, ticket } = await ada.frame('welcome');
    await bob.next('presence', ({ joins }) => joins?.some(({ id }) => id === user.id) ?? false);
    bob.drain();
    await ada[Symbol.asyncDispose]();
    await using again = await openPage(server);
    await again.open(`${server.url}/?token=${ticket}`);
    assert.deepEqual((await again.frame('welcome')).user, user);
    await using _carol = await JsonClient.connect(`${server.url}/?name=carol`);
    const { joins, leaves } = await bob.next('presence');
    assert.deepEqual([joins?.map(({ name }) => name), leaves], [['carol'], undefined]);
  });
});
