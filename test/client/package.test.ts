/** The package of the client, packed and installed as its users get it. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';

const root = new URL('../../', import.meta.url).pathname;
const name = '@hubbub-chat/client';

/** The directory of a program that uses the package. */
const directory = await mkdtemp(join(tmpdir(), 'hubbub-package-'));
after(() => rmSync(directory, { recursive: true }));
run('npm', ['run', '--silent', 'pack:client', '--', '--silent', '--pack-destination', directory], root);
writeFileSync(join(directory, 'package.json'), '{}');
const [tarball = ''] = readdirSync(directory).filter((file) => file.endsWith('.tgz'));
// Offline: whatever else it needed would be missed.
run('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', `./${tarball}`]);

/** @throws AssertionError with its output, if it fails. */
function run(command: string, args: readonly string[], cwd = directory): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

/** Runs a program that uses the package, without an option of Node. @returns what it wrote. */
function runScript(file: string, text: string): string {
  writeFileSync(join(directory, file), text);
  return run(process.execPath, [file]);
}

test('it is installed alone: nothing of the server, and nothing native', () => {
  assert.deepEqual(readdirSync(join(directory, 'node_modules')).sort(), ['.package-lock.json', '@hubbub-chat']);
  const files = readdirSync(join(directory, 'node_modules', name)).sort();
  const code = ['client.cjs', 'client.d.cts', 'client.d.ts', 'client.js'];
  assert.deepEqual(files, ['LICENSE', 'README.md', ...code, 'package.json']);
  const { version, dependencies } = JSON.parse(
    readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8'),
  );
  assert.equal(version, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version);
  assert.equal(dependencies, undefined);
});

test('the server is not packed by mistake', () => {
  const { status, stderr } = spawnSync('npm', ['pack', '--dry-run'], { cwd: root, encoding: 'utf8' });
  assert.notEqual(status, 0);
  assert.match(stderr, /^the server is no library; to pack the client: npm run pack:client$/m);
});

test('import and require give the same client', () => {
  const both = `
    import { createRequire } from 'node:module';
    import * as imported from '${name}';
    const required = createRequire(process.cwd() + '/')('${name}');
    console.log(Object.keys(imported).sort().join(), imported.HubbubError === required.HubbubError);`;
  assert.equal(runScript('both.mjs', both), 'HubbubError,connect true\n');
  assert.equal(runScript('only.cjs', `console.log(typeof require('${name}').connect)`), 'function\n');
});

test('what a program gets that does not know the condition "module-sync", such as Jest, works alone', () => {
  const file = `./node_modules/${name}/client.cjs`;
  assert.equal(runScript('jest.cjs', `console.log(typeof require('${file}').connect)`), 'function\n');
  const { exports } = JSON.parse(readFileSync(join(directory, 'node_modules', name, 'package.json'), 'utf8'));
  assert.equal(exports['.'].require.default, './client.cjs');
});

/** Uses much of the API, in a program that may be without the types of Node. */
const user = `
import { connect, HubbubError, type Hub, type Message, type Room, type User } from '${name}';
interface Note { readonly text: string }
async function main(): Promise<User | undefined> {
  const hub: Hub = connect(new URL('/chat', location.href), { WebSocket, token: () => localStorage.getItem('ticket') ?? undefined });
  const room: Room<Note> = await hub.join<Note>('notes', { last: 10, signal: AbortSignal.timeout(1000) });
  for await (const message of room) {
    const { body: { text }, seq, epoch }: Message<Note> = message;
    await hub.join('notes', { since: message });
    console.log(text, seq, epoch, room.members?.get(message.from.id)?.state);
    break;
  }
  const off: () => void = room.on('gap', ({ why }) => console.log(why === 'epoch'));
  hub.on('state', ({ state, retry }) => console.log(state === 'offline', retry));
  await room.send({ text: 'hi' }).catch((error: unknown) => error instanceof HubbubError && error.code === 'queue_full');
  // @ts-expect-error It is not a note.
  await room.send('hi');
  // @ts-expect-error There is no such event.
  room.on('mesage', () => undefined);
  off();
  await hub.close();
  return hub.user;
}
void main();
`;

for (const [module, resolution, files] of [
  ['node16', 'node16', ['user.cts', 'user.mts']],
  ['esnext', 'bundler', ['user.ts']],
] as const) {
  test(`TypeScript takes its types with module ${module} in ${files.join(' and ')}`, () => {
    for (const file of files) writeFileSync(join(directory, file), user);
    const how = ['--module', module, '--moduleResolution', resolution, '--target', 'es2022', '--lib', 'es2022,dom'];
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--types', ''];
    run(join(root, 'node_modules/.bin/tsc'), [...how, ...strict, ...files]);
  });
}

test('the example in README.md does what it says', async () => {
  await using server = await startServer();
  await using bob = await JsonClient.connect(`${server.url}/?name=bob&room=general`);
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, example = ''] = /## The SDK in 15 lines.*?```js\n(.*?)```/s.exec(readme) ?? [];
  assert.equal(example.trim().split('\n').length, 15);
  // Node 20 has no WebSocket of its own; this is how its users get one.
  symlinkSync(join(root, 'node_modules/ws'), join(directory, 'node_modules/ws'));
  writeFileSync(join(directory, 'example.mjs'), example.replace('ws://localhost:8080', server.url));
  const running = promisify(execFile)(process.execPath, ['example.mjs'], { cwd: directory });
  assert.equal((await bob.next('message')).body, 'hello');
  bob.send({ type: 'message', body: 'bye' });
  const lines = (await running).stdout.trim().split('\n');
  assert.deepEqual(
    lines.filter((line) => line.startsWith('<')),
    ['<ada> hello', '<bob> bye'],
  );
  assert.deepEqual([lines[0], lines.at(-1)], ['online ', 'closed']);
});
