import assert from 'node:assert/strict';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { keptSecret } from '../../src/auth/secret.ts';
import { JsonClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';
import { temporaryDirectory } from '../life-cycle/program.ts';

test('a secret is made once, kept, and readable by its owner alone', async () => {
  await using directory = await temporaryDirectory();
  const secret = keptSecret(directory.path);
  assert.equal(secret.length, 32);
  assert.deepEqual(keptSecret(directory.path), secret);
  assert.equal(statSync(join(directory.path, 'ticket-secret')).mode & 0o777, 0o600);
});

test('a file without a secret is not taken for one', async () => {
  await using directory = await temporaryDirectory();
  for (const content of ['', '\n', 'short']) {
    writeFileSync(join(directory.path, 'ticket-secret'), content);
    assert.throws(() => keptSecret(directory.path), /there is no secret in .*ticket-secret; remove it/);
  }
});

test('a server that cannot use its secret says so in one line', async () => {
  await using data = await temporaryDirectory();
  writeFileSync(join(data.path, 'ticket-secret'), 'short');
  await assert.rejects(startServer({ data: data.path }), {
    name: 'StartError',
    message: /^cannot use the secret of tickets: there is no secret in [^\n]*ticket-secret; remove it/,
  });
});

test('a guest is the same user after a restart, as long as the data is there', async () => {
  await using data = await temporaryDirectory();
  const visit = async (query: string) => {
    await using server = await startServer({ data: data.path });
    await using client = await JsonClient.connect(`${server.url}/?${query}`);
    const { user, ticket } = await client.next('welcome');
    return { id: user.id, query: `token=${encodeURIComponent(ticket)}` };
  };
  const first = await visit('name=ada');
  assert.equal((await visit(first.query)).id, first.id);
  assert.ok(readFileSync(join(data.path, 'ticket-secret'), 'utf8').length > 40);
  rmSync(join(data.path, 'ticket-secret'));
  assert.notEqual((await visit(first.query)).id, first.id);
});
