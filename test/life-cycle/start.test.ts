import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { help } from '../../src/config/help.ts';
import { JsonClient, TextClient } from '../kit/client.ts';
import { locally, Program, temporaryDirectory } from './program.ts';

const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));

test('it says in one line where it listens, what is spoken there, and which version it is', async () => {
  await using program = await Program.start(locally);
  const url = await program.listening();
  assert.deepEqual(program.lines, [
    `Hubbub ${version} is listening on ${url} (JSON at /, plain text at /text); to chat, open ${url.replace('ws', 'http')}`,
  ]);
  await using ada = await JsonClient.connect(url);
  assert.deepEqual((await ada.next('welcome')).server, { name: 'hubbub', version });
  await using bob = await TextClient.connect(`${url}/text`);
  await bob.line(/^\* welcome to hubbub/);
  assert.equal((await fetch(`${url.replace('ws', 'http')}/readyz`)).status, 200);
  const levels = new Set(program.log.map((line) => JSON.parse(line).level));
  assert.deepEqual(levels, new Set(['info']));
  assert.equal(program.errors, '');
});

test('it takes options from the environment and from a file', async () => {
  await using data = await temporaryDirectory();
  const file = `${data.path}/hubbub.json`;
  await writeFile(file, JSON.stringify({ host: '127.0.0.1', autoJoin: ['from-file'], maxRooms: 7 }));
  await using program = await Program.start(['--max-rooms', '3'], { HUBBUB_PORT: '0', HUBBUB_CONFIG: file });
  await using ada = await JsonClient.connect(await program.listening());
  const { rooms, limits } = await ada.next('welcome');
  assert.deepEqual([rooms, limits.rooms], [['from-file'], 3]);
});

describe('to a pipe it logs JSON, a record in a line,', () => {
  test('of the level that was asked for', async () => {
    await using program = await Program.start([...locally, '--log-level', 'debug']);
    const url = await program.listening();
    const ada = await JsonClient.connect(url);
    const { connection } = await ada.next('welcome');
    await ada.close();
    const { time, level, ...closed } = await program.logged('connection closed');
    assert.ok(Math.abs(Date.parse(String(time)) - Date.now()) < 60_000);
    assert.equal(level, 'debug');
    assert.deepEqual(closed, { message: 'connection closed', connection, code: 1000, reason: '' });
    program.kill('SIGTERM');
    assert.equal((await program.logged('stopping'))['signal'], 'SIGTERM');
    await program.exit;
    for (const line of program.log) {
      const record = JSON.parse(line);
      assert.ok(record.time && record.level && record.message, line);
    }
  });

  test('and none below it', async () => {
    await using program = await Program.start([...locally, '--log-level', 'warn']);
    const ada = await JsonClient.connect(await program.listening());
    await ada.close();
    program.kill('SIGTERM');
    await program.exit;
    assert.deepEqual(program.log, []);
  });
});

test('to a pipe it logs for a person if that was asked for, without colours', async () => {
  await using program = await Program.start([...locally, '--log-format', 'pretty']);
  await program.listening();
  program.kill('SIGTERM');
  await program.exit;
  assert.equal(program.log.length, 2);
  for (const line of program.log) assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}stop[\w= ]+$/);
});

test('it never logs what people say, or what lets them in', async () => {
  await using program = await Program.start([...locally, '--log-level', 'trace', '--rate', '5:30']);
  const url = await program.listening();
  const secret = 'xyzzy-plugh';
  const ada = await JsonClient.connect(`${url}/?token=${secret}`);
  const { user, ticket } = await ada.next('welcome');
  await ada.next('joined');
  const bob = await TextClient.connect(`${url}/text?token=${secret}`);
  await bob.line(/^\* lobby/);
  ada.send({ type: 'message', body: secret });
  ada.send({ type: 'direct', to: user.id, body: { secret } });
  ada.send({ type: 'broadcast', body: [secret] });
  ada.send({ type: 'signal', room: 'lobby', kind: 'k', body: secret });
  ada.send({ type: 'echo', body: secret });
  ada.send({ type: 'auth', token: secret });
  ada.send({ type: 'message', body: secret, [secret]: secret });
  ada.send({ type: secret });
  ada.send(secret);
  ada.sendBinary({ type: 'message' }, Buffer.from(secret));
  bob.say(secret);
  bob.say(`/msg ${secret} ${secret}`);
  bob.say(`/${secret}`);
  await bob.line(`! there is no command /${secret}; /help lists them, and //${secret} says it`);
  for (let sent = 0; sent < 100; sent += 1) ada.send({ type: 'message', body: secret });
  assert.equal((await ada.closed).code, 4029);
  bob.say('/quit');
  await bob.closed;
  await program.logged('connection closed');
  await program.logged('connection closed');
  program.kill('SIGTERM');
  await program.exit;
  const written = program.lines.join('\n') + program.errors;
  for (const word of [secret, ticket, Buffer.from(secret).toString('base64')]) assert.ok(!written.includes(word), word);
});

test('--help explains every option', async () => {
  for (const flag of ['--help', '-h']) {
    await using program = await Program.start(['--port', 'nonsense', flag]);
    assert.deepEqual(await program.exit, { code: 0, signal: null });
    assert.equal(`${program.lines.join('\n')}\n`, help());
    assert.equal(program.errors, '');
  }
});

test('--version tells the version', async () => {
  await using program = await Program.start(['--version']);
  assert.deepEqual(await program.exit, { code: 0, signal: null });
  assert.deepEqual(program.lines, [`hubbub ${version}`]);
  assert.equal(program.errors, '');
});
