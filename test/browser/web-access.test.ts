import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { builtPages, composer, faults, holds, launch, messages, say, skip, visit } from './kit.ts';

const themes = ['light', 'dark'] as const;

describe('the chat page for everyone', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });

  for (const colorScheme of themes) {
    test(`axe-core finds nothing wrong: ${colorScheme}`, async () => {
      await using server = await startServer({ pages: builtPages() });
      await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=lobby&room=cats`);
      await using ada = await visit({ ...server, browser, options: { colorScheme } });
      const { page } = ada;
      assert.equal(await page.evaluate(`document.documentElement.dataset.theme`), colorScheme);
      assert.deepEqual(await faults(page), []);
      await page.getByRole('textbox', { name: 'Your name' }).fill('ada');
      await page.keyboard.press('Enter');
      await page.getByText('2 people here').waitFor();
      assert.deepEqual(await faults(page), []);

      bob.send({ type: 'status', state: 'busy', note: 'in a meeting' });
      bob.send({ type: 'message', room: 'lobby', body: 'see https://example.com/' });
      bob.send({ type: 'message', room: 'lobby', body: { some: 'json' } });
      bob.sendBinary({ type: 'message', room: 'lobby', mime: 'application/zip; name=a.zip' }, Buffer.alloc(10));
      await say(page, 'x'.repeat(70_000));
      await page.getByText('This is longer than the server takes.').waitFor();
      bob.send({ type: 'broadcast', body: 'to everyone' });
      await messages(page, 'to everyone').first().waitFor();
      await page.getByText('in a meeting').waitFor();
      await page
        .getByLabel('Files', { exact: true })
        .setInputFiles([{ name: 'a.bin', mimeType: '', buffer: Buffer.alloc(70_000) }]);
      await page.getByText('too big').waitFor();
      assert.deepEqual(await faults(page), []);

      await page.getByRole('button', { name: /Name and status$/ }).click();
      assert.deepEqual(await faults(page), []);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+/');
      await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
      assert.deepEqual(await faults(page), []);
      await page.keyboard.press('Escape');
      await page.goto(`${server.http}/status`);
      await page.getByText('Live', { exact: true }).waitFor();
      assert.deepEqual(await faults(page), []);
    });
  }

  test('dark and light: as the system has it, or as it is switched', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using ada = await visit({ ...server, browser, name: 'ada', options: { colorScheme: 'dark' } });
    const { page } = ada;
    const ground = () => page.evaluate<string>(`getComputedStyle(document.documentElement).backgroundColor`);
    assert.equal(await ground(), 'rgb(23, 24, 31)');
    await page.emulateMedia({ colorScheme: 'light' });
    await holds(page, `getComputedStyle(document.documentElement).backgroundColor === 'rgb(255, 255, 255)'`);
    await page.getByRole('button', { name: 'Dark theme' }).click();
    assert.equal(await ground(), 'rgb(23, 24, 31)');
    await page.reload();
    await page.getByRole('button', { name: 'Light theme' }).waitFor();
    assert.equal(await ground(), 'rgb(23, 24, 31)');
  });

  test('on a phone, nothing is wider than it', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=lobby&room=${'cats'.repeat(30)}`);
    const options = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    await using ada = await visit({ ...server, browser, name: 'a'.repeat(64), options });
    const { page } = ada;
    const fits = async (what: string) => {
      const wide = await page.evaluate<
        string[]
      >(`[...document.querySelectorAll(':is(button, input, textarea, a, li, article, p, h1, h2, section, header, dialog)')]
        .filter((one) => one.getBoundingClientRect().right > 390.5)
        .map((one) => one.outerHTML.slice(0, 200))`);
      assert.deepEqual(wide, [], what);
      assert.equal(await page.evaluate('document.scrollingElement.scrollWidth'), 390, what);
    };
    bob.send({ type: 'message', room: 'lobby', body: 'w'.repeat(3000) });
    bob.send({ type: 'message', room: 'lobby', body: { long: 'w'.repeat(300) } });
    bob.sendBinary(
      { type: 'message', room: 'lobby', mime: `application/zip; name=${'n'.repeat(150)}` },
      Buffer.alloc(1),
    );
    await page.getByRole('link', { name: /^Save n/ }).waitFor();
    await fits('messages');
    assert.deepEqual(await faults(page), []);
    await page.getByRole('button', { name: 'Conversations' }).tap();
    await page.getByRole('button', { name: /^(cats)+ 1 person/ }).waitFor();
    await fits('places');
    assert.deepEqual(await faults(page), []);
    await page.getByRole('button', { name: /^(cats)+ 1 person/ }).tap();
    await page.getByRole('heading', { name: /^#(cats)+$/ }).waitFor();
    await page.getByRole('button', { name: 'People: 2' }).tap();
    await page.getByRole('dialog', { name: 'People' }).getByText('bob').waitFor();
    await fits('people');
    assert.deepEqual(await faults(page), []);
    await page.getByRole('dialog').getByRole('button', { name: /^bob/ }).tap();
    await page.getByRole('heading', { name: 'bob' }).waitFor();
    await page.goto(`${server.http}/status`);
    await page.getByText('Live', { exact: true }).waitFor();
    await fits('status');
  });

  test('a keyboard is enough', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=cats&room=dogs`);
    await using ada = await visit({ ...server, browser });
    const { page } = ada;
    const { keyboard } = page;
    const focus = () =>
      page.evaluate<string>(`(() => {
        const { activeElement: one } = document;
        return one === document.body ? '' : one.getAttribute('aria-label') ?? one.textContent;
      })()`);
    /** Presses Tab until an element has the focus. */
    const tabTo = async (name: RegExp) => {
      for (let steps = 0; steps < 30; steps++) {
        if (name.test(await focus())) return;
        await keyboard.press('Tab');
      }
      assert.fail(`${name} cannot be reached by keys`);
    };
    await page.locator('[aria-label="Your name"]:focus').waitFor();
    await keyboard.type('ada');
    await keyboard.press('Enter');
    await composer(page).waitFor();
    await keyboard.press('Escape');
    await tabTo(/^Message #lobby$/);
    await keyboard.type('one');
    await keyboard.press('Shift+Enter');
    await keyboard.type('two');
    await keyboard.press('Enter');
    await messages(page, /one\s*two/).waitFor();
    assert.equal(await focus(), 'Message #lobby');
    await keyboard.press('Control+k');
    await keyboard.type('cats');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: '#cats' }).waitFor();
    await tabTo(/^Message #cats$/);
    await keyboard.press('Alt+ArrowDown');
    await page.getByRole('heading', { name: '#lobby' }).waitFor();
    bob.send({ type: 'message', room: 'cats', body: 'meow' });
    await page.getByRole('link', { name: 'cats 1 unread' }).waitFor();
    await keyboard.press('Alt+Shift+ArrowUp');
    await messages(page, 'meow').waitFor();
    await tabTo(/bob.*write a direct message/s);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'bob' }).waitFor();
    await tabTo(/^Message bob$/);
    await keyboard.type('hi');
    await keyboard.press('Enter');
    assert.equal((await bob.next('direct')).body, 'hi');
    await keyboard.press('Control+/');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(await focus(), 'Message bob');
    await tabTo(/Name and status/);
    await keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Name and status' }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(await focus(), /Name and status/);
    // Messages are announced to screen readers.
    await page.getByRole('link', { name: 'cats' }).focus();
    await keyboard.press('Enter');
    await messages(page, 'meow').waitFor();
    bob.send({ type: 'message', room: 'cats', body: 'purr' });
    await holds(page, `document.querySelector('[aria-live=polite]').textContent === 'bob: purr'`);
  });
});
