import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { locally, Program } from './program.ts';

const saboteur = { NODE_OPTIONS: `--import=${new URL('saboteur.mjs', import.meta.url).pathname}` };

describe('a defect that nobody expected ends the server with the code 1 and one record:', () => {
  for (const [what, signal] of [
    ['uncaughtException', 'SIGWINCH'],
    ['unhandledRejection', 'SIGIO'],
  ] as const) {
    test(what, async () => {
      await using program = await Program.start(locally, saboteur);
      await program.listening();
      program.kill(signal);
      assert.deepEqual(await program.exit, { code: 1, signal: null });
      const [line = '', ...others] = program.log;
      assert.deepEqual(others, []);
      const { level, message, origin, error } = JSON.parse(line);
      assert.deepEqual([level, message, origin], ['error', 'the server met a defect and stops', what]);
      assert.equal(error.message, 'a defect');
      assert.match(error.stack, /saboteur\.mjs/);
      assert.equal(program.errors, '');
    });
  }
});

test('an edge process that meets one says so to the server, and is replaced', async () => {
  await using program = await Program.start([...locally, '--edges', '2'], saboteur);
  const url = await program.listening();
  const started = await program.logged('an edge process was started');
  process.kill(started['pid'] as number, 'SIGWINCH');
  const { error } = await program.logged('an edge process met a defect, and ends');
  assert.equal((error as Error).message, 'a defect');
  assert.equal((await program.logged(/^an edge process has failed/))['reason'], 'it ended with the exit code 1');
  await program.logged('an edge process was started');
  await using ada = await JsonClient.connect(url);
  await ada.settle();
  assert.equal(program.errors, '');
});
