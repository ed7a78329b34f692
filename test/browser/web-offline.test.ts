import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { loadConfig } from '../../src/config/load.ts';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { locally, Program, temporaryDirectory } from '../life-cycle/program.ts';
import { type BrowserPage, builtPages, faults, Line, launch, messages, say, skip, visit } from './kit.ts';

/** The browser's messages about failed connections. */
const allowed = /WebSocket connection to .* failed|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED/;

/** The texts of all visible messages. */
function texts(page: BrowserPage): Promise<string[]> {
  return page.locator('.message .text').allTextContents();
}

describe('the chat page without a connection', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });

  test('offline and online again: what was written waits, what was missed comes, each once', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using line = new Line(server.port);
    await using ada = await visit({ http: await line.http(), browser, name: 'ada', allowed });
    const { page } = ada;
    await say(page, 'before');
    await bob.next('message');
    await line.cut(ada);
    await say(page, 'written offline');
    await page.getByText('Waits for the connection').waitFor();
    assert.deepEqual(await faults(page), []);
    for (const body of ['one', 'two', 'three']) bob.send({ type: 'message', body });
    await bob.settle();
    await line.mend(ada);
    await page
      .getByRole('status')
      .getByText(/^Back after \d+ s, 3 messages caught up$/)
      .waitFor();
    await page.locator('.note.resumed').getByText('3 messages caught up').waitFor();
    assert.deepEqual(await faults(page), []);
    await bob.next('message', ({ body }) => body === 'written offline');
    await page.locator('.pending').waitFor({ state: 'detached' });
    assert.deepEqual(await texts(page), ['before', 'one', 'two', 'three', 'written offline']);
  });

  test('the server is killed, and started again on the same data: nothing is lost, nothing comes twice', async () => {
    await using data = await temporaryDirectory();
    const options = ['--data', data.path, '--log-level', 'error'];
    await using first = await Program.start([...locally, ...options]);
    const url = await first.listening();
    await using line = new Line(Number(new URL(url).port));
    await using ada = await visit({ http: await line.http(), browser, name: 'ada', allowed });
    const { page } = ada;
    await using bob = await JsonClient.connect(`${url}/?name=bob`);
    bob.send({ type: 'message', id: '1', body: 'one' });
    await bob.next('ack');
    await messages(page, 'one').waitFor();
    // It is visible at once, whether it has been kept by then or not.
    await say(page, 'two');
    await bob.next('message', ({ body }) => body === 'two');
    first.kill('SIGKILL');
    await first.exit;
    await page.getByText('The connection is lost').waitFor();
    await say(page, 'three');
    await using again = await Program.start([...locally, ...options]);
    line.port = Number(new URL(await again.listening()).port);
    await page
      .getByRole('status')
      .getByText(/^Back after/)
      .waitFor();
    await page.locator('.pending').waitFor({ state: 'detached' });
    assert.deepEqual(await texts(page), ['one', 'two', 'three']);
    await page.reload();
    await messages(page, 'three').waitFor();
    assert.deepEqual(await texts(page), ['one', 'two', 'three']);
    await page.getByText('ada (you)').waitFor();
  });

  test('what cannot be had is said in its place', async () => {
    await using server = await startServer({
      pages: builtPages(),
      rooms: loadConfig(['--rooms', '[{ "match": "*", "log": { "count": 2 } }]'], {}, () => '').rooms,
    });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using line = new Line(server.port);
    await using ada = await visit({ http: await line.http(), browser, name: 'ada', allowed });
    const { page } = ada;
    bob.send({ type: 'message', body: 'before' });
    await messages(page, 'before').waitFor();
    await line.cut(ada);
    for (let n = 1; n <= 2000; n++) bob.send({ type: 'message', body: `missed ${n}` });
    // The log is trimmed in steps.
    let first = 0;
    while (first < 1990) {
      bob.send({ type: 'history', room: 'lobby', after: 0, limit: 1 });
      const { messages: found } = await bob.next('history');
      first = found[0]?.seq ?? 0;
    }
    await line.mend(ada);
    await page.getByText(/Up to [\d,]+ messages came here meanwhile and are no longer kept/).waitFor();
    await messages(page, 'missed 2000').waitFor();
  });

  test('a connection that the server has closed for good can be made again', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using ada = await visit({ ...server, browser, name: 'ada', options: { colorScheme: 'dark' } });
    const { page } = ada;
    await say(page, 'before');
    const { from } = await bob.next('message');
    // As if another program of the same user had asked to leave; the page itself never does.
    const sockets: { close(options: { code: number; reason: string }): Promise<void> }[] = [];
    await page.routeWebSocket(/./, (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
    await page.reload();
    await messages(page, 'before').waitFor();
    await page.getByText('2 people here').waitFor();
    await sockets[0]?.close({ code: 4500, reason: 'enough' });
    await page.getByText('The connection was closed').waitFor();
    assert.deepEqual(await faults(page), []);
    await say(page, 'refused');
    await page.getByText('The connection is closed.').waitFor();
    bob.send({ type: 'message', body: 'meanwhile' });
    await page.getByRole('button', { name: 'Connect again' }).click();
    await messages(page, 'meanwhile').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    assert.equal((await bob.next('message', ({ body }) => body === 'refused')).from.id, from.id);
    await page.locator('.pending').waitFor({ state: 'detached' });
    assert.deepEqual(await texts(page), ['before', 'meanwhile', 'refused']);
  });
});
