/** Chromium, and the web pages in it. Whatever a page complains of fails its test. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium as playwright } from 'playwright-core';
import type { StaticFile } from '../../src/http/files.ts';
import { createPages } from '../../src/http/pages.ts';
import { FaultProxy } from '../kit/fault-proxy.ts';
import { chromium, skipWithout } from '../kit/packages.ts';
import { Random } from '../kit/random.ts';

export type BrowserPage = Awaited<ReturnType<Browser['newPage']>>;

/** Why the tests are skipped, if they are. */
export const skip = skipWithout(chromium);

/** Without network chatter of its own. Chromium does not run as root in its sandbox. */
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

export function launch(): Promise<Browser> {
  return playwright.launch({ executablePath: chromium.file, args: launchArguments });
}

/** The pages as the build made them. */
export function builtPages(): ReadonlyMap<string, StaticFile> {
  const directory = new URL('../../dist/web/', import.meta.url).pathname;
  assert.ok(existsSync(join(directory, 'index.html')), 'there is no dist/web: npm run build');
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(directory, path)).isFile());
  return createPages(new Map(files.map((path) => [path, readFileSync(join(directory, path))])));
}

/** What a page must not do, in its own words. */
const watching = `
  window.violations = [];
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
    violations.push([violatedDirective, blockedURI, sample].join(' '));
  });
`;

/** A browser of somebody: its own storage, and any number of tabs. `await using` closes it. */
export interface Somebody extends AsyncDisposable {
  /** The first tab. */
  readonly page: BrowserPage;
  newTab(): Promise<BrowserPage>;
  setOffline(isOffline: boolean): Promise<void>;
  /** What the pages complained of. It is to be empty at the end: to expect something, take it out. */
  readonly complaints: string[];
}

export interface Visit {
  /** `http://127.0.0.1:<port>` */
  readonly http: string;
  readonly browser: Browser;
  /** The first visit, with this name. */
  readonly name?: string;
  readonly path?: string;
  readonly options?: BrowserContextOptions;
  /** What the console may say. */
  readonly allowed?: RegExp;
}

/** Somebody comes to the chat page. */
export async function visit({ http, browser, name, path = '/', options, allowed }: Visit): Promise<Somebody> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(10_000);
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

/** What lies between a browser and a server. Chromium leaves a WebSocket open when it is told to be offline; this does not. */
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

/** The messages that are drawn and say this. */
export function messages(page: BrowserPage, text: string | RegExp) {
  return page.getByRole('article').filter({ hasText: text });
}

/** Waits until an expression is true in the page. (`waitForFunction` evaluates in the page, which its policy forbids.) */
export async function holds(page: BrowserPage, expression: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > end) throw new Error(`it did not come about that ${expression}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** How far the messages are scrolled, and how far they can be. */
export function scrolled(page: BrowserPage): Promise<{ top: number; height: number; seen: number }> {
  return page.evaluate(`(() => {
    const { scrollTop: top, scrollHeight: height, clientHeight: seen } = document.querySelector('.scroller');
    return { top, height, seen };
  })()`);
}

/** What axe-core finds wrong. */
export async function faults(page: BrowserPage): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`);
}
