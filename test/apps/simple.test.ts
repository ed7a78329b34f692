import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { help } from '../../src/apps/chat/help.ts';
import { certificate } from '../../src/edge/certificate.ts';
import { JsonClient } from '../kit/client.ts';
import { Inbox } from '../kit/inbox.ts';
import { startServer } from '../kit/server.ts';

const main = new URL('../../dist/main.js', import.meta.url).pathname;

describe('hubbub chat with pipes', { concurrency: 4 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'hubbub-simple-'));
  after(() => rmSync(home, { recursive: true }));

  /** The real program, with its standard input open. */
  function start(...args: string[]) {
    const env = { PATH: process.env['PATH'], HOME: home };
    const child = spawn(process.execPath, [main, 'chat', ...args], { env, cwd: home });
    const lines = new Inbox<string>();
    let [out, err, rest] = ['', '', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const [last = '', ...whole] = (rest + text).split('\n').reverse();
      rest = last;
      for (const line of whole.reverse()) lines.push(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.stdin.on('error', () => undefined);
    const ended = once(child, 'close').then(([code]) => ({ code: code as number, out, err }));
    return { child, ended, sees: (wanted: string) => lines.take((line) => line.startsWith(wanted), wanted) };
  }

  function run(input: string, ...args: string[]) {
    const { child, ended } = start(...args);
    child.stdin.end(input);
    return ended;
  }

  test('--once says the lines, waits for their acknowledgement, and is silent', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    assert.deepEqual(await run('one\n\n//two\n/me waves', server.url, '--once', '--name', 'ada'), {
      code: 0,
      out: '',
      err: '',
    });
    for (const body of ['one', '/two', '/me waves']) {
      const message = await bob.next('message');
      assert.deepEqual([message.body, message.from.name], [body, 'ada']);
    }
  });

  test('a byte order mark before the first line is no part of it; an unknown command is not said', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const { code, err } = await run('\ufeff/mgs bob the salary\n\ufeffhello\n', server.url, '--once');
    assert.equal(code, 1);
    assert.match(err, /^! there is no command \/mgs: did you mean \/msg\?/);
    assert.equal((await bob.next('message')).body, '\ufeffhello');
    await run('\ufeffhello', server.url, '--once');
    assert.equal((await bob.next('message')).body, 'hello');
  });

  test('--once carries out commands in their order, and tells what they answer', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=cats`);
    const input = '/join cats\nmiaow\n/who\n/msg bob psst\n/quit\nnever said\n';
    const { code, out, err } = await run(input, server.url, '--once', '--name', 'ada');
    assert.deepEqual([code, out, err], [0, '* cats: 2 people: ada (you) and bob\n', '']);
    assert.equal((await bob.next('message')).body, 'miaow');
    assert.equal((await bob.next('direct')).body, 'psst');
  });

  test('--once of much says all of it in order', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const lines = Array.from({ length: 3000 }, (_, number) => `line ${number}`);
    assert.equal((await run(lines.join('\n'), server.url, '--once')).code, 0);
    for (const line of lines) assert.equal((await bob.next('message')).body, line);
  });

  test('--once ends with 1 and the reason where something is refused', async () => {
    await using server = await startServer({ maxRooms: 1 });
    const first = await run(`${'x'.repeat(70_000)}\nshort\n`, server.url, '--once');
    assert.deepEqual([first.code, first.out], [1, '']);
    assert.match(first.err, /^! not sent \(the frame has \d+ bytes, the server takes 65536\): x+\n$/);
    assert.deepEqual(await run('/join cats\n', server.url, '--once'), {
      code: 1,
      out: '',
      err: '! a connection may be in at most 1 rooms\n',
    });
    assert.match(
      (await run('/msg nobody hi\n/dance\n', server.url, '--once')).err,
      /^! there is nobody called nobody\n! there is no command \/dance;.*\n$/,
    );
    assert.equal((await run('hi\n', server.url, '--once', '--room', 'a', '--room', 'b')).code, 1);
  });

  test('--once ends with 1 where there is no server', async () => {
    const server = await startServer();
    await server[Symbol.asyncDispose]();
    const { code, out, err } = await run('hi\n', server.url, '--once');
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, new RegExp(`^hubbub: cannot reach 127.0.0.1:${server.port}: .*ECONNREFUSED.*\n$`));
  });

  test('lines go in, lines come out, and an empty one ends it', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    bob.send({ type: 'message', body: 'earlier', id: 'm' });
    await bob.next('ack');
    const ada = start(server.url, '--simple', '--name', 'ada', '--room', 'lobby', '--room', 'cats');
    await ada.sees('* you are ada');
    assert.match(await ada.sees('* your id is '), /^\* your id is [\w-]+$/);
    await ada.sees('<bob> earlier');
    bob.send({ type: 'message', body: 'two\nlines \x1b[2J' });
    await ada.sees('<bob> two');
    await ada.sees('<bob> lines \uFFFD[2J');
    ada.child.stdin.write('hello\n');
    await ada.sees('<ada> hello');
    ada.child.stdin.write('/join cats\nmiaow\n/nothing\n');
    await ada.sees('[cats] <ada> miaow');
    await ada.sees('! there is no command /nothing; /help lists them, and //nothing says it');
    await using _carol = await JsonClient.connect(`${server.url}/?name=carol`);
    await ada.sees('* carol joined lobby');
    ada.child.stdin.write('\n');
    assert.equal((await ada.ended).code, 0);
  });

  test('a signal and the end of the input end it', async () => {
    await using server = await startServer();
    const signalled = start(server.url);
    const piped = start(server.url);
    for (const one of [signalled, piped]) await one.sees('* you are guest-');
    signalled.child.kill('SIGTERM');
    piped.child.stdin.end();
    assert.equal((await signalled.ended).code, 0);
    assert.equal((await piped.ended).code, 0);
  });

  test('a self-signed certificate is taken where it is trusted', async () => {
    const { certFile, keyFile } = await certificate({ data: home, now: Date.now(), hosts: ['localhost', '127.0.0.1'] });
    await using server = await startServer({ tlsFiles: { certFile, keyFile } });
    const refused = await run('hi', server.url, '--once');
    assert.deepEqual([refused.code, refused.out], [1, '']);
    assert.match(refused.err, /^hubbub: cannot reach .*: its certificate is self-signed, .*\n$/);
    const [, fingerprint = ''] = /--fingerprint (\S+)/.exec(refused.err) ?? [];
    const pinned = await run('hi', server.url, '--once', '--fingerprint', fingerprint);
    assert.deepEqual(pinned, { code: 0, out: '', err: '' });
    assert.deepEqual(await run('hi', server.url, '--once', '--insecure'), { code: 0, out: '', err: '' });
    assert.deepEqual(await run('hi', server.url, '--once', '--ca', certFile), { code: 0, out: '', err: '' });
  });

  test('a token is another user, and is not remembered', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const { ticket, user } = await bob.next('welcome');
    assert.equal((await run('hi', server.url, '--once', '--token', ticket)).code, 0);
    assert.deepEqual((await bob.next('message')).from, user);
    const { code, err } = await run('hi', server.url, '--once', '--token', 'nonsense');
    assert.deepEqual([code, err], [0, '! the server does not know you any more: you are a new guest\n']);
  });

  test('it explains itself, and refuses in one line what it cannot follow', async () => {
    assert.deepEqual(await run('', '--help'), { code: 0, out: help, err: '' });
    for (const line of help.split('\n')) assert.ok(line.length <= 96, line);
    const wrong: readonly [string[], string][] = [
      [['--nam', 'ada'], "unknown option '--nam'; --help lists what there is"],
      [['localhost:1', 'extra'], 'unexpected argument "extra"'],
      [['--ca', '/nowhere'], "cannot read --ca /nowhere (ENOENT: no such file or directory, open '/nowhere')"],
    ];
    for (const [args, reason] of wrong) {
      assert.deepEqual(await run('', ...args), { code: 2, out: '', err: `hubbub: ${reason}\n` });
    }
  });
});
