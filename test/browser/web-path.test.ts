/** The pages behind a proxy that serves them under a path. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { connect } from '../../src/client/connect.ts';
import { PathProxy } from '../kit/path-proxy.ts';
import { startServer } from '../kit/server.ts';
import { builtPages, composer, launch, messages, say, skip, visit } from './kit.ts';

describe('behind a path', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });

  for (const [what, basePath, strips] of [
    ['which the proxy takes off', '/', true],
    ['which the proxy leaves on, and the server knows', '/tools/chat', false],
  ] as const) {
    test(`${what}, the pages are whole and people chat`, async () => {
      await using server = await startServer({ basePath, pages: builtPages() });
      await using proxy = await PathProxy.start({ servers: { '/tools/chat': server.port }, strips });
      const http = `http://${proxy.authority}`;
      await using ada = await visit({ http, browser, path: '/tools/chat/', name: 'ada' });
      const bob = connect(`ws://${proxy.authority}/tools/chat/`, { name: 'bob' });
      const lobby = await bob.join('lobby');
      await say(ada.page, 'hello bob');
      for await (const { body } of lobby) {
        assert.equal(body, 'hello bob');
        break;
      }
      await lobby.send('hello ada');
      await messages(ada.page, 'hello ada').waitFor();
      assert.equal(new URL(ada.page.url()).pathname, '/tools/chat/');
      await ada.page.reload();
      await messages(ada.page, 'hello ada').waitFor();
      await bob.close();

      await using operator = await visit({ http, browser, path: '/tools/chat/status' });
      await operator.page.getByText('Live', { exact: true }).waitFor();
      await operator.page
        .getByRole('region', { name: 'Connections' })
        .getByRole('img', { name: /now \d/ })
        .waitFor();
      await operator.page.goto(`${http}/tools/chat/status/`);
      await operator.page.getByText('Live', { exact: true }).waitFor();
      assert.equal(operator.page.url(), `${http}/tools/chat/status`);
    });
  }

  test('of two servers under one origin each has a memory of its own', async () => {
    await using one = await startServer({ pages: builtPages() });
    await using two = await startServer({ pages: builtPages() });
    await using proxy = await PathProxy.start({ servers: { '/one': one.port, '/two': two.port }, strips: true });
    await using ada = await visit({ http: `http://${proxy.authority}`, browser, path: '/one/', name: 'ada' });
    const { page } = ada;
    await page.goto(`http://${proxy.authority}/two/`);
    await page.getByRole('textbox', { name: 'Your name' }).fill('lovelace');
    await page.keyboard.press('Enter');
    await composer(page).waitFor();
    const people = page.getByRole('complementary', { name: 'People' });
    await people.getByText(/^lovelace \(you\)/).waitFor();
    await page.goto(`http://${proxy.authority}/one/`);
    await people.getByText(/^ada \(you\)/).waitFor();
  });

  test('without the slash at its end, a server that knows the path leads to it', async () => {
    await using server = await startServer({ basePath: '/chat', pages: builtPages() });
    await using ada = await visit({ ...server, browser, path: '/chat#cats', name: 'ada' });
    assert.equal(ada.page.url(), `${server.http}/chat/#cats`);
  });
});
