import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { mimeOf } from '../../src/apps/chat/mime.ts';
import { help } from '../../src/apps/demo/help.ts';
import { cat } from '../../src/apps/demo/picture.ts';
import { beginning, cast, greeting, isHello, screenplay } from '../../src/apps/demo/screenplay.ts';
import { validateClientFrame } from '../../src/protocol/validate.ts';
import { JsonClient } from '../kit/client.ts';
import { Inbox } from '../kit/inbox.ts';
import { startServer } from '../kit/server.ts';
import { skip, Terminals } from './terminal.ts';

const main = new URL('../../dist/main.js', import.meta.url).pathname;

/** The real program, with a directory of its own for temporary files. */
function start(context: TestContext, ...args: string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'hubbub-demo-test-'));
  const child = spawn(process.execPath, [main, 'demo', ...args], {
    env: { PATH: process.env['PATH'], TMPDIR: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = new Inbox<string>();
  let [rest, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) lines.push(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, err, left: readdirSync(directory) }));
  context.after(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true });
  });
  return { child, directory, ended, line: (wanted: RegExp) => lines.take((line) => wanted.test(line), `${wanted}`) };
}

describe('hubbub demo', { concurrency: 3 }, () => {
  test('people chat, and answer who says hello; in the end nothing is left', async (context) => {
    const demo = start(context);
    const [, hint = '', url = ''] =
      /: {2}(.*) chat (ws:\/\/localhost:\d+)$/.exec(await demo.line(/^ {2}in another terminal: /)) ?? [];
    const typed = spawn('/bin/sh', ['-c', `echo | ${hint} chat --help`], { stdio: ['ignore', 'ignore', 'inherit'] });
    assert.deepEqual(await once(typed, 'close'), [0, null]);
    await using zoe = await JsonClient.connect(`${url.replace('localhost', '127.0.0.1')}/?name=zoe`);
    await demo.line(/^<ada> Good morning! Who is here already\?$/);
    await zoe.next('signal', ({ kind, from }) => kind === 'typing' && from.name === 'bela');
    assert.equal((await zoe.next('message', ({ from }) => from.name === 'bela')).body, 'Me, with a coffee ☕');
    zoe.send({ type: 'message', body: 'Hello everybody' });
    await demo.line(/^<zoe> Hello everybody$/);
    const { from, body } = await zoe.next('direct');
    assert.ok(
      cast.some((name) => name === from.name && greeting(name, 'zoe') === body),
      `${body}`,
    );
    const { from: chiyo } = await zoe.next('message', ({ from }) => from.name === 'chiyo');
    zoe.send({ type: 'direct', to: chiyo.id, body: 'hi' });
    assert.equal((await zoe.next('direct')).body, greeting('chiyo', 'zoe'));
    assert.deepEqual(readdirSync(demo.directory).length, 1);
    demo.child.kill('SIGINT');
    assert.deepEqual(await demo.ended, { code: 0, err: '', left: [] });
    assert.equal((await zoe.closed).code, 1001);
  });

  test('in a terminal it ends at Ctrl-C', { skip }, async () => {
    using terminals = new Terminals();
    const terminal = terminals.open(['demo']);
    await terminal.bottom(
      /^\d\d:\d\d +lobby ada {2}Good morning! Who is here already\?$/,
      /^$/,
      /^● lobby · \d here {2}│ {2}kitchen · \d here.*│ {2}Ctrl-C ends it$/,
    );
    terminal.type('nothing of this is seen');
    terminal.press('C-c');
    assert.equal(await terminal.ended(), 0);
    const text = (await terminal.lines()).join('\n');
    assert.match(text, /^A few people are chatting here\. Join them\n/);
    assert.doesNotMatch(text, /nothing|●/);
  });

  test('a port that is in use, and what it does not know, are refused in one line', async (context) => {
    await using server = await startServer();
    const refused = await start(context, '--port', `${server.port}`).ended;
    assert.deepEqual([refused.code, refused.left], [2, []]);
    assert.equal(
      refused.err,
      `hubbub: cannot listen on 127.0.0.1:${server.port}: the port is in use; take another one with --port\n`,
    );
    for (const [args, err] of [
      [['--prot', '1'], "unknown option '--prot'; --help lists what there is"],
      [['--port', 'x'], '--port must be an integer from 0 to 65535, not "x"'],
    ] as const) {
      assert.deepEqual(await start(context, ...args).ended, { code: 2, err: `hubbub: ${err}\n`, left: [] });
    }
    for (const line of help.split('\n')) assert.ok(line.length <= 96, line);
  });
});

test('the screenplay can be played again and again: everyone is where they act', () => {
  const places = new Map(cast.map((name) => [name, new Set<string>(beginning[name])]));
  for (const round of [1, 2]) {
    for (const step of screenplay) {
      const here = places.get(step.who) ?? new Set();
      if ('in' in step) assert.ok(here.has(step.in), `${step.who} is not in ${step.in}: ${JSON.stringify(step)}`);
      if ('enters' in step) here.add(step.enters);
      if ('leaves' in step) assert.ok(here.delete(step.leaves));
    }
    for (const name of cast)
      assert.deepEqual([...(places.get(name) ?? [])], beginning[name], `${name}, round ${round}`);
  }
});

test('its people do not greet each other', () => {
  for (const step of screenplay) if ('says' in step && step.who !== 'ada') assert.ok(!isHello(step.says), step.says);
  for (const text of ['Hello!', 'oh hi', 'こんにちは']) assert.ok(isHello(text));
  for (const text of ['this', 'Othello', { a: 'hello' }]) assert.ok(!isHello(text));
});

test('the picture is a PNG of as many bytes as they say', () => {
  assert.equal(Buffer.from(cat.subarray(0, 8)).toString('latin1'), '\x89PNG\r\n\x1a\n');
  assert.ok(screenplay.some((step) => 'says' in step && step.says.includes(`${cat.length} bytes`)));
  assert.ok('type' in validateClientFrame({ type: 'message', mime: mimeOf('cat.png'), body: 0 }));
});
