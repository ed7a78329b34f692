import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { loadConfig } from '../../src/config/load.ts';
import { JsonClient, TextClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { builtPages, composer, holds, launch, messages, say, skip, visit } from './kit.ts';

describe('the chat page', { skip }, () => {
  let browser: Browser;
  const start = () => startServer({ pages: builtPages() });

  before(async () => {
    browser = await launch();
  });

  test('two browsers and a terminal talk with one another', async () => {
    await using server = await start();
    await using carol = await TextClient.connect(`${server.url}/text?name=carol`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    await using bob = await visit({ ...server, browser, name: 'bob' });
    await say(ada.page, 'hello from ada\nin two lines, see https://example.com/a?b=c.');
    await carol.line('<ada> hello from ada');
    await messages(bob.page, 'hello from ada').waitFor();
    carol.say('hello from a terminal');
    for (const { page } of [ada, bob]) await messages(page, 'hello from a terminal').waitFor();
    await say(bob.page, 'hello from bob');
    await messages(ada.page, 'hello from bob').waitFor();
    await carol.line('<bob> hello from bob');

    const link = bob.page.getByRole('link', { name: 'https://example.com/a?b=c' });
    assert.equal(await link.getAttribute('href'), 'https://example.com/a?b=c');
    assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
    // Each message once, and none still waiting.
    for (const { page } of [ada, bob]) {
      await holds(page, `document.querySelectorAll('.message:not(.pending)').length === 3`);
      assert.equal(await page.locator('.pending').count(), 0);
    }
    const people = ada.page.getByRole('complementary', { name: 'People' });
    for (const name of ['ada (you)', 'bob', 'carol']) await people.getByText(name).waitFor();
    carol.say('/status busy in a meeting');
    await people.getByText('busy · in a meeting').waitFor();
    carol.say('/name carol the great');
    await ada.page.getByText('carol is now called carol the great').waitFor();
    carol.say('/quit');
    await ada.page.getByText('carol the great left').waitFor();
  });

  test('what is said elsewhere is counted, and marked where it begins', async () => {
    await using server = await start();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=lobby&room=cats`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await page.getByRole('button', { name: 'cats 1 person, join' }).click();
    await page.getByRole('heading', { name: '#cats' }).waitFor();
    bob.send({ type: 'message', room: 'lobby', body: 'one' });
    bob.send({ type: 'message', room: 'lobby', body: 'two' });
    await page.getByRole('link', { name: 'lobby 2 unread' }).click();
    await page.getByText('New', { exact: true }).waitFor();
    await messages(page, 'two').waitFor();
    await page.getByRole('link', { name: /^#?lobby$/ }).waitFor();
    await holds(page, `document.title === 'lobby · Hubbub'`);
    await page.getByRole('button', { name: 'Leave lobby' }).click();
    await page.getByRole('heading', { name: '#cats' }).waitFor();
    await page.getByRole('button', { name: 'lobby 1 person, join' }).waitFor();
  });

  test('two people write to one another, and see that the other is typing', async () => {
    await using server = await start();
    await using ada = await visit({ ...server, browser, name: 'ada' });
    await using bob = await visit({ ...server, browser, name: 'bob' });
    await bob.page.getByText('2 people here').waitFor();
    await composer(bob.page).pressSequentially('mi');
    await ada.page.getByText('bob is typing').waitFor();
    await composer(bob.page).fill('');
    await ada.page.getByRole('button', { name: /^bob/ }).click();
    await say(ada.page, 'psst');
    await bob.page.getByRole('link', { name: /^ada 1 unread$/ }).click();
    await messages(bob.page, 'psst').waitFor();
    await say(bob.page, 'what?');
    await messages(ada.page, 'what?').waitFor();
  });

  test('a message that is refused says why, and can be tried again or discarded', async () => {
    const rule = { match: 'numbers', body: { type: 'number' } };
    const { rooms } = loadConfig(['--rooms', JSON.stringify([rule])], {}, () => '');
    await using server = await startServer({ pages: builtPages(), rooms });
    await using ada = await visit({ ...server, browser, name: 'ada', path: '/#numbers' });
    const { page } = ada;
    await say(page, 'no number');
    const refused = page.getByRole('article').filter({ hasText: 'no number' });
    await refused.getByText('Body must be a number').waitFor();
    await refused.getByRole('button', { name: 'Try again' }).click();
    await refused.getByText('Body must be a number').waitFor();
    await refused.getByRole('button', { name: 'Discard' }).click();
    await refused.waitFor({ state: 'detached' });
    await say(page, 'x'.repeat(70_000));
    await page.getByText('This is longer than the server takes.').waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
  });

  test('a reload is the same user in the same rooms; another tab is another device', async () => {
    await using server = await start();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=cats`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await page.getByRole('textbox', { name: 'Join or create a room' }).fill('cats');
    await page.keyboard.press('Enter');
    const { joins } = await bob.next('presence', (presence) => presence.joins?.[0]?.name === 'ada');
    const id = joins?.[0]?.id;
    await say(page, 'before');
    assert.equal((await bob.next('message')).from.id, id);
    bob.drain();
    await page.reload();
    await messages(page, 'before').waitFor();
    await page.getByRole('link', { name: 'lobby' }).waitFor();
    await say(page, 'after');
    assert.equal((await bob.next('message')).from.id, id);
    const second = await ada.newTab();
    await second.getByRole('link', { name: 'cats' }).click();
    await messages(second, 'after').waitFor();
    const { changes } = await bob.next('presence', (presence) => presence.changes?.[0]?.connections === 2);
    assert.equal(changes?.[0]?.id, id);
    await second.getByText('2 devices').waitFor();
    await say(second, 'from the other');
    await messages(page, 'from the other').waitFor();
    await bob.next('message');
    const left = bob.drain().filter((frame) => frame.type === 'presence' && frame.leaves);
    assert.deepEqual(left, []);
  });

  test('name and status can be changed, and what the server does not take is said', async () => {
    await using server = await start();
    await using bob = await TextClient.connect(`${server.url}/text?name=bob`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await bob.line('* ada joined lobby');
    await page.getByRole('button', { name: /Name and status$/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/^Your id is [\w-]+$/).waitFor();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('ada\u202e');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByRole('textbox', { name: 'Name' }).fill('ada lovelace');
    await dialog.getByRole('radio', { name: 'Away' }).check();
    await dialog.getByRole('textbox', { name: 'Note' }).fill('back at three');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    await bob.line('* ada is now called "ada lovelace"');
    await page.getByText('away · back at three').waitFor();
    await page.getByRole('button', { name: /^ada lovelace/ }).waitFor();
    bob.say('/broadcast the server restarts at noon');
    await messages(page, 'to everyone').getByText('the server restarts at noon').waitFor();
  });
});
