import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { PlainHttp } from '../../src/edge/plain-http.ts';
import type { Responder } from '../../src/edge/responder.ts';
import { createPages } from '../../src/http/pages.ts';
import { Bystanders } from '../kit/bystanders.ts';
import { memory } from '../kit/memory.ts';
import { upgradeRequest } from '../kit/raw.ts';
import { edge, startServer, type TestServer } from '../kit/server.ts';

const MiB = 1024 * 1024;

function get(path: string, ...lines: string[]): string {
  return `${[`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...lines].join('\r\n')}\r\n\r\n`;
}

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** A connection for plain HTTP by hand. */
class HttpConnection implements AsyncDisposable {
  readonly socket: Socket;
  readonly gone: Promise<void>;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #onData: () => void = () => undefined;

  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    // A reset is an acceptable end.
    this.socket.on('error', () => undefined);
    this.gone = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('data', (data) => {
      this.#chunks.push(data);
      this.#bytes += data.length;
      this.#onData();
    });
    this.socket.once('close', () => this.#onData());
  }

  /** Sends a request, and waits for its answer. */
  async ask(request: string): Promise<Answer> {
    this.socket.write(request);
    return await this.next();
  }

  /** The next answer, whole. */
  async next(): Promise<Answer> {
    let end = this.#rest.indexOf('\r\n\r\n');
    for (; end < 0; end = this.#rest.indexOf('\r\n\r\n')) await this.#have(this.#bytes + 1);
    const head = this.#rest.toString('latin1', 0, end);
    const [, length = '0'] = /^content-length: (\d+)/im.exec(head) ?? [];
    const whole = end + 4 + Number(length);
    await this.#have(whole);
    const body = this.#rest.toString('latin1', end + 4, whole);
    this.#chunks = [this.#rest.subarray(whole)];
    this.#bytes -= whole;
    return { status: Number(head.split(' ')[1]), head, body };
  }

  /** Received data that was not taken. */
  get rest(): string {
    return this.#rest.toString('latin1');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  get #rest(): Buffer {
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  async #have(bytes: number): Promise<void> {
    while (this.#bytes < bytes) {
      if (this.socket.closed) throw new Error(`the connection is gone; there are ${this.#bytes} of ${bytes} bytes`);
      await new Promise<void>((resolve) => {
        this.#onData = resolve;
      });
    }
  }
}

/** Sends a request on a new connection. The answer has to announce correctly whether that is closed. */
async function askOnce(server: TestServer, request: string, localAddress?: string): Promise<Answer> {
  await using connection = new HttpConnection(server.port, localAddress);
  const answer = await connection.ask(request);
  if (/^connection: close$/im.test(answer.head)) await connection.gone;
  else assert.equal((await connection.ask(get('/healthz'))).status, 200);
  assert.equal(connection.rest, '');
  return answer;
}

describe('one request at a time on a connection', { concurrency: true }, () => {
  test('one after the other is answered', async () => {
    await using server = await startServer();
    await using connection = new HttpConnection(server.port);
    for (const path of ['/healthz', '/asyncapi.json', '/nothing', '/', '/readyz']) {
      const { head } = await connection.ask(get(path));
      assert.doesNotMatch(head, /^connection:/im);
    }
  });

  for (const [name, requests] of Object.entries({
    'plain ones': get('/healthz'),
    'refused upgrades': upgradeRequest('/', { 'Sec-WebSocket-Version': '8' }),
    'with a body': `${get('/healthz', 'Content-Length: 3')}abc`,
    malformed: get('/healthz', 'Host: other'),
  })) {
    test(`many in one packet end the connection: ${name}`, async () => {
      await using server = await startServer();
      await Bystanders.watch(server, async (bystanders) => {
        await using connection = new HttpConnection(server.port);
        connection.socket.write(requests.repeat(1000));
        await connection.gone;
        assert.ok((connection.rest.match(/HTTP\/1\.1 /g) ?? []).length <= 1);
        await bystanders.talk();
      });
    });
  }

  test('many that are never read take no memory', async () => {
    await using server = await startServer();
    const before = memory();
    await Bystanders.watch(server, async (bystanders) => {
      for (let attempt = 0; attempt < 20; attempt += 1) {
        await using connection = new HttpConnection(server.port);
        connection.socket.pause();
        connection.socket.write(get('/asyncapi.json').repeat(1000));
        connection.socket.resume();
        await connection.gone;
        await bystanders.talk();
      }
    });
    const grown = memory().resident - before.resident;
    // Node creates a lot of garbage for each request.
    assert.ok(grown < (edge === 'uws' ? 32 : 64) * MiB, `${grown} bytes more are held`);
  });

  test('a request whose client has closed its side is answered', async () => {
    await using server = await startServer();
    await using connection = new HttpConnection(server.port);
    connection.socket.end(get('/healthz'));
    assert.equal((await connection.next()).body, 'ok\n');
  });

  test('an answer without a body, or with less than was asked for, is the last one', async () => {
    await using server = await startServer();
    const whole = await askOnce(server, get('/asyncapi.json'));
    const [, etag = ''] = /^etag: (.*)$/im.exec(whole.head) ?? [];
    const unchanged = await askOnce(server, get('/asyncapi.json', `If-None-Match: ${etag}`));
    assert.equal(unchanged.status, 304);
    assert.match(unchanged.head, /^connection: close$/im);
    const refused = await askOnce(server, get('/healthz').replace('GET', 'POST'));
    assert.equal(refused.status, 405);
    assert.match(refused.head, /^connection: close$/im);
    assert.match(refused.head, /^date: .* GMT$/im);
  });
});

