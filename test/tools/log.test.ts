import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LmdbStore } from '../../src/log/lmdb-store.ts';
import { format } from '../../src/log/records.ts';
import { help } from '../../src/tools/help.ts';
import { made, run, scratch } from './tool.ts';

test('it explains itself, in lines of at most 96 columns', async () => {
  for (const args of [[], ['export', '--what', '--help']]) {
    assert.deepEqual(await run({ args }), { code: 0, signal: null, out: help, err: '' });
  }
  for (const line of help.split('\n')) assert.ok(line.length <= 96, line);
});

test('used wrongly, it does nothing but say so in one line', async () => {
  const wrong: readonly [readonly string[], string][] = [
    [['exprot'], 'there is no command "log exprot"; did you mean export?'],
    [['export', '--rooms', 'a'], 'unknown option --rooms; did you mean --room?'],
    [['export', 'backup.jsonl'], 'unexpected argument "backup.jsonl"'],
    [['import', '--epochs=old'], '--epochs must be one of keep, new, not "old"'],
    [['import', 'a.jsonl'], 'cannot read "a.jsonl" (ENOENT: no such file or directory, open \'a.jsonl\')'],
    [['verify', '--data='], '--data must be a text that is not empty, not ""'],
    [['verify', '--data', '/nowhere'], 'there is no log in /nowhere/log'],
  ];
  for (const [args, message] of wrong) {
    assert.deepEqual(await run({ args }), { code: 2, signal: null, out: '', err: `hubbub: ${message}\n` });
  }
});

test('it takes the data directory from where the server takes it', async (context) => {
  const data = await made(context);
  const cwd = scratch(context);
  writeFileSync(join(cwd, 'hubbub.json'), JSON.stringify({ data, maxRooms: 7 }));
  const ways = [
    { args: ['--data', data] },
    { args: [`--data=${data}`], env: { HUBBUB_DATA: '/nowhere' } },
    { args: [], env: { HUBBUB_DATA: data, HUBBUB_PORT: '1' } },
    { args: ['--config', 'hubbub.json'] },
    { args: [], env: { HUBBUB_CONFIG: 'hubbub.json' } },
  ];
  for (const { args, env = {} } of ways) {
    const { code, out } = await run({ args: ['verify', ...args], cwd, env });
    assert.deepEqual([code, out], [0, '3 messages of 2 rooms, 54 bytes: no problems\n']);
  }
  assert.match((await run({ args: ['verify'], cwd })).err, /^hubbub: there is no log in data\/log\n$/);
});

test('a store of a newer version is left alone', async (context) => {
  const data = await made(context);
  const directory = join(data, 'log');
  const store = await LmdbStore.open(directory, { flush: true, readOnly: false });
  store.writeNow({ format: format + 1, crashes: 0, closed: true, lastRoom: 2 });
  await store.close();
  const err = `hubbub: the log in ${directory} was written by a newer version of Hubbub\n`;
  for (const command of ['export', 'import', 'verify']) {
    const ended = await run({ args: [command, '--data', data], input: '' });
    assert.deepEqual(ended, { code: 2, signal: null, out: '', err });
  }
});
