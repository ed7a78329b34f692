import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { builtPages, faults, Line, launch, skip, visit } from './kit.ts';

describe('the status page', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });

  test('it shows how the server is doing, and goes on when that was away', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using _bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const allowed = /WebSocket connection to .* failed|ERR_CONNECTION_REFUSED/;
    await using line = new Line(server.port);
    await using ada = await visit({ http: await line.http(), browser, path: '/status', allowed });
    const { page } = ada;
    await page.getByText('Live', { exact: true }).waitFor();
    const connections = page.getByRole('region', { name: 'Connections' });
    await connections.getByRole('img', { name: /now 1, at most 1$/ }).waitFor();
    for (const name of ['Users', 'Messages per second', 'CPU', 'Memory', 'Size of the log']) {
      await page.getByRole('region', { name }).waitFor();
    }
    await connections.getByRole('img').hover();
    await connections.getByText(/: 1$/).waitFor();
    await server.broker.stop();
    await page.getByText('The server is away').waitFor();
    await using again = await startServer({ pages: builtPages() });
    line.port = again.port;
    await page.getByText('Live', { exact: true }).waitFor();
    await connections.getByRole('img', { name: /now 0, at most 1$/ }).waitFor();
  });

  test('where the feed is refused, it says why', async () => {
    await using server = await startServer({ pages: builtPages() });
    const allowed = /WebSocket connection to .* failed/;
    const options = { extraHTTPHeaders: { 'x-forwarded-for': '192.0.2.1' } };
    await using ada = await visit({ ...server, browser, path: '/status', allowed, options });
    const { page } = ada;
    await page.getByRole('heading', { name: "Only from the server's own machine" }).waitFor();
    assert.equal(await page.getByRole('status').textContent(), 'Refused');
    assert.deepEqual(await faults(page), []);
  });

  test('where it is refused, the key opens it: written into the page, or behind its address', async () => {
    const statusKey = 'sesame+öffne/dich 100%';
    await using server = await startServer({ pages: builtPages(), statusKey });
    const allowed = /WebSocket connection to .* failed/;
    const options = { extraHTTPHeaders: { 'x-forwarded-for': '192.0.2.1' } };
    await using ada = await visit({ ...server, browser, path: '/status', allowed, options });
    const { page } = ada;
    await page.getByLabel('Key').fill('another one, which is wrong');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('The key that was given does not open.').waitFor();
    await page.getByLabel('Key').fill(statusKey);
    await page.keyboard.press('Enter');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('Live', { exact: true }).waitFor();

    await using bob = await visit({ ...server, browser, path: '/status#key=wrong', allowed, options });
    await bob.page.getByText('The key that was given does not open.').waitFor();
    await bob.page.evaluate(`location.hash = 'key=' + ${JSON.stringify(encodeURIComponent(statusKey))}`);
    await bob.page.getByText('Live', { exact: true }).waitFor();
    assert.equal(bob.page.url(), `${server.http}/status`);
  });
});
