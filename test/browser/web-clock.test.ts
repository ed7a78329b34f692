import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { builtPages, composer, Line, launch, skip, visit } from './kit.ts';

/** The wall clock of a page is wrong by `wrongBy` milliseconds. */
const settable = `
  const trueNow = Date.now;
  window.wrongBy = 0;
  Date.now = () => trueNow() + wrongBy;
`;

const allowed = /WebSocket connection to .* failed|ERR_INTERNET_DISCONNECTED/;

describe('the chat page on a machine whose clock is set back', { skip }, () => {
  let browser: Browser;

  before(async () => {
    browser = await launch();
  });

  test('typing is told, and is over, as ever; and so is when the next attempt is made', async () => {
    await using server = await startServer({ pages: builtPages() });
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    await using line = new Line(server.port);
    await using ada = await visit({ http: await line.http(), browser, name: 'ada', allowed });
    const { page } = ada;
    await page.context().addInitScript(settable);
    await page.reload();
    await composer(page).pressSequentially('I');
    await bob.next('signal');
    bob.send({ type: 'signal', room: 'lobby', kind: 'typing' });
    const typing = page.getByText('bob is typing');
    await typing.waitFor();

    await page.evaluate('wrongBy = -3_600_000');
    await typing.waitFor({ state: 'detached' });
    await composer(page).pressSequentially(' am');
    await bob.next('signal');
    await line.cut(ada);
    const [, wait] = /Next attempt in (\d+) s|Trying/.exec((await page.locator('.banner').textContent()) ?? '') ?? [];
    assert.ok(Number(wait ?? 0) <= 30, `it waits for ${wait} s`);
  });
});