describe('a request with a body', { concurrency: true }, () => {
  const body = 'x'.repeat(300_000);
  const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

  for (const [name, rest] of Object.entries({
    'of a known length': `Content-Length: ${body.length}\r\n\r\n${body}`,
    'in chunks': `Transfer-Encoding: chunked\r\n\r\n${chunked}`,
    'after 100 (Continue)': `Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  })) {
    test(`${name} is answered once it has come`, async () => {
      await using server = await startServer();
      await using connection = new HttpConnection(server.port);
      connection.socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${rest}`);
      let answer = await connection.next();
      if (answer.status === 100) answer = await connection.next();
      assert.equal(answer.status, 405);
      await connection.gone;
    });
  }

  test('one that is too long is not read', async () => {
    await using server = await startServer();
    await using connection = new HttpConnection(server.port);
    connection.socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${100 * MiB}\r\n\r\n`);
    connection.socket.write(Buffer.alloc(3 * MiB));
    await connection.gone;
  });
});

describe('malformed requests', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const [name, lines] of Object.entries({
    'two hosts': 'Host: a\r\nHost: b',
    'the same host twice': 'Host: a\r\nHost: a',
    'an empty host': 'Host:',
    'a host that is none': 'Host: a/b',
    'a host with a user': 'Host: ada@example.org',
    'two lengths': 'Host: a\r\nContent-Length: 3\r\nContent-Length: 0',
    'the same length twice': 'Host: a\r\nContent-Length: 3\r\nContent-Length: 3',
    'an empty length': 'Host: a\r\nContent-Length:',
    'a length with a sign': 'Host: a\r\nContent-Length: +3',
    'a list of lengths': 'Host: a\r\nContent-Length: 3, 3',
    'a coding other than chunked': 'Host: a\r\nTransfer-Encoding: gzip',
    'two codings': 'Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    'a length and a coding': 'Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3',
    'no host': 'Accept: */*',
  })) {
    test(`${name}: 400, and the connection is closed`, async () => {
      await using connection = new HttpConnection(server.port);
      connection.socket.write(`GET /healthz HTTP/1.1\r\n${lines}\r\n\r\n`);
      await connection.gone;
      assert.match(connection.rest, /^HTTP\/1\.1 400 Bad Request\r\n(.+\r\n)*connection: close\r\n/i);
    });
  }

  for (const host of ['example.org', 'example.org:8080', '[::1]:8080', '127.0.0.1', 'a_b.example', 'localhost:']) {
    test(`${host} is a host`, async () => {
      const { status } = await askOnce(server, `GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      assert.equal(status, 200);
    });
  }
});

