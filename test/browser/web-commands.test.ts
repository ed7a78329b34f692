import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { JsonClient, TextClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { type BrowserPage, builtPages, composer, faults, holds, launch, messages, say, skip, visit } from './kit.ts';

/** Types a key as an input method would. */
function composed(page: BrowserPage, init: string): Promise<unknown> {
  return page.evaluate(`document.querySelector('.composer-text').dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ${init} }))`);
}

describe('what begins with a slash on the chat page', { skip }, () => {
  let browser: Browser;
  const start = () => startServer({ pages: builtPages() });

  before(async () => {
    browser = await launch();
  });

  test('is a command, and /msg goes to one person alone', async () => {
    await using server = await start();
    await using bob = await JsonClient.connect(`${server.url}/?${new URLSearchParams({ name: 'Bob Tables' })}`);
    await using carol = await TextClient.connect(`${server.url}/text?name=carol`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await page.getByText('3 people here').waitFor();
    await say(page, '/msg "Bob Tables" the salary');
    assert.equal((await bob.next('direct')).body, 'the salary');
    await messages(page, 'the salary').waitFor();
    await page.getByRole('heading', { name: 'Bob Tables' }).waitFor();
    await say(page, '/join cats');
    await page.getByRole('heading', { name: '#cats' }).waitFor();
    await say(page, '/leave');
    await page.getByRole('heading', { name: '#lobby' }).waitFor();
    await say(page, '/me waves');
    await carol.line('<ada> /me waves');
    await say(page, '/binary bits');
    await carol.line(/^\* <ada> sent 4 bytes \(text\/plain/);
    await say(page, '//msg is a command');
    await carol.line('<ada> /msg is a command');
    await say(page, '/status away lunch');
    await carol.line('* ada is away: lunch');
    await say(page, '/name ada lovelace');
    await carol.line('* ada is now called "ada lovelace"');
    await say(page, '/broadcast fire');
    await carol.line('<"ada lovelace" to everyone> fire');
    await say(page, '/who');
    await page.getByText('lobby: ').filter({ hasText: 'carol' }).filter({ hasText: '"Bob Tables"' }).waitFor();
    await say(page, '/rooms');
    await page.getByText('Rooms: lobby (3)').waitFor();
    await say(page, '/ping');
    await page.getByText(/Pong: \d+ ms/).waitFor();
    await say(page, '/help');
    await page.getByRole('dialog').getByText('/msg <name> <text>').waitFor();
    assert.deepEqual(await faults(page), []);
    assert.doesNotMatch(carol.drain().join('\n'), /salary/);
  });

  test('is never said if it is no command: it stays where it was typed, and the nearest one is named', async () => {
    await using server = await start();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    const refusals: readonly [string, string][] = [
      ['/mgs bob the salary', 'There is no command /mgs: did you mean /msg? /help lists them, and //mgs says it'],
      [' ／dance', 'There is no command /dance; /help lists them, and //dance says it'],
      ['/usr/bin/env', 'There is no command /usr/bin/env; /help lists them, and //usr/bin/env says it'],
      ['/msg bob', 'Write it like this: /msg <name> <text>'],
      ['/msg nobody hello', 'There is nobody called nobody'],
      ['/file cat.png', 'There is no /file here: the clip beside the field attaches files'],
      ['/quit', 'There is no /quit here: close the tab to go'],
      ['/name a\u200b', 'Name must not start or end with a space'],
    ];
    for (const [typed, reason] of refusals) {
      await say(page, typed);
      await page.getByRole('alert').filter({ hasText: reason }).waitFor();
      assert.equal(await composer(page).inputValue(), typed);
    }
    await say(page, 'the end');
    assert.equal((await bob.next('message')).body, 'the end');
    assert.equal(await page.getByRole('alert').count(), 0);
  });

  test('an Enter that ends a composition sends nothing', async () => {
    await using server = await start();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await composer(page).fill('こんに');
    // In most browsers it comes before the end of the composition; in Safari after it, with only the key code as a
    // sign.
    await composed(page, 'isComposing: true, keyCode: 229');
    await composed(page, 'isComposing: false, keyCode: 229');
    await composed(page, 'isComposing: true, keyCode: 13');
    assert.equal(await composer(page).inputValue(), 'こんに');
    await composer(page).fill('こんにちは');
    await composer(page).press('Enter');
    assert.equal((await bob.next('message')).body, 'こんにちは');
  });

  test('those whose names look alike have a tag, where they are listed and where they speak', async () => {
    await using server = await start();
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await say(page, 'hello');
    await messages(page, 'hello').waitFor();
    assert.equal(await page.getByText(/^·\w{3}$/).count(), 0);
    await using eve = await JsonClient.connect(`${server.url}/?${new URLSearchParams({ name: 'аdа' })}`);
    eve.send({ type: 'message', body: 'I owe tom 100' });
    await messages(page, 'I owe tom 100')
      .getByText(/^·\w{3}$/)
      .waitFor();
    const people = page.getByRole('complementary', { name: 'People' });
    await holds(page, `document.querySelectorAll('.people .person-name .muted').length >= 2`);
    const tag = await people
      .getByRole('button')
      .getByText(/^·\w{3}$/)
      .textContent();
    // Old messages keep their tags when one of them has left.
    await eve.close();
    await people.getByText('ada').waitFor();
    await messages(page, 'I owe tom 100')
      .getByText(tag ?? '')
      .waitFor();
  });
});
