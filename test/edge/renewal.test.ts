/** A new certificate during connections, with real TLS clients. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { type Certificate, certificate } from '../../src/edge/certificate.ts';
import { JsonClient } from '../kit/client.ts';
import { upgradeRequest } from '../kit/raw.ts';
import { onlyNative, startServer, until } from '../kit/server.ts';
import { shown, untilShown } from '../kit/tls.ts';

let root: string;
let one: Certificate;
let two: Certificate;
let three: Certificate;

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'hubbub-renewal-'));
  const make = (name: string) => certificate({ data: join(root, name), now: Date.now() });
  [one, two, three] = [await make('one'), await make('two'), await make('three')];
});

after(() => rmSync(root, { recursive: true }));

const trust = { rejectUnauthorized: false };

async function enter(url: string, name: string): Promise<JsonClient> {
  const client = await JsonClient.connect(`${url}/?name=${name}`, [], trust);
  await client.next('joined');
  return client;
}

for (const edges of [1, 2]) {
  const name = `a new certificate, with ${edges === 1 ? 'no edge process' : `${edges} edge processes`}`;
  describe(name, edges === 1 ? {} : onlyNative, () => {
    test('is for new connections, and those that are there go on with them', async () => {
      await using server = await startServer({ edges, tlsFiles: one });
      await using ada = await enter(server.url, 'ada');
      server.broker.revise([], two);
      await untilShown(server.port, two.fingerprint);
      await using bob = await enter(server.url, 'bob');
      server.broker.revise([], three);
      await untilShown(server.port, three.fingerprint);
      assert.equal(await shown(server.port, 'localhost'), three.fingerprint, 'also to who names the server');
      await using eve = await enter(server.url, 'eve');

      const all = [ada, bob, eve];
      for (const [index, speaker] of all.entries()) {
        speaker.send({ type: 'message', body: index, id: 'm', echo: false });
        speaker.send({ type: 'signal', room: 'lobby', kind: 'wave' });
        speaker.send({ type: 'message', body: 'done' });
        await speaker.next('ack');
        for (const listener of all) {
          if (listener !== speaker) {
            assert.equal((await listener.next('message')).body, index);
            assert.equal((await listener.next('signal')).kind, 'wave');
          }
          assert.equal((await listener.next('message')).body, 'done', 'who speaks is left out of their own');
          await listener.settle();
          assert.deepEqual(
            listener.drain().filter(({ type }) => type === 'message' || type === 'signal'),
            [],
            'nobody is told twice',
          );
        }
      }
      await ada.close();
      bob.send({ type: 'message', body: 'bye' });
      assert.equal((await eve.next('message')).body, 'bye');
    });

    test('does not cut off a WebSocket that opens on a connection from before', async () => {
      await using server = await startServer({ edges, tlsFiles: one });
      using socket = await handshake(server.port);
      server.broker.revise([], two);
      await untilShown(server.port, two.fingerprint);
      let heard = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        heard += text;
      });
      socket.write(upgradeRequest('/text?name=ada'));
      await until(() => /lobby: ada/.test(heard), 'ada is there');
      await using bob = await enter(server.url, 'bob');
      bob.send({ type: 'message', body: 'hello ada' });
      await until(() => /<bob> hello ada/.test(heard), 'ada hears bob');
    });
  });
}

async function handshake(port: number): Promise<TLSSocket & Disposable> {
  const socket = connect({ port, host: '127.0.0.1', ...trust });
  await once(socket, 'secureConnect');
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
}

const mixed = () => ({ certFile: two.certFile, keyFile: three.keyFile });

test('files that cannot be used are refused, and nothing changes', async () => {
  await using server = await startServer({ edges: 1, tlsFiles: one });
  await using ada = await enter(server.url, 'ada');
  const rule = { origin: 'rule', match: 'lobby', body: { origin: 'schema', schema: false } };
  assert.throws(() => server.broker.revise([rule], mixed()));
  assert.equal(await shown(server.port), one.fingerprint);
  ada.send({ type: 'message', body: 'still taken', id: 'm' });
  await ada.next('ack');
});

test('an edge process that cannot use the files says so, and keeps the certificate', onlyNative, async () => {
  await using server = await startServer({ edges: 2, tlsFiles: one });
  await using ada = await enter(server.url, 'ada');
  server.broker.revise([], mixed());
  await until(() => server.problems.length > 0, 'one has said so');
  await untilShown(server.port, one.fingerprint);
  for (const { message } of server.problems.splice(0)) assert.match(message, /renewCertificate/);
  await ada.settle();
});
