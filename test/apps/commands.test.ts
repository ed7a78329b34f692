import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { complete } from '../../src/apps/chat/complete.ts';
import { fileTypeOf, mimeOf } from '../../src/apps/chat/mime.ts';
import { readOptions } from '../../src/apps/chat/options.ts';
import { UsageError } from '../../src/apps/surroundings.ts';
import { type Command, forms, help, readCommand } from '../../src/protocol/commands.ts';
import { validateClientFrame } from '../../src/protocol/validate.ts';

describe('what is typed', () => {
  const cases: readonly [string, Command][] = [
    ['hello /help', { kind: 'say', text: 'hello /help' }],
    ['//help', { kind: 'say', text: '/help' }],
    [' /help', { kind: 'help' }],
    ['／HELP', { kind: 'help' }],
    [' //help', { kind: 'say', text: ' /help' }],
    ['／／help', { kind: 'say', text: '／help' }],
    ['/HELP', { kind: 'help' }],
    ['/join cats', { kind: 'join', room: 'cats' }],
    ['/leave', { kind: 'leave' }],
    ['/leave cats', { kind: 'leave', room: 'cats' }],
    ['/name  ada lovelace ', { kind: 'name', name: 'ada lovelace' }],
    ['/username ada', { kind: 'name', name: 'ada' }],
    ['/rooms', { kind: 'rooms' }],
    ['/rooms ca', { kind: 'rooms', prefix: 'ca' }],
    ['/who', { kind: 'who' }],
    ['/list cats', { kind: 'who', room: 'cats' }],
    ['/who *', { kind: 'everyone' }],
    ['/msg bob psst, you', { kind: 'msg', to: 'bob', text: 'psst, you' }],
    ['/msg "bob tables" two\nlines', { kind: 'msg', to: '"bob tables"', text: 'two\nlines' }],
    ['/me waves', { kind: 'me', action: 'waves' }],
    ['/broadcast all hands', { kind: 'broadcast', text: 'all hands' }],
    ['/binary bits', { kind: 'binary', text: 'bits' }],
    ['/file ~/a b.png', { kind: 'file', path: '~/a b.png' }],
    ['/file "a b.png"', { kind: 'file', path: 'a b.png' }],
    ['/save 1 a b.png', { kind: 'save', number: 1, path: 'a b.png', force: false }],
    ['/save 1 a.png --force', { kind: 'save', number: 1, path: 'a.png', force: true }],
    ['/history', { kind: 'history', count: 20 }],
    ['/history 5', { kind: 'history', count: 5 }],
    ['/ping', { kind: 'ping' }],
    ['/status away', { kind: 'status', state: 'away' }],
    ['/status busy at work', { kind: 'status', state: 'busy', note: 'at work' }],
    ['/quit', { kind: 'quit' }],
  ];
  for (const [typed, command] of cases) test(typed, () => assert.deepEqual(readCommand(typed, 'terminal'), command));

  test('what cannot be followed says how to write it', () => {
    const wrong: readonly [string, string][] = [
      ['/', 'there is no command /; /help lists them, and // says it'],
      ['/constructor', 'there is no command /constructor; /help lists them, and //constructor says it'],
      ['/join', 'write it like this: /join <room>'],
      ['/join my room', 'write it like this: /join <room>'],
      ['/msg bob', 'write it like this: /msg <name> <text>'],
      ['/save x y', 'write it like this: /save <n> <path> [--force]'],
      ['/history -1', 'write it like this: /history [n]'],
      ['/status gone', 'write it like this: /status online|away|busy [note]'],
    ];
    for (const [typed, reason] of wrong) {
      const command = readCommand(typed, 'terminal');
      assert.deepEqual([command.kind, command.kind === 'wrong' && command.reason], ['wrong', reason]);
    }
  });

  test('the help has every command, and fits a terminal', () => {
    for (const { names } of forms) assert.ok(help('terminal').includes(`  /${names[0]} `), names[0]);
    for (const line of help('terminal').split('\n')) assert.ok(line.length <= 73, line);
  });
});

describe('the Tab key', () => {
  const tree: Readonly<Record<string, string[]>> = {
    '': ['notes.txt', 'notes.md', 'pictures/', '.hidden'],
    'pictures/': ['cat.png'],
    '~/': ['home.txt'],
  };
  const known = {
    rooms: ['lobby', 'cats', 'catalogue'],
    users: ['ada', 'Adam', 'bob', 'bobby tables', '日本'],
    addresses: ['ada', 'Adam', 'bob', '"bobby tables"', '日本', 'eve·k3f'],
    files: (directory: string) => tree[directory] ?? [],
  };
  const cases: readonly [string, string, (readonly string[])?][] = [
    ['', ''],
    ['/he', '/help '],
    ['/h', '/h', ['/help', '/history']],
    ['/x', '/x'],
    ['/join l', '/join lobby'],
    ['/join c', '/join cat', ['catalogue', 'cats']],
    ['/who C', '/who cat', ['catalogue', 'cats']],
    ['bo', 'bob', ['bob', 'bobby tables']],
    ['日', '日本: '],
    ['I say ad', 'I say Ada', ['Adam', 'ada']],
    ['I say adam', 'I say Adam '],
    ['I say @bobb', 'I say @bobby tables '],
    ['/msg bob', '/msg bob '],
    ['/msg bobb', '/msg "bobby tables" '],
    ['/dm bobb', '/dm "bobby tables" '],
    ['/msg ev', '/msg eve·k3f '],
    ['/msg "bo', '/msg "bobby tables" '],
    ['/msg bob I met ad', '/msg bob I met Ada', ['Adam', 'ada']],
    ['/msg nobody', '/msg nobody'],
    ['/me hugs 日', '/me hugs 日本 '],
    ['/file n', '/file notes.', ['notes.md', 'notes.txt']],
    ['/file p', '/file pictures/'],
    ['/file pictures/', '/file pictures/cat.png'],
    ['/file ~/h', '/file ~/home.txt'],
    ['/file .', '/file .hidden'],
    ['/save 1 pic', '/save 1 pictures/'],
    ['/save 1', '/save 1'],
    ['no match', 'no match'],
  ];
  for (const [typed, before, choices = []] of cases) {
    test(JSON.stringify(typed), () => assert.deepEqual(complete(typed, known), { before, choices }));
  }
});

