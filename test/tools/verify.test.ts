import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Random } from '../kit/random.ts';
import { append, appendMany, lmdb, singly } from '../log/kit.ts';
import { made, madeLarge, main, run, scratch, withFile } from './tool.ts';

const pageSize = 4096;
/** The last line if reading the store has killed the process. */
const killed = /\n?hubbub: the data file is damaged: it cannot be read any further \((SIG[A-Z]+|exit code \d+)\)\n$/;

test('a store that is well', async (context) => {
  const ended = await run({ args: ['verify', '--data', await made(context)] });
  const out = '3 messages of 2 rooms, 54 bytes: no problems\n';
  assert.deepEqual(ended, { code: 0, signal: null, out, err: '' });
});

test('a damaged message is named, and left out of an export', async (context) => {
  const data = await made(context);
  const path = join(data, 'log', 'data.mdb');
  const file = readFileSync(path);
  for (let at = file.indexOf('two lines'); at >= 0; at = file.indexOf('two lines', at + 1)) file.write('TWO', at);
  writeFileSync(path, file);
  const verified = await run({ args: ['verify', '--data', data] });
  const line = 'room "lobby", number 2: it is damaged, with those it was kept with\n';
  assert.deepEqual(verified, {
    code: 1,
    signal: null,
    out: `${line}1 message of 2 rooms, 9 bytes: 1 problem\n`,
    err: '',
  });
  const exported = await run({ args: ['export', '--data', data] });
  assert.equal(exported.code, 1);
  assert.equal(exported.err, `hubbub: ${line}exported 1 message of 2 rooms; 1 problem, see above\n`);
  const restored = await run({ args: ['import', '--data', scratch(context)], input: exported.out });
  assert.equal(restored.out, 'imported 1 message of 2 rooms\n');
});

test('a store that is written to meanwhile is well', async (context) => {
  const data = scratch(context);
  await using observed = await lmdb({}, join(data, 'log'));
  const { log } = observed;
  log.open('lobby');
  appendMany(log, 'lobby', 5000);
  await log.flush();
  let ended: Awaited<ReturnType<typeof run>> | undefined;
  const verified = run({ args: ['verify', '--data', data] }).then((result) => {
    ended = result;
  });
  for (let turn = 0; !ended; turn += 1) {
    appendMany(log, 'lobby', 100);
    log.trim('lobby', { count: 5000 }, 0, 1000);
    log.open(`room ${turn}`);
    append(log, `room ${turn}`);
    await log.flush();
  }
  await verified;
  assert.match(ended.out, /^\d+ messages of \d+ rooms, \d+ bytes: no problems\n$/);
  assert.equal(ended.code, 0);
});

describe('a damaged data file', () => {
  for (const content of ['random', 'empty'] as const) {
    for (const seed of [1, 2, 3, 4]) {
      test(`with 20 pages of ${content} bytes (${seed})`, async (context) => {
        const file = readFileSync(join(await madeLarge(context), 'log', 'data.mdb'));
        const random = new Random(seed);
        for (let count = 0; count < 20; count += 1) {
          const at = (2 + random.below(file.length / pageSize - 2)) * pageSize;
          const bytes = Buffer.from(
            Array.from({ length: pageSize }, () => (content === 'empty' ? 0 : random.below(256))),
          );
          bytes.copy(file, at);
        }
        const data = withFile(context, file);
        for (const command of ['verify', 'export']) {
          const { code, stdout, stderr } = withCoreDumps(scratch(context), command, data);
          assert.equal(code, 1);
          if (!killed.test(stderr))
            assert.match(command === 'verify' ? stdout + stderr : stderr, / problems?|is damaged/);
        }
      });
    }
  }

  test('that kills the process: what was found before is given', async (context) => {
    const file = readFileSync(join(await madeLarge(context, { commit: singly }), 'log', 'data.mdb'));
    for (let page = 0; page < 40; page += 1) file.write('X', file.indexOf('x'.repeat(200), page * pageSize));
    const start = Math.floor((0.6 * file.length) / pageSize) * pageSize;
    file.fill(0, start, start + 20 * pageSize);
    const { code, out, err } = await run({ args: ['verify', '--data', withFile(context, file)] });
    assert.equal(code, 1);
    assert.match(out, /^(room "room\d", number \d+: it is damaged, with those it was kept with\n)+$/);
    assert.match(err, killed);
  });

  test('of which the end is missing', async (context) => {
    const file = readFileSync(join(await madeLarge(context), 'log', 'data.mdb'));
    const short = withFile(context, file.subarray(0, -40 * pageSize));
    const { code, err } = await run({ args: ['verify', '--data', short] });
    assert.equal(code, 1);
    assert.match(err, killed);
    const shorter = withFile(context, file.subarray(0, -100 * pageSize));
    const sizes = `its data file has ${file.length - 100 * pageSize} bytes and should have ${file.length}`;
    const expected = `hubbub: the log in ${shorter}/log is damaged: ${sizes}\n`;
    assert.deepEqual(await run({ args: ['verify', '--data', shorter] }), {
      code: 1,
      signal: null,
      out: '',
      err: expected,
    });
  });
});

/** Runs it without a limit for core dumps, and checks that none was written. */
function withCoreDumps(cwd: string, command: string, data: string) {
  const script = 'ulimit -c $(ulimit -H -c); exec "$0" "$@"';
  const args = ['-c', script, process.execPath, main, 'log', command, '--data', data];
  const { status, stdout, stderr } = spawnSync('/bin/sh', args, { cwd, encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.deepEqual(readdirSync(cwd), []);
  return { code: status, stdout, stderr };
}
