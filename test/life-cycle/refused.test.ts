import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { type HeaderLines, RawClient, upgradeRequest } from '../kit/raw.ts';
import { fails, locally, Program } from './program.ts';

const KiB = 1024;
const debug = [...locally, '--log-level', 'debug'];

function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function answer(port: number, request: string): Promise<number> {
  await using raw = new RawClient(port);
  raw.write(request);
  return (await raw.head).status;
}

const heads: Record<string, { path?: string; headers?: HeaderLines }> = {
  'the cookies of a site': { headers: { Cookie: `session=${'x'.repeat(7500)}` } },
  'a token of 4,096 characters in the query': { path: `/?token=${'x'.repeat(4096)}` },
  'both, and 14 KiB in all': { path: `/?token=${'x'.repeat(4096)}`, headers: { Cookie: 'x'.repeat(10_000) } },
};

for (const edge of [
  ['--edges', '1'],
  ['--edges', '2'],
  ['--edge', 'portable'],
]) {
  describe(`with ${edge.join(' ')} the head of a request`, () => {
    for (const [what, { path, headers }] of Object.entries(heads)) {
      test(`may have ${what}`, async () => {
        await using program = await Program.start([...locally, ...edge]);
        await using raw = await RawClient.connect(portOf(await program.listening()), path, headers && { headers });
        await raw.next('welcome');
      });
    }

    test('that is longer than 16 KiB is answered by 431, and the operator can see it', async () => {
      await using program = await Program.start([...debug, ...edge]);
      const port = portOf(await program.listening());
      assert.equal(await answer(port, upgradeRequest('/', { Cookie: 'x'.repeat(20 * KiB) })), 431);
      const { address } = await program.logged('a connection ended without a whole request');
      assert.equal(address, '127.0.0.1');
      const { bytes } = await program.logged(/head is longer/);
      assert.equal(bytes, 16 * KiB);
    });
  });
}

for (const edge of ['auto', 'portable']) {
  test(`HTTP/1.0 is answered by 505, and the operator can see it: --edge ${edge}`, async () => {
    await using program = await Program.start([...debug, '--edge', edge]);
    assert.equal(await answer(portOf(await program.listening()), 'GET / HTTP/1.0\r\nHost: a\r\n\r\n'), 505);
    await program.logged('a connection ended without a whole request');
  });
}

test('what is refused is told at the usual level, once of each kind', async () => {
  await using program = await Program.start([...locally, '--max-connections-per-address', '1']);
  const url = await program.listening();
  const port = portOf(url);
  await using ada = await JsonClient.connect(url);
  await ada.next('welcome');
  assert.equal(await answer(port, upgradeRequest()), 429);
  assert.equal(await answer(port, upgradeRequest()), 429);
  assert.equal(await answer(port, upgradeRequest('/', { Upgrade: undefined })), 400);
  const { time, ...first } = await program.logged('connections are refused');
  assert.ok(time);
  assert.deepEqual(first, {
    level: 'info',
    message: 'connections are refused',
    status: '429 Too Many Requests',
    reason: 'your address is at its limit of 1 connections',
    address: '127.0.0.1',
    count: 1,
  });
  assert.equal((await program.logged('connections are refused'))['status'], '400 Bad Request');
  assert.equal(program.messages.filter((message) => message === 'connections are refused').length, 2);
});

test('the operator may choose how long a head may be', async () => {
  await using program = await Program.start(debug, { UWS_HTTP_MAX_HEADERS_SIZE: '8192' });
  const port = portOf(await program.listening());
  assert.equal((await program.logged(/head is longer/))['bytes'], 8192);
  assert.equal(await answer(port, upgradeRequest('/', { Cookie: 'x'.repeat(7500) })), 101);
  assert.equal(await answer(port, upgradeRequest('/', { Cookie: 'x'.repeat(9000) })), 431);
});

for (const size of ['16KiB', '', '0', '512', '-1']) {
  test(`"${size}" is no length of a head`, () =>
    fails(
      locally,
      { UWS_HTTP_MAX_HEADERS_SIZE: size },
      'UWS_HTTP_MAX_HEADERS_SIZE must be a number of bytes, at least 1024',
    ));
}
