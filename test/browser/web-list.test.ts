import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { type BrowserPage, builtPages, holds, launch, messages, say, scrolled, skip, visit } from './kit.ts';

/** Texts of different lengths, so that rows have different heights. */
function text(n: number): string {
  return `message ${n} ${'and some more words '.repeat((n * 7) % 23)}`.trim();
}

/** How many elements there are in the document. */
function elements(page: BrowserPage): Promise<number> {
  return page.evaluate<number>(`document.querySelectorAll('*').length`);
}

/** Where a message is on the screen. */
function placeOf(page: BrowserPage, words: string): Promise<number> {
  return page.evaluate<number>(`(() => {
    const found = [...document.querySelectorAll('.message')].find(({ textContent }) => textContent.includes('${words} '));
    return found.getBoundingClientRect().top;
  })()`);
}

describe('a room with many messages', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });

  test('only what is seen is in the document; earlier messages come as one scrolls, and what is read stays in its place', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const count = 10_000;
    for (let n = 1; n <= count; n++) bob.send({ type: 'message', body: text(n) });
    await bob.settle();
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await messages(page, text(count)).waitFor();
    const { top, height, seen } = await scrolled(page);
    assert.ok(height - top - seen < 2, 'it starts at the end');

    // Scrolls up, as with a wheel, until more has to be loaded, and further.
    await page.locator('.scroller').hover();
    let rows = 0;
    for (let step = 0; step < 40 && rows < 1500; step++) {
      await page.mouse.wheel(0, -4000);
      await holds(page, `!document.querySelector('.start')?.textContent.includes('Reading')`);
      rows = Number(await page.locator('.rows > li').first().getAttribute('aria-setsize'));
    }
    assert.ok(rows >= 1500, `${rows} rows`);
    assert.ok((await elements(page)) < 1500, `${await elements(page)} elements`);

    // After this all messages are in memory; the end has not moved.
    const first = await page.locator('.message .text').first().textContent();
    const before = Number(/message (\d+)/.exec(first ?? '')?.[1]);
    assert.ok(before < count - 1000, `${first}`);
    await page.getByRole('button', { name: 'To the latest' }).click();
    await messages(page, text(count)).waitFor();
    assert.ok((await elements(page)) < 1500, `${await elements(page)} elements`);
  });

  test('a page of earlier messages moves nothing that is seen', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    for (let n = 1; n <= 400; n++) bob.send({ type: 'message', body: text(n) });
    await bob.settle();
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await messages(page, text(400)).waitFor();
    // Not near enough to the beginning to load more.
    await page.evaluate(`document.querySelector('.scroller').scrollTop = 1300`);
    await holds(page, `document.querySelector('.rows > li').ariaPosInSet < 25`);
    // The first message that is fully visible.
    const words = await page.evaluate<string>(`(() => {
      const top = document.querySelector('.scroller').getBoundingClientRect().top;
      const all = [...document.querySelectorAll('.message')];
      const found = all.find((one) => one.getBoundingClientRect().top >= top);
      return /message \\d+/.exec(found.textContent)[0];
    })()`);
    const place = await placeOf(page, words);
    // A little further, and the next page comes.
    const further = await page.evaluate<number>(`(() => {
      const scroller = document.querySelector('.scroller');
      const { scrollTop } = scroller;
      scroller.scrollTop = 1150;
      return scrollTop - scroller.scrollTop;
    })()`);
    await holds(page, `document.querySelector('.rows > li').ariaSetSize > 150`);
    await holds(
      page,
      `(() => {
        const found = [...document.querySelectorAll('.message')].find((one) => one.textContent.includes('${words} '));
        return found !== undefined && Math.abs(found.getBoundingClientRect().top - ${place + further}) < 2;
      })()`,
    );
  });

  test('who reads further up stays there, and is told of what is new', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    for (let n = 1; n <= 60; n++) bob.send({ type: 'message', body: text(n) });
    await bob.settle();
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await messages(page, text(60)).waitFor();
    await page.mouse.move(600, 400);
    await page.mouse.wheel(0, -1500);
    await page.getByRole('button', { name: 'To the latest' }).waitFor();
    const { top } = await scrolled(page);
    bob.send({ type: 'message', body: 'something new' });
    await page.getByRole('button', { name: '1 new message' }).waitFor();
    assert.equal((await scrolled(page)).top, top);
    await page.getByRole('button', { name: '1 new message' }).click();
    await messages(page, 'something new').waitFor();
    await page.getByRole('button', { name: 'new message' }).waitFor({ state: 'detached' });
    // At the end, new messages are visible.
    bob.send({ type: 'message', body: text(22) });
    await holds(
      page,
      `(() => {
      const { scrollTop, scrollHeight, clientHeight } = document.querySelector('.scroller');
      return [...document.querySelectorAll('.message')].at(-1).textContent.includes('message 22') &&
        scrollHeight - scrollTop - clientHeight < 2;
    })()`,
    );
    await say(page, 'an answer');
    await messages(page, 'an answer').waitFor();
  });
});
