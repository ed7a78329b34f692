/** Chromium, and the web pages in it. Any error of a page fails its test. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium as playwright } from 'playwright-core';
import type { StaticFile } from '../../src/http/files.ts';
import { createPages } from '../../src/http/pages.ts';
import { FaultProxy } from '../kit/fault-proxy.ts';
import { chromium, skipWithout } from '../kit/packages.ts';
import { Random } from '../kit/random.ts';

export type BrowserPage = Awaited<ReturnType<Browser['newPage']>>;

/** Why the tests are skipped; false if they are not. */
export const skip = skipWithout(chromium);

/** No network traffic of its own; and no sandbox, in which Chromium does not run as root. */
const launchArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Promise<Browser> | undefined;

/** The same for all tests of a process, which closes it at its end: visitors share nothing all the same. */
export function launch(): Promise<Browser> {
  browser ??= playwright.launch({ executablePath: chromium.file, args: launchArguments });
  return browser;
}

after(async () => (await browser)?.close());

/** The pages as the build made them. */
export function builtPages(): ReadonlyMap<string, StaticFile> {
  const directory = new URL('../../dist/web/', import.meta.url).pathname;
  assert.ok(existsSync(join(directory, 'index.html')), 'there is no dist/web: npm run build');
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(directory, path)).isFile());
  return createPages(new Map(files.map((path) => [path, readFileSync(join(directory, path))])));
}

/** A script for the page that reports forbidden things. */
const watching = `
  window.violations = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
    violations.push([violatedDirective, blockedURI, sample].join(' '));
  });
`;

/** A browser with its own storage, and any number of tabs. `await using` closes it. */
export interface Somebody extends AsyncDisposable {
  /** The first tab. */
  readonly page: BrowserPage;
  newTab(): Promise<BrowserPage>;
  setOffline(isOffline: boolean): Promise<void>;
  /** Errors of the pages. It must be empty at the end: to expect an error, remove it. */
  readonly complaints: string[];
}

export interface Visit {
  /** `http://127.0.0.1:<port>` */
  readonly http: string;
  readonly browser: Browser;
  /** The name for the first visit. */
  readonly name?: string;
  readonly path?: string;
  readonly options?: BrowserContextOptions;
  /** Allowed output of the console. */
  readonly allowed?: RegExp;
}

/** Opens the chat page in a new browser. */
export async function visit({ http, browser, name, path = '/', options, allowed }: Visit): Promise<Somebody> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(30_000);
  await context.addInitScript(watching);
  const complaints: string[] = [];
  context.on('console', (message) => {
    const text = message.text();
    if (['error', 'warning'].includes(message.type()) && !allowed?.test(text)) complaints.push(text);
  });
  context.on('weberror', (error) => complaints.push(String(error.error().stack)));
  const newTab = async () => {
    const page = await context.newPage();
    await page.goto(http + path);
    return page;
  };
  const page = await newTab();
  if (name !== undefined) {
    await page.getByRole('textbox', { name: 'Your name' }).fill(name);
    await page.keyboard.press('Enter');
    await composer(page).waitFor();
  }
  return {
    page,
    newTab,
    complaints,
    setOffline: (isOffline) => context.setOffline(isOffline),
    async [Symbol.asyncDispose]() {
      for (const one of context.pages()) complaints.push(...(await one.evaluate<string[]>('window.violations')));
      await context.close();
      assert.deepEqual(complaints, []);
    },
  };
}

/** A line between browser and server that can be cut: Chromium's offline mode leaves WebSockets open. */
export class Line implements AsyncDisposable {
  /** Of the server. */
  port: number;
  #isCut = false;
  readonly #proxy: Promise<FaultProxy>;

  constructor(port: number) {
    this.port = port;
    this.#proxy = FaultProxy.start({ random: new Random(1), target: () => (this.#isCut ? 1 : this.port) });
  }

  async http(): Promise<string> {
    return (await this.#proxy).url.replace('ws', 'http');
  }

  async cut(somebody: Somebody): Promise<void> {
    this.#isCut = true;
    (await this.#proxy).cut();
    await somebody.page.getByText('The connection is lost').waitFor();
    await somebody.setOffline(true);
  }

  async mend(somebody: Somebody): Promise<void> {
    this.#isCut = false;
    await somebody.setOffline(false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#proxy)[Symbol.asyncDispose]();
  }
}

/** Where messages are written. */
export function composer(page: BrowserPage) {
  return page.getByRole('textbox', { name: /^Message / });
}

/** Writes a message, and sends it. */
export async function say(page: BrowserPage, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

/** The visible messages with this text. */
export function messages(page: BrowserPage, text: string | RegExp) {
  return page.getByRole('article').filter({ hasText: text });
}

/**
 * Waits until an expression is true in the page. (`waitForFunction` evaluates in the page, which its policy forbids.)
 */
export async function holds(page: BrowserPage, expression: string): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > end) throw new Error(`it did not come about that ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The scroll position of the messages, and its maximum. */
export function scrolled(page: BrowserPage): Promise<{ top: number; height: number; seen: number }> {
  return page.evaluate(`(() => {
    const { scrollTop: top, scrollHeight: height, clientHeight: seen } = document.querySelector('.scroller');
    return { top, height, seen };
  })()`);
}

/** The violations that axe-core finds. */
export async function faults(page: BrowserPage): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`);
}
