/** SIGHUP. */
import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { certificate } from '../../src/edge/certificate.ts';
import { skip, Terminals } from '../apps/terminal.ts';
import { JsonClient } from '../kit/client.ts';
import { shown, untilShown } from '../kit/tls.ts';
import { locally, Program, temporaryDirectory } from './program.ts';

test('it reads its rules again, and leaves all as it is if one is wrong', async () => {
  await using data = await temporaryDirectory();
  const file = join(data.path, 'hubbub.json');
  const write = (rooms: unknown, more = {}) => writeFile(file, JSON.stringify({ ...more, rooms }));
  await write([]);
  await using program = await Program.start([...locally, '--config', file]);
  await using ada = await JsonClient.connect(await program.listening());
  const say = (body: unknown, id: string) => ada.send({ type: 'message', body, id });

  await writeFile(join(data.path, 'number.json'), '{"type":"number"}');
  await write([{ match: 'lobby', body: 'number.json' }], { maxRooms: 7 });
  program.kill('SIGHUP');
  assert.equal((await program.logged('the configuration was read again'))['rules'], 1);
  const { options, level } = await program.logged('options that have changed need a restart');
  assert.deepEqual([options, level], [['maxRooms'], 'warn']);
  say('words', 'm1');
  assert.equal((await ada.next('error')).path, '/body');

  await writeFile(join(data.path, 'number.json'), '{"type":"nmber"}');
  program.kill('SIGHUP');
  const failed = await program.logged('the configuration was not reloaded; the previous one stays in force');
  assert.match(String(failed['reason']), /number\.json\), for "lobby": /);
  await write('all');
  program.kill('SIGHUP');
  const again = await program.logged('the configuration was not reloaded; the previous one stays in force');
  assert.match(String(again['reason']), /"rooms" must be a list of rules/);
  say('words', 'm2');
  assert.equal((await ada.next('error')).path, '/body');

  await write([], { maxRooms: 100 });
  program.kill('SIGHUP');
  await program.logged('the configuration was read again');
  say('words', 'm3');
  assert.equal((await ada.next('ack')).id, 'm3');
  assert.deepEqual(await program.stop(), { code: 0, signal: null });
});

for (const edges of [1, 2]) {
  test(`it takes up a certificate that was replaced, with --edges ${edges}`, async () => {
    await using data = await temporaryDirectory();
    const make = (name: string) => certificate({ data: join(data.path, name), now: Date.now() });
    const [given, next] = [await make('given'), await make('next')];
    const files = ['--cert', given.certFile, '--key', given.keyFile];
    await using program = await Program.start([...locally, '--tls', ...files, '--edges', `${edges}`]);
    const url = await program.listening();
    const port = Number(new URL(url).port);
    await using ada = await JsonClient.connect(url, [], { rejectUnauthorized: false });
    await ada.next('joined');

    await cp(next.certFile, given.certFile);
    program.kill('SIGHUP');
    const failed = await program.logged('the configuration was not reloaded; the previous one stays in force');
    assert.match(String(failed['reason']), /do not belong together/);
    assert.equal(await shown(port), given.fingerprint);

    await cp(next.keyFile, given.keyFile);
    program.kill('SIGHUP');
    assert.equal((await program.logged('TLS certificate'))['fingerprint'], given.fingerprint, 'that of the start');
    assert.equal((await program.logged('TLS certificate'))['fingerprint'], next.fingerprint);
    assert.equal((await program.logged('the configuration was read again'))['certificate'], 'new');
    await untilShown(port, next.fingerprint);
    await ada.settle();

    if (edges > 1) {
      const { pid } = await program.logged('an edge process was started');
      // All processes of a terminal get the signal.
      process.kill(Number(pid), 'SIGHUP');
      await ada.settle();
      await untilShown(port, next.fingerprint);
      process.kill(Number(pid), 'SIGKILL');
      await program.logged('an edge process has failed; its clients have to come back');
      await program.logged('an edge process was started');
      await program.logged('an edge process was started');
      await untilShown(port, next.fingerprint);
    }
    assert.deepEqual(await program.stop(), { code: 0, signal: null });
  });
}

test('it is not ended by one that comes while it starts', async () => {
  await using data = await temporaryDirectory();
  await using program = await Program.start([...locally, '--tls', '--data', data.path]);
  await program.logged('TLS certificate');
  program.kill('SIGHUP');
  await program.listening();
  await program.logged('the configuration was read again');
  assert.deepEqual(await program.stop(), { code: 0, signal: null });
});

describe('in a terminal', { skip }, () => {
  test('that goes away, it says goodbye', async () => {
    using terminals = new Terminals();
    const terminal = terminals.open([...locally, '--edges', '2', '--data', join(terminals.home, 'data')]);
    const line = await terminal.sees(/listening on ws:\/\/127\.0\.0\.1:\d+/);
    const [url = ''] = /ws:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    await using ada = await JsonClient.connect(url);
    await ada.next('joined');
    terminal.close();
    assert.equal((await ada.next('goodbye')).why, 'shutdown');
    assert.equal((await ada.closed).code, 1001);
  });
});
