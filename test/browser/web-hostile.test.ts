import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { type BrowserPage, builtPages, composer, holds, launch, messages, say, skip, visit } from './kit.ts';

const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>window.harm = 1</script></svg>');
const page1 = Buffer.from('<!doctype html><script>window.harm = 1</script>');

/** A PNG of 1 × 1. */
const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** The file that a click on the link beside a file saves. */
async function saved(page: BrowserPage, name: string): Promise<{ name: string; bytes: Buffer }> {
  const coming = page.waitForEvent('download');
  await page.getByRole('link', { name: `Save ${name}` }).click();
  const download = await coming;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

describe('what others send', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });

  test('a hostile message does no harm', async () => {
    await using server = await startServer({ pages: builtPages() });
    const name = '<img src=x onerror=harm=1>';
    await using mallory = await JsonClient.connect(`${server.url}/?name=${encodeURIComponent(name)}`);
    const room = '<script>harm=1</script>"onclick="harm=1';
    mallory.send({ type: 'join', room });
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    await page.getByText(name).first().waitFor();
    const markup = '<img src=x onerror="harm=1"><script>harm=1</script><a href="javascript:harm=1">click</a>';
    for (const body of [
      markup,
      'javascript:harm=1 data:text/html,<script>harm=1</script> http://"onmouseover="harm=1 https://a.example/"><b>',
      { __proto__: { harm: 1 }, toString: 'x', html: markup },
      ['<b>', null, 1e300],
      'right \u202eto left\u2066 and never back',
      '\u0000\u0007\u001b[31m\u009b and \r\rlines \u2028 of \u0085 all kinds',
      `z${'\u0335\u0321\u0322'.repeat(500)}algo`,
      'x'.repeat(65_000),
      'line\n'.repeat(10_000),
      '',
      '@media { * { display: none } } {{constructor.constructor("harm=1")()}} $' + '{harm=1}',
    ]) {
      mallory.send({ type: 'message', room: 'lobby', body });
    }
    const mimes = [
      'text/html',
      'image/svg+xml',
      'IMAGE/SVG+XML; name="x.svg"',
      'image/png"onerror="harm=1/x;name=../../etc',
    ];
    for (const mime of mimes)
      mallory.sendBinary({ type: 'message', room: 'lobby', mime }, mime.includes('html') ? page1 : svg);
    const named = `image/png; name*=UTF-8''${encodeURIComponent('../..\u202egnp.exe\u0000<b>')}`;
    mallory.sendBinary({ type: 'message', room: 'lobby', mime: named }, png);
    mallory.sendBinary({ type: 'message', room: 'lobby', mime: 'image/png; name=broken.png' }, Buffer.from('no image'));
    mallory.send({ type: 'message', room: 'lobby', body: 'the last one' });
    await messages(page, 'the last one').waitFor();
    await page.getByRole('button', { name: `${room} 1 person, join` }).click();
    await page.getByRole('heading', { name: `#${room}` }).waitFor();
    await page.getByRole('link', { name: 'lobby' }).click();
    await messages(page, 'the last one').waitFor();
    // Scrolls through everything once, from the end to the beginning.
    for (let step = 0; step < 30; step++) {
      await page.evaluate(`document.querySelector('.scroller').scrollTop -= 500`);
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
      const harmful = await page.evaluate<number>(
        `document.querySelectorAll('.rows :is(script, iframe, object, svg svg, [onerror], [onclick], b)').length`,
      );
      assert.equal(harmful, 0);
      const wide = await page.evaluate<boolean>(
        `[...document.querySelectorAll('.scroller, .message')].some((one) => one.scrollWidth > one.clientWidth + 1)`,
      );
      assert.equal(wide, false);
    }
    await messages(page, markup).first().waitFor();
    assert.equal(await page.evaluate('typeof window.harm'), 'undefined');
    const text = await page.evaluate<string>(`document.body.textContent`);
    assert.doesNotMatch(text, /[\u202a-\u202e\u2066-\u2069\0-\x08\x0e-\x1f]/);
    for (const href of await page.evaluate<string[]>(
      `[...document.querySelectorAll('.rows a')].map(({ href }) => href)`,
    )) {
      assert.match(href, /^(https?|blob):/);
    }
    // No text leaves its message.
    const heights = await page.evaluate<boolean>(`[...document.querySelectorAll('.message-body')].every((one) =>
      getComputedStyle(one).contain.includes('paint'))`);
    assert.ok(heights);
  });

  test('an image that is a document is a file to save, and never opened', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using mallory = await JsonClient.connect(`${server.url}/?name=mallory`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    const { page } = ada;
    mallory.sendBinary({ type: 'message', room: 'lobby', mime: 'image/svg+xml; name=x.svg' }, svg);
    const { name, bytes } = await saved(page, 'x.svg');
    assert.deepEqual([name, bytes], ['x.svg', svg]);
    const link = page.getByRole('link', { name: 'Save x.svg' });
    const type = await page.evaluate<string>(
      `fetch('${await link.getAttribute('href')}').then(() => '', () => 'refused')`,
    );
    assert.equal(type, 'refused');
    ada.complaints.length = 0;
    await page.evaluate('violations.length = 0');
    assert.equal(await page.locator('img').count(), 0);
  });

  test('images and files arrive as they were sent: by the button, by pasting and by dropping', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using ada = await visit({ ...server, browser, name: 'ada' });
    await using eve = await visit({ ...server, browser, name: 'eve' });
    const { page } = ada;
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 31) % 256));
    await page.getByLabel('Files', { exact: true }).setInputFiles([
      { name: 'Übersicht 1.bin', mimeType: 'application/x-thing', buffer: bytes },
      { name: 'dot.png', mimeType: 'image/png', buffer: png },
    ]);
    await page.getByRole('list', { name: 'Files to send' }).getByText('Übersicht 1.bin').waitFor();
    await composer(page).press('Enter');
    const first = await bob.nextBinary();
    assert.deepEqual(first.payload, bytes);
    assert.ok(first.header.type === 'message' && first.header.mime?.startsWith('application/x-thing; name'));
    assert.deepEqual((await bob.nextBinary()).payload, png);
    assert.deepEqual(await saved(eve.page, 'Übersicht 1.bin'), { name: 'Übersicht 1.bin', bytes });
    await eve.page.getByRole('img', { name: 'dot.png' }).waitFor();
    await holds(eve.page, `document.querySelector('img').naturalWidth === 1`);

    const transfer = (event: string, selector: string) => `(() => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array([1, 2, 3])], '${event}.bin', { type: 'application/zip' }));
      const init = { bubbles: true, cancelable: true, ${event === 'paste' ? 'clipboardData' : 'dataTransfer'}: data };
      document.querySelector('${selector}').dispatchEvent(new ${event === 'paste' ? 'ClipboardEvent' : 'DragEvent'}('${event}', init));
    })()`;
    for (const [event, selector] of [
      ['paste', 'textarea'],
      ['drop', '.scroller'],
    ] as const) {
      await page.evaluate(transfer(event, selector));
      await page.getByText(`${event}.bin`).waitFor();
      await page.getByRole('button', { name: 'Send' }).click();
      assert.deepEqual((await bob.nextBinary()).payload, Buffer.from([1, 2, 3]));
    }

    // Too large, but an image, which can be made smaller.
    const noise = Buffer.from(
      await page.evaluate<string>(`(async () => {
        const canvas = new OffscreenCanvas(200, 150);
        const context = canvas.getContext('2d');
        const image = context.createImageData(200, 150);
        for (let at = 0; at < image.data.length; at += 60_000) crypto.getRandomValues(image.data.subarray(at, at + 60_000));
        for (let at = 3; at < image.data.length; at += 4) image.data[at] = 255;
        context.putImageData(image, 0, 0);
        const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
      })()`),
      'base64',
    );
    assert.ok(noise.length > 65_536, `${noise.length}`);
    await page.getByLabel('Files', { exact: true }).setInputFiles([
      { name: 'noise.png', mimeType: 'image/png', buffer: noise },
      { name: 'big.zip', mimeType: 'application/zip', buffer: Buffer.alloc(65_500) },
    ]);
    await page.getByText('too big, the server takes 66 KB').first().waitFor();
    assert.ok(await page.getByRole('button', { name: 'Send' }).isDisabled());
    await page.getByRole('button', { name: 'Remove big.zip' }).click();
    await page.getByRole('button', { name: 'Make it smaller' }).click();
    await page.getByText('noise.jpg').waitFor();
    await composer(page).press('Enter');
    const { header, payload } = await bob.nextBinary();
    assert.ok(header.type === 'message' && header.mime === 'image/jpeg; name=noise.jpg' && payload.length < 65_536);
    await say(page, 'done');
    await messages(eve.page, 'done').waitFor();
  });
});
