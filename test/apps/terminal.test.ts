import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { Program, temporaryDirectory } from '../life-cycle/program.ts';
import { skip, type Terminal, Terminals } from './terminal.ts';

/** A server in a process of its own, on data that outlives it. */
async function startProgram(data: string, port: string): Promise<{ program: Program; url: string } & AsyncDisposable> {
  const program = await Program.start(['--host', '127.0.0.1', '--port', port, '--data', data]);
  const url = await program.listening();
  return { program, url, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** A free port outside of the range for outgoing connections, which starts at 32,768 on Linux. */
async function steadyPort(): Promise<string> {
  for (;;) {
    const port = 20_000 + Math.floor(12_000 * Math.random());
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return `${port}`;
  }
}

const online = /^● lobby · \d+ here/;
const nothingTyped = /^>$/;

describe('hubbub chat in a terminal', { skip, concurrency: 4 }, () => {
  const terminals = new Terminals();
  after(() => terminals[Symbol.dispose]());

  /** Starts a chat, and waits until it has joined. */
  async function chat(url: string, name: string, ...args: string[]): Promise<Terminal> {
    const terminal = terminals.open(['chat', url, '--name', name, ...args]);
    await terminal.bottom(online, nothingTyped);
    return terminal;
  }

  test('an empty line leaves where that was asked for', async () => {
    await using server = await startServer();
    const ada = await chat(server.url, 'ada', '--empty-quits');
    ada.press('Enter');
    assert.equal(await ada.ended(), 0);
  });

  test('two people talk, and what arrives does not tear what is being typed', async () => {
    await using server = await startServer();
    const ada = await chat(server.url, 'ada');
    const bob = await chat(server.url, 'bob');
    await ada.sees(/ → {2}bob came$/);
    await ada.bottom(/^● lobby · 2 here$/, nothingTyped);

    ada.type('I am just wri');
    await bob.bottom(/^● lobby · 2 here {2}│ {2}ada is typing …$/, nothingTyped);
    bob.say('hello 日本語 👩‍👩‍👧!');
    await ada.sees(/^\d\d:\d\d {10}bob {2}hello 日本語 👩‍👩‍👧!$/);
    await ada.bottom(/ hello /, /^● lobby/, /^> I am just wri$/);
    ada.type('ting');
    await ada.bottom(/^> I am just writing$/);
    ada.press('Enter');
    await bob.bottom(/ ada {2}I am just writing$/, /^● lobby · 2 here$/, nothingTyped);
    // Shown once, and no longer as waiting.
    const lines = await ada.until((all) => !all.some((line) => line.includes('…')), 'nothing is on its way');
    assert.equal(lines.filter((line) => line.includes('I am just writing')).length, 1);

    bob.say('/me waves');
    await ada.sees(/ \* {2}bob waves$/);
    bob.say('/msg ada psst');
    await ada.sees(/ bob → ada {2}psst$/);
    bob.say('/status away lunch');
    await ada.sees(/ ~ {2}bob is away: lunch$/);
    bob.say('/name bob tables');
    await ada.sees(/ ~ {2}bob is now called "bob tables"$/);
    ada.say('/who');
    await ada.sees(/ · {2}lobby: 2 people: ada \(you\) and "bob tables" \(away: lunch\)$/);
    ada.say('/ping');
    await ada.sees(/ · {2}pong: \d+ ms to the server and back$/);
    ada.say('/nonsense');
    await ada.sees(/ ! {2}there is no command \/nonsense;/);
    bob.say('/quit');
    assert.equal(await bob.ended(), 0);
    await ada.sees(/ ← {2}"bob tables" went$/);
    ada.type('never mind');
    ada.press('C-c');
    await ada.bottom(nothingTyped);
    ada.press('C-c');
    assert.equal(await ada.ended(), 0);
    assert.doesNotMatch((await ada.lines()).join('\n'), /●/);
  });

  test('other rooms are counted, and shown when one looks', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=cats`);
    bob.send({ type: 'message', body: 'before', id: '1' });
    await bob.next('ack');
    const ada = await chat(server.url, 'ada', '--room', 'lobby', '--room', 'cats');
    await ada.bottom(/^● lobby · 1 here {2}│ {2}cats 1 new$/, nothingTyped);
    bob.send({ type: 'message', body: 'after' });
    await ada.bottom(/ {2}│ {2}cats 2 new$/, nothingTyped);
    ada.press('M-2');
    await ada.bottom(
      /^── cats ─+$/,
      / bob {2}before$/,
      / bob {2}after$/,
      /^● cats · 2 here {2}│ {2}lobby$/,
      nothingTyped,
    );
    ada.say('/leave');
    await ada.bottom(/^── lobby ─+$/, / you left cats$/, /^● lobby · 1 here$/, nothingTyped);
    ada.say('/join cats');
    await ada.bottom(/ bob {2}after$/, /^● cats · 2 here {2}│ {2}lobby$/, nothingTyped);
    ada.say('/rooms');
    await ada.bottom(/^ +cats \(2 people, you too\)$/, /^ +lobby \(1 person, you too\)$/, /^● cats/, nothingTyped);
    bob.send({ type: 'broadcast', body: 'all hands' });
    await ada.sees(/ bob → everyone {2}all hands$/);
  });

  test('the line can be edited, completed, recalled, and pasted into', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bobby`);
    const ada = await chat(server.url, 'ada');
    ada.type('日本 word end');
    ada.press('C-a', 'Right', 'Delete', 'C-e', 'C-w', 'M-b', 'C-k');
    await ada.bottom(/^> 日$/);
    assert.equal(await ada.format('#{cursor_x}'), '5');
    ada.press('C-u', 'C-y', 'Enter');
    assert.equal((await bob.next('message')).body, '日 ');
    ada.press('Up');
    await ada.bottom(/^> 日$/);
    ada.press('Down');
    await ada.bottom(nothingTyped);

    ada.type('bob');
    ada.press('Tab');
    ada.type('hi');
    await ada.bottom(/^> bobby: hi$/);
    ada.press('C-u');
    ada.type('/h');
    ada.press('Tab');
    await ada.bottom(/^\/help {2}\/history$/, /^> \/h$/);
    ada.press('C-u');

    ada.paste('one\n/quit\nthree');
    await ada.bottom(/^> one$/, /^ {2}\/quit$/, /^ {2}three$/);
    ada.press('Enter');
    assert.equal((await bob.next('message')).body, 'one\n/quit\nthree');
    await ada.bottom(/ ada {2}one$/, /^ {20}\/quit$/, /^ {20}three$/, online, nothingTyped);
    const long = 'word '.repeat(30).trim();
    ada.type(long);
    await ada.bottom(/^● lobby · 2 here$/, /^> word /, /^ {2}[word ]+$/);
    ada.press('Enter');
    assert.equal((await bob.next('message')).body, long);
  });

  test('another size of the terminal leaves nothing behind', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const ada = await chat(
      server.url,
      'ada',
      '--room',
      'lobby',
      '--room',
      'a-room-with-a-long-name',
      '--room',
      'and-another',
    );
    // On a nearly empty screen tmux scrolls the content out of reach.
    for (let number = 1; number <= 30; number += 1) bob.send({ type: 'message', body: `${number}` });
    await ada.sees(/ bob {2}30$/);
    const typed = 'half of a sentence that is longer than the terminal will be';
    ada.type(typed);
    await ada.bottom(/be$/);
    for (const columns of [40, 100, 24, 80]) {
      ada.resize({ columns, rows: 20 });
      // tmux reports the new size a little later.
      const rows = typed.match(new RegExp(`.{1,${columns - 3}}`, 'g')) ?? [];
      await ada.bottom(...rows.map((row, index) => new RegExp(`^${index === 0 ? '>' : ' '} ${row.trimEnd()}$`)));
      bob.send({ type: 'message', body: `now ${columns}` });
      await ada.sees(new RegExp(` bob {2}now ${columns}$`));
      await ada.until(
        (lines) => lines.join('').includes('> half of a') && lines.join('').includes('be'),
        'it is there',
      );
    }
    await ada.bottom(/^● lobby/, /^> half of a sentence that is longer than the terminal will be$/);
    const lines = await ada.lines();
    assert.equal(lines.filter((line) => line.includes('●')).length, 1, lines.join('\n'));
    assert.equal(lines.filter((line) => line.includes('> half')).length, 1, lines.join('\n'));
  });

  test('what was said while the server was away is pending, and goes out when it is back', async () => {
    await using data = await temporaryDirectory();
    await using first = await startProgram(data.path, await steadyPort());
    const ada = await chat(first.url, 'ada');
    const bob = await chat(first.url, 'bob');
    await using carol = await JsonClient.connect(`${first.url}/?name=carol`);
    carol.send({ type: 'message', body: 'before', id: 'kept' });
    await carol.next('ack');
    await ada.sees(/ carol {2}before$/);
    first.program.kill('SIGKILL');
    await first.program.exit;
    await ada.sees(/ ! {2}the connection is lost: /);
    ada.say('is anybody there?');
    await ada.bottom(/^ {2}… {12}ada {2}is anybody there\?$/, /^[○◌] lobby/, nothingTyped);
    assert.match(await ada.painted(), /\x1b\[2mis anybody there\?/);
    await ada.bottom(/│ {2}offline, trying again (?:in \d+ s|now)/, nothingTyped);

    await using _second = await startProgram(data.path, new URL(first.url).port);
    await ada.sees(/ · {2}connected again$/);
    await ada.bottom(/^\d\d:\d\d +ada {2}is anybody there\?$/, /^● lobby · \d here$/, nothingTyped);
    assert.doesNotMatch(await ada.painted(), /\x1b\[2mis anybody there\?/);
    await bob.bottom(/^\d\d:\d\d +ada {2}is anybody there\?$/, online, nothingTyped);
    for (const terminal of [ada, bob]) {
      const lines = await terminal.lines();
      for (const text of ['before', 'is anybody there?']) {
        assert.equal(lines.filter((line) => line.endsWith(text)).length, 1, lines.join('\n'));
      }
    }
  });

  test('what is refused is marked, with the reason', async () => {
    await using server = await startServer();
    const file = 'large.bin';
    const path = join(terminals.home, file);
    writeFileSync(path, Buffer.alloc(100_000));
    const ada = await chat(server.url, 'ada');
    ada.say(`/file ${file}`);
    await ada.sees(/ · {2}sending .*\(98 KiB\)$/);
    await ada.sees(/ ✗ {2}not sent: the frame has \d+ bytes, the server takes$/);
    await ada.bottom(/sent large\.bin \(application\/octet-stream, 98 KiB\)$/, online, nothingTyped);
    writeFileSync(path, Buffer.alloc(5_000_000));
    ada.say(`/file ${file}`);
    await ada.sees(/ ! {2}.*large\.bin has 4\.8 MiB: a server takes 4\.0 MiB at most/);
    ada.say('/file /nowhere/at-all');
    await ada.sees(/ ! {2}cannot read \/nowhere\/at-all \(ENOENT/);
  });

  test('a file is sent, saved, and never overwritten by accident', async () => {
    await using server = await startServer();
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 256));
    writeFileSync(join(terminals.home, 'a cat.png'), bytes);
    const ada = await chat(server.url, 'ada');
    const bob = await chat(server.url, 'bob');
    ada.type('/file a\\');
    ada.press('BSpace', 'Tab', 'Enter');
    await bob.sees(/ \* {2}ada sent a cat\.png \(image\/png, 300 bytes\) · \/save 1 <path>$/);
    bob.say('/save 1 saved.png');
    await bob.sees(/ · {2}saved\.png: 300 bytes written$/);
    const saved = join(terminals.home, 'saved.png');
    assert.deepEqual(readFileSync(saved), bytes);
    ada.say('/binary bits');
    await bob.sees(/ \* {2}ada sent a text \(text\/plain, 4 bytes\) · \/save 2 <path>$/);
    bob.say('/save 2 saved.png');
    await bob.sees(/ ! {2}saved\.png is there already;/);
    assert.deepEqual(readFileSync(saved), bytes);
    bob.say('/save 2 saved.png --force');
    await bob.sees(/ · {2}saved\.png: 4 bytes written$/);
    assert.equal(readFileSync(saved, 'utf8'), 'bits');
    bob.say('/save 3 saved.png');
    await bob.sees(/ ! {2}nothing came with the number 3$/);
  });

  test('what others say does nothing to the terminal', async () => {
    await using server = await startServer();
    const ada = await chat(server.url, 'ada');
    const title = await ada.format('#{pane_title}');
    await using eve = await JsonClient.connect(`${server.url}/?name=eve`);
    const hostile = '\x1b[2J\x1b[H\x1b]0;owned\x07\x9b2J\x1b[?1049h\x1b[31m\rroot says\u202Egpj';
    eve.send({ type: 'message', body: hostile });
    eve.send({ type: 'message', body: { [hostile]: [hostile] } });
    eve.send({ type: 'message', body: 'a line\n12:34          bob  made up\x1b[1A\x1b[2K' });
    eve.sendBinary({ type: 'message', mime: "image/png; name*=UTF-8''%1b%5b2J%0d%0aroot" }, Buffer.from('x'));
    eve.send({ type: 'broadcast', body: hostile });
    eve.send({ type: 'message', body: 'the end' });
    await ada.bottom(/ eve {2}the end$/, online, nothingTyped);
    assert.equal(await ada.format('#{pane_title} #{alternate_on}'), `${title} 0`);
    const lines = await ada.lines();
    assert.match(lines[0] ?? '', / you are ada; /);
    assert.ok(
      lines.some((line) => / eve {2}\uFFFD\[2J\uFFFD\[H\uFFFD\]0;owned\uFFFD/.test(line)),
      lines.join('\n'),
    );
    // Only eve says anything, and her fake lines stay in her column.
    for (const line of lines) assert.doesNotMatch(line, /^(?:root|12:34)/);
    assert.ok(lines.includes(`${' '.repeat(20)}12:34          bob  made up\uFFFD[1A\uFFFD[2K`), lines.join('\n'));
  });

  test('who comes back is the same user, and sees what was said before', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    const join = async () => (await bob.next('presence', ({ joins }) => joins?.[0]?.name === 'zoe')).joins?.[0]?.id;
    const zoe = await chat(server.url, 'zoe');
    const id = await join();
    for (let number = 1; number <= 25; number += 1) bob.send({ type: 'message', body: `number ${number}` });
    await zoe.sees(/number 25$/);
    zoe.press('C-d');
    assert.equal(await zoe.ended(), 0);
    const state = `${terminals.home}/state/hubbub`;
    assert.equal(statSync(state).mode & 0o777, 0o700);
    for (const file of readdirSync(state)) assert.equal(statSync(`${state}/${file}`).mode & 0o777, 0o600);

    const again = await chat(server.url, 'zoe');
    assert.equal(await join(), id);
    await again.sees(/number 25$/);
    assert.equal((await again.lines()).filter((line) => / bob {2}number/.test(line)).length, 20);
    again.say('/history');
    await again.bottom(/ number 5$/, /^── that was the beginning ─+$/, online, nothingTyped);
    assert.ok((await again.lines()).some((line) => /^── lobby, earlier ─+$/.test(line)));
    again.say('/history');
    await again.sees(/ · {2}there is nothing before that$/);

    const stranger = await chat(server.url, 'zoe', '--no-remember');
    assert.notEqual(await join(), id);
    stranger.press('C-d');
  });

  test('a server that is not there is waited for', async () => {
    await using data = await temporaryDirectory();
    const gone = await startProgram(data.path, await steadyPort());
    await gone[Symbol.asyncDispose]();
    const ada = terminals.open(['chat', gone.url, '--no-color'], { TERM: 'tmux-256color' });
    await ada.bottom(/^[○◌] lobby {2}│ {2}offline, trying again .*ECONNREFUSED/, nothingTyped);
    assert.doesNotMatch(await ada.painted(), /\x1b/);
    ada.say('first!');
    await ada.bottom(/^ {2}… +you {2}first!$/, /^[○◌] lobby/, nothingTyped);
    await using _server = await startProgram(data.path, new URL(gone.url).port);
    await ada.bottom(/^\d\d:\d\d +guest-\w+ {2}first!$/, online, nothingTyped);
  });
});
