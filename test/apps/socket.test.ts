/** What `hubbub chat` says of a server that it cannot use. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { socketWith, type Trust } from '../../src/apps/chat/socket.ts';
import { certificate } from '../../src/edge/certificate.ts';
import { startServer } from '../kit/server.ts';

const home = mkdtempSync(join(tmpdir(), 'hubbub-socket-'));
after(() => rmSync(home, { recursive: true }));
const made = await certificate({ data: home, now: Date.now(), hosts: ['localhost', '127.0.0.1'] });
const tlsFiles = { certFile: made.certFile, keyFile: made.keyFile };
const fingerprint = new X509Certificate(readFileSync(made.certFile)).fingerprint256;

/** `open`, or why it could not be opened. */
async function outcome(url: string, trust: Trust = {}): Promise<string> {
  const socket = new (socketWith(trust))(url, ['hubbub.json']);
  return new Promise((resolve) => {
    let message = 'no error came before close';
    socket.onopen = () => {
      socket.close();
      resolve('open');
    };
    socket.onerror = (event: { readonly message: string }) => {
      message = event.message;
    };
    socket.onclose = () => resolve(message);
  });
}

async function portOf(server: Server | HttpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return (server.address() as AddressInfo).port;
}

describe('a server with TLS', () => {
  test('that is asked without', async () => {
    await using server = await startServer({ tlsFiles });
    const host = `127.0.0.1:${server.port}`;
    assert.equal(await outcome(`ws://${host}`), `this server speaks TLS: use wss://${host}`);
  });

  test('whose certificate is not known: the ways to trust it, with its fingerprint', async () => {
    await using server = await startServer({ tlsFiles });
    const message = await outcome(server.url);
    assert.match(message, /^its certificate is self-signed, .*--ca FILE, or --insecure$/);
    assert.ok(message.includes(`--fingerprint ${fingerprint} `));
    for (const trust of [
      { insecure: true },
      { ca: readFileSync(made.certFile) },
      { fingerprint: fingerprint.replaceAll(':', '') },
    ]) {
      assert.equal(await outcome(server.url, trust), 'open');
    }
  });

  test('that shows another certificate than the one that is trusted', async () => {
    await using server = await startServer({ tlsFiles });
    const message = await outcome(server.url, { fingerprint: '0'.repeat(64) });
    assert.equal(message, `its certificate has another fingerprint: ${fingerprint}`);
  });
});

test('a server without TLS that is asked with', async () => {
  await using server = await startServer();
  const host = `127.0.0.1:${server.port}`;
  assert.equal(await outcome(`wss://${host}`), `this server does not speak TLS: use ws://${host}`);
});

test('a path that a Hubbub does not have', async () => {
  await using server = await startServer();
  assert.equal(await outcome(`${server.url}/chat`), 'this Hubbub has nothing at /chat: the path is wrong');
});

test('a Hubbub that refuses says why', async () => {
  await using server = await startServer({ maxConnectionsPerAddress: 1 });
  const first = new WebSocket(server.url);
  await once(first, 'open');
  assert.match(await outcome(server.url), /^the server refuses: .+ \(429 Too Many Requests\)$/);
  first.close();
});

for (const [what, status, headers, message] of [
  ['a page', 200, {}, 'the path is wrong, or this is not a Hubbub: it answers 200 OK'],
  ['nothing', 404, {}, 'the path is wrong, or this is not a Hubbub: it answers 404 Not Found'],
  [
    'another address',
    301,
    { location: 'https://a.example/' },
    'the server sends us to https://a.example/ (301 Moved Permanently)',
  ],
] as const) {
  test(`a web server that has ${what} there`, async () => {
    const port = await portOf(createHttpServer((_, response) => response.writeHead(status, headers).end('<p>')));
    assert.equal(await outcome(`ws://127.0.0.1:${port}`), message);
  });
}

test('a server of another protocol', async () => {
  const port = await portOf(createServer((socket) => socket.on('error', () => undefined).end('SSH-2.0-x\r\n')));
  assert.equal(await outcome(`ws://127.0.0.1:${port}`), 'this server does not speak HTTP: it is not a Hubbub');
});

test('another WebSocket server', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => false });
  await once(server, 'listening');
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  assert.equal(await outcome(`ws://127.0.0.1:${port}`), 'this server takes WebSockets, but is not a Hubbub');
});

test('no server', async () => {
  const server = createServer();
  const port = await portOf(server);
  server.close();
  assert.match(await outcome(`ws://127.0.0.1:${port}`), /ECONNREFUSED/);
});
