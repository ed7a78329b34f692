/** Sockets that never become a WebSocket count as well. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Certificate, certificate } from '../../src/edge/certificate.ts';
import { RawClient, upgradeRequest } from '../kit/raw.ts';
import { startServer, type TestServer, until } from '../kit/server.ts';

let data: string;
let tlsFiles: Certificate;

before(async () => {
  data = mkdtempSync(join(tmpdir(), 'hubbub-full-'));
  tlsFiles = await certificate({ data, now: Date.now() });
});

after(() => rmSync(data, { recursive: true }));

/** Room for 16 sockets, of which 14 may be WebSockets. */
const openFiles = 56;
const full = 'an edge has no more sockets: new connections are refused or closed at once';

async function open(server: TestServer, text = ''): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.resume().write(text);
  return socket;
}

const isGone = (socket: Socket) => socket.destroyed;

for (const tls of [false, true]) {
  describe(`an edge ${tls ? 'with TLS ' : ''}that has all its sockets`, { concurrency: true }, () => {
    const start = () => startServer({ edges: 1, openFiles, maxConnections: 14, ...(tls && { tlsFiles }) });

    test('closes others at once, and has room again when one has gone', async () => {
      await using server = await start();
      const sockets: Socket[] = [];
      for (let n = 0; n < 16; n += 1) sockets.push(await open(server));
      const late = await open(server);
      await until(() => isGone(late), 'the one too many is closed');
      assert.deepEqual(sockets.filter(isGone), []);
      sockets.pop()?.destroy();
      await until(() => server.problems.length > 0, 'it is told');
      for (let other = await open(server); ; other = await open(server)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (!isGone(other)) break;
      }
      assert.equal(server.problems.splice(0)[0]?.message, full);
      for (const socket of sockets) socket.destroy();
    });

    test('loses those that say nothing, or do not come to an end', async () => {
      await using server = await start();
      const begun = upgradeRequest().slice(0, -2);
      const sockets = [await open(server), await open(server, 'GET'), await open(server, begun)];
      await until(() => sockets.every(isGone), 'they are gone');
    });
  });
}

test('WebSockets that end leave room for others', async () => {
  await using server = await startServer({ edges: 1, openFiles, maxConnections: 14 });
  for (let round = 0; round < 3; round += 1) {
    const clients = await Promise.all(Array.from({ length: 14 }, () => RawClient.connect(server.port)));
    await using late = new RawClient(server.port);
    late.write(upgradeRequest());
    const { status, headers } = await late.head;
    assert.deepEqual([status, headers.get('retry-after')], [503, '5']);
    assert.equal((await fetch(`${server.http}/healthz`, { headers: { connection: 'close' } })).status, 200);
    await Promise.all(clients.map((client) => client.reset()));
    await until(() => server.broker.counts().connections === 0, 'they are gone');
  }
  assert.deepEqual(
    server.problems.splice(0).map(({ message }) => message),
    [full],
  );
});
