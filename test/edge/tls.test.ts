import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ConnectionOptions, connect, type PeerCertificate, type SecureVersion } from 'node:tls';
import type { ClientOptions } from 'ws';
import { type Certificate, certificate } from '../../src/edge/certificate.ts';
import { JsonClient } from '../kit/client.ts';
import { RawClient } from '../kit/raw.ts';
import { startServer, type TestOptions, type TestServer, until } from '../kit/server.ts';

let data: string;
let tlsFiles: Certificate;

before(async () => {
  data = mkdtempSync(join(tmpdir(), 'hubbub-tls-'));
  tlsFiles = await certificate({ data, now: Date.now() });
});

after(() => rmSync(data, { recursive: true }));

const start = (options: TestOptions = {}): Promise<TestServer> => startServer({ ...options, tlsFiles });

/** A client that trusts this one certificate, whoever issued it and whatever it is for. */
function pinned(fingerprint: string): ClientOptions {
  const checkServerIdentity = (_host: string, peer: PeerCertificate) =>
    peer.fingerprint256 === fingerprint ? undefined : new Error('another certificate than the pinned one');
  // The types of `ws` say that it must return a boolean; it is handed to node:tls, where an error refuses.
  return { ca: readFileSync(tlsFiles.certFile), checkServerIdentity } as unknown as ClientOptions;
}

/** The TLS version agreed on between the server and a client that speaks this one only. */
async function agreed(port: number, version: SecureVersion): Promise<string | null> {
  const options: ConnectionOptions = {
    port,
    host: '127.0.0.1',
    minVersion: version,
    maxVersion: version,
    rejectUnauthorized: false,
    // OpenSSL itself refuses the old versions otherwise.
    ciphers: 'DEFAULT:@SECLEVEL=0',
  };
  const socket = connect(options);
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol();
  } finally {
    socket.destroy();
  }
}

describe('TLS', () => {
  test('a client that pins the certificate chats, and a second one too', async () => {
    await using server = await start();
    assert.match(server.url, /^wss:/);
    await using ada = await JsonClient.connect(`${server.url}/?name=ada`, [], pinned(tlsFiles.fingerprint));
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`, [], pinned(tlsFiles.fingerprint));
    await bob.next('joined');
    ada.send({ type: 'message', body: 'psst', id: 'm' });
    assert.equal((await bob.next('message')).body, 'psst');
    await ada.next('ack');
    const payload = Buffer.alloc(40_000, 0xa5);
    ada.sendBinary({ type: 'message' }, payload);
    assert.deepEqual((await bob.nextBinary()).payload, payload);
  });

  test('a client that trusts the certificate as its authority needs no pin: it is for 127.0.0.1', async () => {
    await using server = await start();
    await using ada = await JsonClient.connect(server.url, [], { ca: readFileSync(tlsFiles.certFile) });
    await ada.next('welcome');
  });

  test('a client that pins another fingerprint refuses, and one that trusts nobody, too', async () => {
    await using server = await start();
    const other = tlsFiles.fingerprint.replace(/^../, (byte) => (byte === '00' ? '01' : '00'));
    await assert.rejects(JsonClient.connect(server.url, [], pinned(other)), /another certificate than the pinned one/);
    await assert.rejects(JsonClient.connect(server.url), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    await until(() => server.broker.counts().connections === 0, 'nobody is there');
  });

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version} is spoken`, async () => {
      await using server = await start();
      assert.equal(await agreed(server.port, version), version);
    });
  }

  for (const version of ['TLSv1', 'TLSv1.1'] as const) {
    test(`${version} is refused by the server`, async () => {
      await using server = await start();
      await assert.rejects(agreed(server.port, version), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    });
  }

  test('HTTP is answered over TLS', async () => {
    await using server = await start();
    const socket = connect({ port: server.port, host: '127.0.0.1', ca: readFileSync(tlsFiles.certFile) });
    socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    socket.setEncoding('utf8');
    const [answer] = await once(socket, 'data');
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    socket.destroy();
  });

  test('a client without TLS is cut off, and the others are not disturbed', async () => {
    await using server = await start();
    await using ada = await JsonClient.connect(server.url, [], pinned(tlsFiles.fingerprint));
    await using plain = new RawClient(server.port);
    plain.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await plain.gone;
    await using garbage = new RawClient(server.port);
    // The head of a TLS record, of a handshake that makes no sense.
    garbage.write(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0xff, 0xff, 0xff, 0xff, 0xff]));
    await garbage.gone;
    await ada.settle();
    assert.equal(server.broker.counts().connections, 1);
  });

  test('a client that stops reading gets everything up to a point, goodbye and 4008', async () => {
    await using server = await start({ grace: 0, buffer: 256 * 1024, signalBuffer: 64 * 1024 });
    await using talker = await JsonClient.connect(server.url, [], pinned(tlsFiles.fingerprint));
    await using sleeper = await JsonClient.connect(server.url, [], pinned(tlsFiles.fingerprint));
    await sleeper.settle();
    sleeper.drain();
    sleeper.socket.pause();
    const body = 'x'.repeat(60 * 1024);
    for (let said = 0; server.broker.counts().connections > 1; said += body.length) {
      assert.ok(said < 40 * 1024 * 1024);
      talker.send({ type: 'message', body, echo: false });
      await talker.settle();
    }
    sleeper.socket.resume();
    assert.deepEqual(await sleeper.closed, { code: 4008, reason: 'the client reads too slowly' });
    const frames = sleeper.drain().filter(({ type }) => type !== 'presence');
    assert.equal(frames.pop()?.type, 'goodbye');
    assert.deepEqual(
      frames.map((frame) => frame.type === 'message' && frame.seq),
      frames.map((_, index) => index + 1),
    );
  });
});
