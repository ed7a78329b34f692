/** The shortest proof that a platform is fit for it: the program starts, two people talk, and it is all there after a restart. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { edge } from '../kit/server.ts';
import { locally, Program } from './program.ts';

test(`a conversation, and its history after a restart, on the ${edge} edge of Node ${process.versions.node}`, async (context) => {
  const data = await mkdtemp(join(tmpdir(), 'hubbub-'));
  const args = [...locally, '--data', data, '--edge', edge];
  try {
    {
      await using program = await Program.start(args);
      const url = await program.listening();
      for (const line of program.lines) context.diagnostic(line);
      await using ada = await JsonClient.connect(`${url}/?name=ada`);
      await using bob = await JsonClient.connect(`${url}/?name=bob`);
      await ada.next('joined');
      await bob.next('joined');
      for (const body of ['hello, bob', 'are you there?']) {
        ada.send({ type: 'message', body, id: body });
        assert.equal((await bob.next('message')).body, body);
        assert.equal((await ada.next('ack')).id, body);
      }
      bob.send({ type: 'message', body: 'I am' });
      await ada.next('message', ({ body }) => body === 'I am');
      assert.deepEqual(await program.stop(), { code: 0, signal: null });
      assert.equal(program.errors, '');
    }
    await using program = await Program.start(args);
    await using eve = await JsonClient.connect(`${await program.listening()}/?name=eve`);
    await eve.next('joined');
    eve.send({ type: 'history', room: 'lobby' });
    const { messages } = await eve.next('history');
    assert.deepEqual(
      messages.map((message) => 'body' in message && message.body),
      ['hello, bob', 'are you there?', 'I am'],
    );
  } finally {
    await rm(data, { recursive: true });
  }
});
