/** Entries of the log that are not messages, as they may come from an import. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Follower } from '../../kit/follower.ts';
import { startServer } from '../../kit/server.ts';
import { append, lmdb, temporaryDirectory } from '../../log/kit.ts';
import { bodies, connect, fill } from './kit.ts';

test('whoever is replayed what is no message, in whatever piece, gets the rest, and the server goes on', async () => {
  const data = temporaryDirectory();
  const options = { data, grace: 0, autoJoin: [] };
  const before = 1000;
  {
    await using server = await startServer(options);
    await fill(server, bodies(before));
  }
  const { log } = await lmdb({}, join(data, 'log'));
  log.open('lobby');
  append(log, 'lobby', { body: 'no message' });
  await log.close();
  {
    await using server = await startServer(options);
    const { epoch, seq } = await fill(server, ['the end']);
    await using client = await connect(server);
    const lobby = await Follower.join(client, { since: { epoch, seq: 0 } });
    await lobby.reaches(seq);
    const gap = { from: before + 1, to: before + 1, why: 'damaged' };
    assert.deepEqual(
      lobby.gaps.map(({ from, to, why }) => ({ from, to, why })),
      [gap],
    );
    assert.equal(lobby.numbers.length, seq - 1);

    const told = {
      message: 'a damaged message in the log is left out',
      fields: { room: 'lobby', seq: before + 1 },
    };
    assert.deepEqual(server.problems.splice(0), [told]);
  }
  rmSync(data, { recursive: true });
});
