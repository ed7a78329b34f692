/** Where native parts cannot be loaded, all that can do without them does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { locally, Program } from './program.ts';

const refusal = `process.dlopen = (_, file) => { throw new Error('not here: ' + file); };`;
const withoutNatives = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(refusal)}` };
const { version, versions, platform, arch } = process;

describe('without native parts', { concurrency: true }, () => {
  for (const args of [['--help'], ['--version'], ['log', '--help'], ['chat', '--help'], ['demo', '--help']]) {
    test(`hubbub ${args.join(' ')}`, async () => {
      await using program = await Program.start(args, withoutNatives);
      assert.deepEqual([await program.exit, program.errors], [{ code: 0, signal: null }, '']);
      assert.ok(program.lines.length > 0);
    });
  }

  test('hubbub chat', async () => {
    await using server = await startServer();
    await using program = await Program.start(['chat', server.url], withoutNatives);
    await program.exit;
    assert.equal(program.errors, '');
  });

  test('a server with a log in memory: the portable edge serves, and one line says why', async () => {
    await using program = await Program.start([...locally, '--log', 'memory', '--log-format', 'json'], withoutNatives);
    const url = await program.listening();
    await using ada = await JsonClient.connect(`${url}/?name=ada`);
    await using bob = await JsonClient.connect(`${url}/?name=bob`);
    await bob.next('joined');
    ada.send({ type: 'message', body: 'hello' });
    assert.equal((await bob.next('message')).body, 'hello');
    const warnings = program.lines.filter((line) => line.includes('"warn"'));
    assert.equal(warnings.length, 1);
    const [warning = ''] = warnings;
    assert.ok(warning.includes('the portable edge serves, which is slower'), warning);
    assert.ok(warning.includes(`Node ${version.slice(1)}, ABI ${versions.modules}, ${platform} ${arch}`), warning);
  });

  test('a server that is asked for another: one line, and the exit code 2', async () => {
    await using program = await Program.start([...locally, '--log', 'memory', '--edge', 'uws'], withoutNatives);
    assert.deepEqual(await program.exit, { code: 2, signal: null });
    assert.match(program.errors, /^hubbub: --edge uws: uWebSockets\.js does not load here \(Node .*\); .+\n$/);
  });

  for (const option of [
    ['--edges', '2'],
    ['--proxy-protocol', '--trust-proxy', '1'],
  ]) {
    test(`a server with ${option[0]}: one line, and the exit code 2`, async () => {
      await using program = await Program.start([...locally, '--log', 'memory', ...option], withoutNatives);
      assert.deepEqual(await program.exit, { code: 2, signal: null });
      assert.match(program.errors, new RegExp(`^hubbub: ${option[0]} needs --edge uws, and uWebSockets\\.js .+\\n$`));
    });
  }

  test('a server with a log on the disk: one line, and the exit code 2', async () => {
    await using program = await Program.start([...locally, '--edge', 'portable'], withoutNatives);
    assert.deepEqual(await program.exit, { code: 2, signal: null });
    assert.match(program.errors, /^hubbub: lmdb, .* does not load here \(.*\); .*--log memory\n$/);
  });

  test('hubbub log verify: one line, and the exit code 2', async () => {
    await using program = await Program.start(['log', 'verify'], withoutNatives);
    assert.deepEqual(await program.exit, { code: 2, signal: null });
    assert.match(program.errors, /^hubbub: lmdb, .* does not load here \(.*\)\n$/);
  });
});

test('a server with the portable edge needs no native part but lmdb, and warns of nothing', async () => {
  await using program = await Program.start([...locally, '--edge', 'portable', '--log-format', 'json']);
  await using _client = await JsonClient.connect(await program.listening());
  assert.deepEqual(
    program.lines.filter((line) => line.includes('"warn"')),
    [],
  );
});