describe('the MIME type of a file', () => {
  test('comes from its name, and carries it', () => {
    assert.equal(mimeOf('cat.PNG'), 'image/png; name=cat.PNG');
    assert.equal(mimeOf('README'), 'application/octet-stream; name=README');
    assert.equal(mimeOf('x.constructor'), 'application/octet-stream; name=x.constructor');
    assert.equal(mimeOf('a cat.png'), "image/png; name*=UTF-8''a%20cat.png");
  });

  test('is one that the protocol takes, and gives the name back', () => {
    for (const name of ['a cat 🐈.png', "quo'te;s.txt", '日本'.repeat(60), 'a"b\\c', 'half\uD800']) {
      const mime = mimeOf(name);
      const frame = validateClientFrame({ type: 'message', body: 1, mime });
      assert.ok('type' in frame, `${name}: ${JSON.stringify(frame)}`);
      const read = fileTypeOf(mime).name ?? '';
      assert.ok(
        read.length > 0 &&
          name
            .replace(/\p{Cs}/gu, '_')
            .replaceAll('\\', '_')
            .startsWith(read),
        read,
      );
    }
  });

  test('of others gives no path and nothing that steers', () => {
    assert.deepEqual(fileTypeOf('image/png'), { mime: 'image/png' });
    assert.deepEqual(fileTypeOf(undefined), {});
    assert.deepEqual(fileTypeOf('text/plain; charset=utf-8; name="../../x\\"y"'), {
      mime: 'text/plain',
      name: '.._.._x"y',
    });
    assert.deepEqual(fileTypeOf("Text/Plain;name*=UTF-8''%1b%5b2J%0a"), {
      mime: 'text/plain',
      name: '\uFFFD[2J\uFFFD',
    });
    assert.deepEqual(fileTypeOf("text/plain;name*=UTF-8''%zz"), { mime: 'text/plain' });
  });
});

describe('the command line', () => {
  test('has defaults', () => {
    assert.deepEqual(readOptions([]), {
      url: new URL('ws://localhost:8080'),
      name: undefined,
      rooms: ['lobby'],
      token: undefined,
      remember: true,
      ca: undefined,
      fingerprint: undefined,
      insecure: false,
      simple: false,
      once: false,
      emptyQuits: false,
      color: true,
    });
  });

  test('says everything', () => {
    const args = 'https://chat.example/hub --name ada --room a --room=b --token t --insecure --once --no-color';
    const { url, name, rooms, token, remember, insecure, simple, once, color } = readOptions(args.split(' '));
    assert.deepEqual(
      [url.href, name, rooms, token, remember, insecure, simple, once, color],
      ['wss://chat.example/hub', 'ada', ['a', 'b'], 't', false, true, true, true, false],
    );
    for (const [address, href] of [
      ['chat.example:81', 'ws://chat.example:81/'],
      ['localhost', 'ws://localhost:8080/'],
      ['localhost/chat', 'ws://localhost:8080/chat'],
      ['[::1]', 'ws://[::1]:8080/'],
      ['localhost:80', 'ws://localhost/'],
      ['ws://localhost', 'ws://localhost/'],
      ['https://chat.example', 'wss://chat.example/'],
    ] as const) {
      assert.equal(readOptions([address]).url.href, href);
    }
    const fingerprint = 'AB'.repeat(32);
    for (const written of [fingerprint, 'ab:'.repeat(32).slice(0, -1), `sha256:${fingerprint.toLowerCase()}`]) {
      assert.equal(readOptions(['--fingerprint', written]).fingerprint, fingerprint);
    }
    assert.equal(readOptions(['--empty-quits']).emptyQuits, true);
  });

  test('that is wrong is refused in one line', () => {
    const wrong: readonly [string[], string][] = [
      [['--nam', 'ada'], "unknown option '--nam'; --help lists what there is"],
      [['--name'], "option '--name <value>' argument missing; --help lists what there is"],
      [['a', 'b'], 'unexpected argument "b"'],
      [['ftp://a'], '"ftp://a" does not start with ws:// or wss://'],
      [['http://'], '"http://" is not the address of a server'],
      [['--room', 'a b'], '"a b" cannot be the name of a room'],
      [['--name='], '--name must not be empty'],
      [['--ca', 'x', '--insecure'], '--ca and --insecure exclude each other'],
      [['--fingerprint', 'ab', '--insecure'], '--fingerprint and --insecure exclude each other'],
      [['--fingerprint', 'ab'], '--fingerprint must be a SHA-256: 64 hexadecimal digits'],
    ];
    for (const [args, message] of wrong) assert.throws(() => readOptions(args), new UsageError(message));
  });
});
