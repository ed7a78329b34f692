import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { append, lmdb } from '../log/kit.ts';
import { made, madeLarge, main, run, scratch, start } from './tool.ts';

describe('an export', () => {
  test('is JSON Lines on standard output, the figures are on standard error', async (context) => {
    const { code, out, err } = await run({ args: ['export', '--data', await made(context)] });
    assert.deepEqual([code, err], [0, 'exported 3 messages of 2 rooms\n']);
    const lines = out.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => Object.keys(JSON.parse(line)).join()),
      [
        'hubbub,version',
        'room,epoch,next',
        'seq,at,user,id,text',
        'seq,at,user,base64',
        'room,epoch,next',
        'seq,at,user,text',
        'end',
      ],
    );
  });

  test('of some rooms; one that is not there is named', async (context) => {
    const data = await made(context);
    const { code, out, err } = await run({ args: ['export', '--room', '会議室', '--data', data, '--room=nowhere'] });
    assert.equal(code, 1);
    assert.deepEqual(
      out.split('\n').flatMap((line) => /"room":"(.*?)"/.exec(line)?.[1] ?? []),
      ['会議室'],
    );
    const told = 'exported 1 message of 1 room; 1 problem, see above\n';
    assert.equal(err, `hubbub: room "nowhere": there is no such room\n${told}`);
  });

  test('can be made while the log is in use', async (context) => {
    const data = scratch(context);
    await using observed = await lmdb({}, join(data, 'log'));
    observed.log.open('lobby');
    append(observed.log, 'lobby');
    await observed.log.flush();
    const { code, err } = await run({ args: ['export', '--data', data] });
    assert.deepEqual([code, err], [0, 'exported 1 message of 1 room\n']);
  });

  test('ends quietly if nobody wants more of it', async (context) => {
    const child = start({ args: ['export', '--data', await madeLarge(context)] });
    let err = '';
    child.stderr.on('data', (text) => {
      err += text;
    });
    const [chunk] = await once(child.stdout, 'data');
    child.stdout.destroy();
    assert.match(String(chunk), /^{"hubbub":"log","version":1}\n/);
    assert.deepEqual(await once(child, 'close'), [1, null]);
    assert.equal(err, '');
  });

  test('waits for who reads it, and is ended by a signal', async (context) => {
    const child = start({ args: ['export', '--data', await madeLarge(context)] });
    await once(child.stdout, 'readable');
    child.kill('SIGTERM');
    child.stdout.resume();
    // All processes with its output have ended by then.
    assert.deepEqual(await once(child, 'close'), [143, null]);
  });

  test('says so if it cannot be written', { skip: !existsSync('/dev/full') }, async (context) => {
    const args = [main, 'log', 'export', '--data', await made(context)];
    const stdio = ['ignore', openSync('/dev/full', 'w'), 'pipe'] as const;
    const { status, stderr } = spawnSync(process.execPath, args, { stdio: [...stdio], encoding: 'utf8' });
    assert.equal(status, 1);
    assert.equal(stderr, 'hubbub: cannot write the output (ENOSPC: no space left on device, write)\n');
  });
});

describe('an import', () => {
  test('with the same epochs, from a file, is exported the same', async (context) => {
    const cwd = scratch(context);
    const { out: exported } = await run({ args: ['export', '--data', await made(context)] });
    writeFileSync(join(cwd, 'backup.jsonl'), exported);
    const ended = await run({ args: ['import', '--epochs', 'keep', 'backup.jsonl', '--data', 'new'], cwd });
    assert.deepEqual(ended, { code: 0, signal: null, out: 'imported 3 messages of 2 rooms\n', err: '' });
    assert.equal((await run({ args: ['export', '--data', 'new'], cwd })).out, exported);
  });

  test('has new epochs if nothing is said, and can come from standard input', async (context) => {
    const { out: exported } = await run({ args: ['export', '--data', await made(context)] });
    for (const file of [[], ['-']]) {
      const data = scratch(context);
      const { code } = await run({ args: ['import', ...file, '--data', data], input: exported });
      assert.equal(code, 0);
      const { out: again } = await run({ args: ['export', '--data', data] });
      const [before, after] = [exported, again].map((text) => text.split('\n'));
      const same = before?.filter((line, at) => line === after?.[at]);
      assert.deepEqual(
        same,
        before?.filter((line) => !line.includes('epoch')),
      );
    }
  });

  test('of what was cut off or is something else names the line', async (context) => {
    const { out: exported } = await run({ args: ['export', '--data', await made(context)] });
    const lines = exported.split('\n');
    const cases: readonly [string, string][] = [
      ['', 'line 1: the end of the export is missing'],
      ['id,user\n1,ada\n', 'line 1: it is not a JSON object'],
      [exported.slice(0, -20), 'line 6: it is not a JSON object (imported until then: rooms 2, messages 2)'],
      [
        lines.slice(0, 4).join('\n'),
        'line 5: the end of the export is missing (imported until then: rooms 1, messages 2)',
      ],
    ];
    for (const [input, message] of cases) {
      const data = scratch(context);
      const ended = await run({ args: ['import', '--data', data], input });
      assert.deepEqual(ended, { code: 1, signal: null, out: '', err: `hubbub: ${message}\n` });
    }
  });

  test('of rooms that are there already is refused', async (context) => {
    const data = await made(context);
    const { out: exported } = await run({ args: ['export', '--data', data] });
    const { code, err } = await run({ args: ['import', '--data', data], input: exported });
    assert.deepEqual([code, err], [1, 'hubbub: line 2: there is a room "lobby" already\n']);
    assert.equal((await run({ args: ['export', '--data', data] })).out, exported);
  });

  test('is refused while a server has the log', async (context) => {
    const data = scratch(context);
    const directory = join(data, 'log');
    await using _ = await lmdb({}, directory);
    const { code, err } = await run({ args: ['import', '--data', data], input: '' });
    assert.deepEqual([code, err], [2, `hubbub: the log in ${directory} is in use by another process\n`]);
  });

  test('ends if the log cannot be written any more', async (context) => {
    const { out: exported } = await run({ args: ['export', '--data', await madeLarge(context)] });
    const data = scratch(context);
    const limited = ['-c', 'ulimit -f 1000; exec "$0" "$@"', process.execPath, main, 'log', 'import', '--data', data];
    const { status, stderr } = spawnSync('/bin/sh', limited, { input: exported, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /\nhubbub: \d+ messages could not be kept: the log cannot be written: [^\n]*\n$/);
    assert.equal((await run({ args: ['verify', '--data', data] })).code, 0);
  });
});