describe('the rate of an address', { concurrency: true }, () => {
  const httpRate = { perSecond: 0.01, burst: 8 };

  test('past it there is 429, and the connection is closed; another address is served, and health is told', async () => {
    await using server = await startServer({ httpRate, edges: 1 });
    await using connection = new HttpConnection(server.port);
    for (let request = 0; request < httpRate.burst; request += 1) {
      assert.equal((await connection.ask(get('/nothing'))).status, 404);
    }
    const refused = await connection.ask(get('/nothing'));
    assert.equal(refused.status, 429);
    assert.match(refused.head, /^retry-after: (9\d|100)$/im);
    await connection.gone;
    assert.equal((await askOnce(server, get('/schemas/'))).status, 429);
    for (const path of ['/healthz', '/readyz', '/healthz']) {
      await using monitor = new HttpConnection(server.port);
      const { status, head } = await monitor.ask(get(path));
      assert.equal(status, 200);
      assert.match(head, /^connection: close$/im);
      await monitor.gone;
    }
    await using monitor = new HttpConnection(server.port);
    monitor.socket.write(get('/healthz').replace('GET', 'HEAD'));
    await monitor.gone;
    assert.match(monitor.rest, /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*\r\n$/);
    assert.equal((await askOnce(server, get('/schemas/'), '127.0.0.2')).status, 200);
  });

  test('a long answer costs more than a short one', async () => {
    await using server = await startServer({ httpRate, edges: 1 });
    let answers = 0;
    while ((await askUnchecked(server, get('/asyncapi.json'))).status === 200) answers += 1;
    // 79 KB are two requests.
    assert.equal(answers, 4);
  });

  test('a client is who a trusted proxy says it is', async () => {
    await using server = await startServer({ httpRate, edges: 1, trustProxy: 1 });
    const from = (address: string) => askUnchecked(server, get('/nothing', `X-Forwarded-For: ${address}`));
    for (let request = 0; request < httpRate.burst; request += 1) assert.equal((await from('10.0.0.1')).status, 404);
    assert.equal((await from('10.0.0.1')).status, 429);
    assert.equal((await from('10.0.0.2')).status, 404);
  });
});

/** Sends a request on a new connection, and leaves. */
async function askUnchecked(server: TestServer, request: string): Promise<Answer> {
  await using connection = new HttpConnection(server.port);
  return await connection.ask(request);
}

describe('answers that are not read', { concurrency: true }, () => {
  /** More than the system buffers for a connection. */
  const size = 32 * MiB;
  const pages = createPages(new Map([['long.png', Buffer.alloc(size)]]));

  /** Requests a long answer, and reads only its beginning. */
  async function sleeper(server: TestServer): Promise<HttpConnection> {
    const connection = new HttpConnection(server.port);
    connection.socket.write(get('/long.png'));
    await once(connection.socket, 'data');
    connection.socket.pause();
    return connection;
  }

  test('another request on the connection ends it', async () => {
    await using server = await startServer({ pages });
    await using connection = await sleeper(server);
    connection.socket.write(get('/healthz'));
    connection.socket.resume();
    await connection.gone;
    assert.ok(connection.rest.length < size);
    assert.equal(connection.rest.match(/HTTP\/1\.1 /g)?.length, 1);
  });

  test('too much of it, and there is 503 until it is read; health is told', async () => {
    await using server = await startServer({ pages, edges: 1 });
    await using connection = await sleeper(server);
    const refused = await askOnce(server, get('/schemas/'));
    assert.equal(refused.status, 503);
    assert.match(refused.head, /^retry-after: 5$/im);
    assert.match(refused.head, /^connection: close$/im);
    assert.equal((await askOnce(server, get('/healthz'))).status, 200);
    connection.socket.resume();
    assert.equal((await connection.next()).body.length, size);
    assert.equal((await askOnce(server, get('/schemas/'))).status, 200);
    await using second = await sleeper(server);
    assert.equal((await askOnce(server, get('/schemas/'))).status, 503);
    second.socket.destroy();
    // Until the server notices that the client is gone.
    while ((await askUnchecked(server, get('/schemas/'))).status === 503);
  });

  test('whoever takes too long is dropped', async () => {
    let now = 0;
    const reply = { status: '200 OK', headers: {}, body: Buffer.alloc(10) };
    const http = new PlainHttp(
      { rate: undefined, oneRequest: false },
      { http: () => reply, refused: () => undefined, failed: assert.fail },
      () => now,
    );
    const responses = [new StuckResponder(), new StuckResponder()];
    const ask = async (response: StuckResponder) => {
      http.answer(response, { method: 'get', path: '/', moved: undefined, headers: new Map() }, '127.0.0.1');
      await turn();
    };
    for (const response of responses) {
      await ask(response);
      now += 10_000;
    }
    now = 59_999;
    http.inspect();
    assert.deepEqual(
      responses.map(({ isClosed }) => isClosed),
      [false, false],
    );
    now = 60_000;
    http.inspect();
    assert.deepEqual(
      responses.map(({ isClosed }) => isClosed),
      [true, false],
    );
  });
});

/** Nothing can be written to its socket. */
class StuckResponder implements Responder {
  isClosed = false;
  #onAborted: () => void = () => undefined;

  onAborted(then: () => void): void {
    this.#onAborted = then;
  }

  afterBody(): void {
    assert.fail();
  }

  answerAndClose(): void {
    assert.fail();
  }

  send(): boolean {
    return false;
  }

  close(): void {
    this.isClosed = true;
    this.#onAborted();
  }
}
