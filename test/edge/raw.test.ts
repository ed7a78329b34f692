import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Bystanders } from '../kit/bystanders.ts';
import { JsonClient } from '../kit/client.ts';
import {
  frame,
  type HeaderLines,
  jsonFrame,
  opcodes,
  RawClient,
  sampleAccept,
  sampleKey,
  upgradeRequest,
} from '../kit/raw.ts';
import { edge, startServer, type TestOptions, type TestServer } from '../kit/server.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

/** With a limit of 64 KiB, frames up to this size are read. */
const readLimit = 80 * KiB;

/** Runs `act` on a server of its own, with two bystanders whose conversation must not be disturbed. */
async function undisturbed(
  act: (server: TestServer, bystanders: Bystanders) => Promise<void>,
  options: TestOptions = {},
): Promise<void> {
  await using server = await startServer({ grace: 0, ...options });
  await Bystanders.watch(server, (bystanders) => act(server, bystanders));
}

describe('what a client may do', { concurrency: true }, () => {
  test('a text frame in fragments is one frame', () =>
    undisturbed(async (server, bystanders) => {
      await using raw = await RawClient.connect(server.port);
      raw.write(frame('{"type":"ec', { fin: false }));
      await bystanders.talk();
      raw.write(frame('', { opcode: opcodes.continuation, fin: false }));
      raw.write(frame('ho","body":"h\u00e9', { opcode: opcodes.continuation, fin: false }));
      raw.write(frame('llo"}', { opcode: opcodes.continuation }));
      assert.deepEqual(await raw.next('echo'), { type: 'echo', body: 'h\u00e9llo' });
    }));

  test('a character may be split between two fragments', () =>
    undisturbed(async (server) => {
      await using raw = await RawClient.connect(server.port);
      const bytes = Buffer.from('{"type":"echo","body":"\u{1f44b}"}');
      const middle = bytes.indexOf(0x9f);
      raw.write(frame(bytes.subarray(0, middle), { fin: false }));
      raw.write(frame(bytes.subarray(middle), { opcode: opcodes.continuation }));
      assert.equal((await raw.next('echo')).body, '\u{1f44b}');
    }));

  test('a control frame may come between fragments', () =>
    undisturbed(async (server) => {
      await using raw = await RawClient.connect(server.port);
      raw.write(frame('{"type":"echo",', { fin: false }));
      raw.write(frame('are you there?', { opcode: opcodes.ping }));
      const pong = await raw.nextFrame(opcodes.pong);
      assert.equal(pong.payload.toString(), 'are you there?');
      raw.write(frame('unasked', { opcode: opcodes.pong }));
      raw.write(frame('"body":1}', { opcode: opcodes.continuation }));
      assert.equal((await raw.next('echo')).body, 1);
    }));

  test('some control frames cost nothing', async () => {
    await using server = await startServer({ rate: { perSecond: 1, burst: 1 } });
    await using raw = await RawClient.connect(server.port);
    const some = [opcodes.ping, opcodes.pong].flatMap((opcode) =>
      Array.from({ length: 5 }, () => frame('', { opcode })),
    );
    raw.write(...some, jsonFrame({ type: 'echo', body: 1 }));
    assert.equal((await raw.next('echo')).body, 1);
  });

  test('a control frame may carry 125 bytes, or none', () =>
    undisturbed(async (server) => {
      await using raw = await RawClient.connect(server.port);
      raw.write(frame('x'.repeat(125), { opcode: opcodes.ping }));
      assert.equal((await raw.nextFrame(opcodes.pong)).payload.toString(), 'x'.repeat(125));
      raw.write(frame('', { opcode: opcodes.ping }));
      assert.equal((await raw.nextFrame(opcodes.pong)).payload.length, 0);
    }));

  test('a frame may come byte by byte, while the others talk', () =>
    undisturbed(async (server, bystanders) => {
      await using raw = await RawClient.connect(server.port);
      const bytes = jsonFrame({ type: 'message', body: 'slowly', id: 'm' });
      await raw.trickle(bytes.subarray(0, 20));
      await bystanders.talk();
      await raw.trickle(bytes.subarray(20));
      assert.equal((await raw.next('ack')).id, 'm');
    }));

  test('frames in one segment are answered in their order', () =>
    undisturbed(async (server) => {
      await using raw = await RawClient.connect(server.port);
      await raw.next('joined');
      const requests = [
        { type: 'echo', body: 1 },
        { type: 'ping', id: '2' },
        { type: 'nonsense', id: '3' },
        { type: 'message', body: 'to all', id: '4' },
        { type: 'list', room: 'lobby', id: '5' },
        { type: 'leave', room: 'lobby', id: '6' },
        { type: 'echo', body: 7 },
      ];
      raw.drain();
      raw.write(...requests.map((request) => jsonFrame(request)));
      await raw.settle();
      // It waits for the log.
      assert.equal((await raw.next('ack')).id, '4');
      const answers = raw.drain().filter(({ type }) => type !== 'presence');
      const types = ['echo', 'pong', 'error', 'message', 'members', 'left', 'echo'];
      assert.deepEqual(
        answers.map(({ type }) => type),
        types,
      );
    }));

  test('a frame of exactly the limit passes', () =>
    undisturbed(
      async (server) => {
        await using raw = await RawClient.connect(server.port);
        const empty = JSON.stringify({ type: 'echo', body: '' });
        const body = 'x'.repeat(2 * KiB - empty.length);
        raw.write(jsonFrame({ type: 'echo', body }));
        assert.equal((await raw.next('echo')).body, body);
      },
      { maxFrame: 2 * KiB },
    ));

  test('the limit may be 4 MiB', () =>
    undisturbed(
      async (server) => {
        await using raw = await RawClient.connect(server.port);
        const body = 'x'.repeat(4 * MiB - 100);
        raw.write(jsonFrame({ type: 'echo', body }));
        assert.equal((await raw.next('echo')).body, body);
        raw.write(frame('x'.repeat(4 * MiB + 1)));
        assert.equal((await raw.closeFrame).code, 1009);
      },
      { maxFrame: 4 * MiB, buffer: 32 * MiB },
    ));

  for (const code of [1000, 1001, 1011, 4000, 4999]) {
    test(`a close with code ${code} is answered with the same`, () =>
      undisturbed(async (server, bystanders) => {
        await using raw = await RawClient.connect(server.port, '/?name=leaver');
        raw.write(frame(Buffer.from([code >> 8, code & 0xff, 0x62, 0x79, 0x65]), { opcode: opcodes.close }));
        assert.deepEqual(await raw.closeFrame, { code, reason: 'bye' });
        await raw.gone;
        await bystanders.areAlone();
      }));
  }

  test('a close with a code of 3000 to 3999, which uWebSockets.js does not know, is answered', () =>
    undisturbed(async (server, bystanders) => {
      await using raw = await RawClient.connect(server.port);
      raw.write(frame(Buffer.from([0x0b, 0xb8]), { opcode: opcodes.close }));
      assert.deepEqual(await raw.closeFrame, { code: edge === 'uws' ? 1005 : 3000, reason: '' });
      await raw.gone;
      await bystanders.areAlone();
    }));

  test('a close without a code is answered without one', () =>
    undisturbed(async (server) => {
      await using raw = await RawClient.connect(server.port);
      raw.write(Buffer.from([0x88, 0x80, 0x00, 0x00, 0x00, 0x00]));
      assert.deepEqual(await raw.closeFrame, { code: 1005, reason: '' });
      await raw.gone;
    }));
});

describe('what ends the connection, and harms nobody else', { concurrency: true }, () => {
  /** Violations of RFC 6455, which uWebSockets.js answers by dropping the connection. */
  const violations: Record<string, Buffer> = {
    'a reserved opcode for data': Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
    'a reserved opcode for control': Buffer.from([0x8b, 0x80, 0, 0, 0, 0]),
    'the reserved bit 1, without an extension': frame('{"type":"ping"}', { rsv: 4 }),
    'the reserved bit 2': frame('{"type":"ping"}', { rsv: 2 }),
    'the reserved bit 3': frame('{"type":"ping"}', { rsv: 1 }),
    'a stray byte of UTF-8': frame(Buffer.from([0x22, 0x80, 0x22])),
    'an overlong form of UTF-8': frame(Buffer.from([0x22, 0xc0, 0xaf, 0x22])),
    'a surrogate in UTF-8': frame(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])),
    'half a character at the end': frame(Buffer.from([0x22, 0xc3])),
    'invalid UTF-8 put together from fragments': Buffer.concat([
      frame(Buffer.from([0x22, 0xc3]), { fin: false }),
      frame(Buffer.from([0x28, 0x22]), { opcode: opcodes.continuation }),
    ]),
    'a control frame of 126 bytes': frame(Buffer.alloc(126), { opcode: opcodes.ping }),
    'a control frame in fragments': frame('hel', { opcode: opcodes.ping, fin: false }),
    'a continuation of nothing': frame('{"type":"ping"}', { opcode: opcodes.continuation }),
    'a frame in the middle of another': Buffer.concat([frame('{"type":', { fin: false }), frame('{"type":"ping"}')]),
    'a frame over the native limit': frame(Buffer.alloc(readLimit + 1, 0x20)),
    // No memory is reserved for it.
    'the beginning of a frame over the native limit': frame(Buffer.alloc(readLimit + 1, 0x20)).subarray(0, 20),
    'fragments that are over the native limit together': Buffer.concat([
      frame(Buffer.alloc(60 * KiB, 0x20), { fin: false }),
      frame(Buffer.alloc(60 * KiB, 0x20), { opcode: opcodes.continuation, fin: false }),
    ]),
    // 2^63 - 1 bytes are announced.
    'a frame that cannot be': Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]),
    // The mask is missing: its bytes are taken from the payload, so that the second frame makes no sense.
    'frames without a mask': Buffer.concat([
      jsonFrame({ type: 'ping' }, { masked: false }),
      jsonFrame({ type: 'ping' }, { masked: false }),
    ]),
  };
  for (const [name, bytes] of Object.entries(violations)) {
    test(name, () =>
      undisturbed(async (server, bystanders) => {
        await using raw = await RawClient.connect(server.port, '/?name=violator');
        await raw.settle();
        raw.write(bytes);
        await raw.gone;
        await bystanders.areAlone();
      }),
    );
  }

  for (const [name, size] of Object.entries({ 'one byte': 64 * KiB + 1, '16 KiB': readLimit })) {
    test(`a frame past the limit by ${name}: goodbye, then 1009 with a reason`, () =>
      undisturbed(async (server, bystanders) => {
        await using raw = await RawClient.connect(server.port, '/?name=talker');
        raw.write(frame(Buffer.alloc(size, 0x20)), jsonFrame({ type: 'message', body: 'too late' }));
        const reason = 'the frame is longer than the limit';
        assert.deepEqual(await raw.closeFrame, { code: 1009, reason });
        assert.deepEqual(await raw.next('goodbye'), {
          type: 'goodbye',
          code: 1009,
          why: 'frame_too_big',
          message: reason,
        });
        await raw.gone;
        await bystanders.areAlone();
      }));
  }

  test('fragments past the limit together: goodbye, then 1009', () =>
    undisturbed(async (server) => {
      await using raw = await RawClient.connect(server.port);
      raw.write(frame(Buffer.alloc(60 * KiB, 0x20), { fin: false }));
      raw.write(frame(Buffer.alloc(5 * KiB, 0x20), { opcode: opcodes.continuation }));
      assert.equal((await raw.next('goodbye')).why, 'frame_too_big');
      assert.equal((await raw.closeFrame).code, 1009);
    }));

  for (const opcode of ['ping', 'pong'] as const) {
    test(`too many frames that are a ${opcode}: goodbye, then 4029`, () =>
      undisturbed(
        async (server, bystanders) => {
          await using raw = await RawClient.connect(server.port);
          raw.write(...Array.from({ length: 100 }, () => frame('', { opcode: opcodes[opcode] })));
          assert.equal((await raw.closeFrame).code, 4029);
          assert.equal((await raw.next('goodbye')).why, 'flooding');
          await raw.gone;
          await bystanders.areAlone();
        },
        { rate: { perSecond: 1, burst: 20 } },
      ));
  }

  test('the answers to pings are not read: goodbye, then 4008', () =>
    undisturbed(async (server, bystanders) => {
      await using raw = await RawClient.connect(server.port);
      await raw.settle();
      raw.socket.pause();
      const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame('x'.repeat(125), { opcode: opcodes.ping })));
      for (let sent = 0; server.broker.counts().connections > 2; sent += pings.length) {
        assert.ok(sent < 256 * MiB);
        raw.write(pings);
        // No more than the server takes.
        do await turn();
        while (raw.socket.writableLength > MiB && server.broker.counts().connections > 2);
      }
      raw.socket.resume();
      assert.equal((await raw.closeFrame).code, 4008);
      await raw.gone;
      await bystanders.areAlone();
    }));

  test('a reset in the middle of a frame', () =>
    undisturbed(async (server, bystanders) => {
      await using raw = await RawClient.connect(server.port, '/?name=resetter');
      await raw.settle();
      const bytes = jsonFrame({ type: 'message', body: 'x'.repeat(1000) });
      await raw.trickle(bytes.subarray(0, 10));
      raw.write(bytes.subarray(10, 500));
      await bystanders.talk();
      await raw.reset();
      await bystanders.areAlone();
    }));

  test('a reset while the server sends', () =>
    undisturbed(
      async (server, bystanders) => {
        await using raw = await RawClient.connect(server.port);
        await raw.settle();
        raw.socket.pause();
        const request = jsonFrame({ type: 'message', body: 'x'.repeat(60 * KiB) });
        raw.write(...Array.from({ length: 100 }, () => request));
        await bystanders.talk();
        await raw.reset();
        await bystanders.areAlone();
      },
      // The bystanders in this process get as much, and need not keep up.
      { buffer: 16 * 1024 * KiB },
    ));

  test('the end of the stream in the middle of a frame', () =>
    undisturbed(async (server, bystanders) => {
      await using raw = await RawClient.connect(server.port);
      raw.socket.end(jsonFrame({ type: 'ping' }).subarray(0, 9));
      await raw.gone;
      await bystanders.areAlone();
    }));

  test('many connections that come and go at once', () =>
    undisturbed(async (server, bystanders) => {
      const flood = async () => {
        const raw = await RawClient.connect(server.port);
        await raw.next('welcome');
        await raw.reset();
      };
      await Promise.all(Array.from({ length: 200 }, flood));
      await bystanders.areAlone();
    }));
});

describe('the handshake by hand', { concurrency: true }, () => {
  test('it is answered as RFC 6455 says', () =>
    undisturbed(async (server) => {
      await using raw = new RawClient(server.port);
      raw.write(upgradeRequest());
      const { status, headers } = await raw.head;
      assert.equal(status, 101);
      assert.equal(headers.get('sec-websocket-accept'), sampleAccept);
      assert.equal(headers.get('upgrade')?.toLowerCase(), 'websocket');
      assert.equal(headers.get('connection')?.toLowerCase(), 'upgrade');
      assert.equal(headers.has('sec-websocket-extensions'), false);
    }));

  test('its headers may come byte by byte', () =>
    undisturbed(async (server, bystanders) => {
      await using raw = new RawClient(server.port);
      const [requestLine = '', ...headers] = upgradeRequest().split(/(?<=^[^\n]*\n)/);
      raw.write(requestLine);
      await raw.trickle(headers.join(''));
      assert.equal((await raw.head).status, 101);
      await raw.settle();
      await bystanders.talk();
    }));

  test('a request line in pieces does no harm, even where uWebSockets.js does not understand it', () =>
    undisturbed(async (server) => {
      const request = upgradeRequest();
      for (let at = 1; at < 'GET / HTTP/1.1\r\n'.length; at += 1) {
        await using raw = new RawClient(server.port);
        raw.write(request.slice(0, at));
        await turn();
        await turn();
        raw.write(request.slice(at));
        assert.ok([101, 505].includes((await raw.head).status));
      }
    }));

  test('the client may close its side at once, and leaves nothing behind', () =>
    undisturbed(async (server, bystanders) => {
      for (let attempt = 0; attempt < 20; attempt += 1) {
        await using raw = new RawClient(server.port);
        raw.socket.end(upgradeRequest());
        await raw.gone;
      }
      await bystanders.areAlone();
    }));

  test('an offered compression is not taken', () =>
    undisturbed(async (server) => {
      await using raw = new RawClient(server.port);
      raw.write(upgradeRequest('/', { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }));
      const { status, headers } = await raw.head;
      assert.equal(status, 101);
      assert.equal(headers.has('sec-websocket-extensions'), false);
    }));

  const spellings: Record<string, HeaderLines> = {
    'other cases': { Connection: 'UPGRADE', Upgrade: 'WebSocket' },
    'a connection that stays': { Connection: 'keep-alive, Upgrade' },
    'two lines of one list': { Connection: ['keep-alive', 'Upgrade'], Upgrade: ['h2c', 'websocket'] },
    'a length that is 0': { 'Content-Length': '0' },
    'an address of IPv6 as host': { Host: '[::1]:8080' },
  };
  for (const [name, headers] of Object.entries(spellings)) {
    test(`${name}: 101`, () =>
      undisturbed(async (server) => {
        await using raw = await RawClient.connect(server.port, '/', { headers });
        await raw.settle();
      }));
  }

  test('subprotocols on several lines are one list', () =>
    undisturbed(async (server) => {
      await using raw = new RawClient(server.port);
      raw.write(upgradeRequest('/', { 'Sec-WebSocket-Protocol': ['chat', 'superchat,hubbub.text', 'hubbub.json'] }));
      assert.equal((await raw.head).headers.get('sec-websocket-protocol'), 'hubbub.text');
    }));

  const refused: Record<string, { headers: HeaderLines; status: number }> = {
    'no key': { headers: { 'Sec-WebSocket-Key': undefined }, status: 400 },
    'a key of the wrong length': { headers: { 'Sec-WebSocket-Key': 'c2hvcnQ=' }, status: 400 },
    'a key that is not Base64': { headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j~Q==' }, status: 400 },
    'a key of 18 bytes': { headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZTEy' }, status: 400 },
    'two keys': { headers: { 'Sec-WebSocket-Key': [sampleKey, sampleKey] }, status: 400 },
    'two versions': { headers: { 'Sec-WebSocket-Version': ['13', '13'] }, status: 400 },
    'no upgrade': { headers: { Upgrade: undefined }, status: 400 },
    'another upgrade': { headers: { Upgrade: 'h2c' }, status: 400 },
    'a connection that is not upgraded': { headers: { Connection: 'keep-alive' }, status: 400 },
    'a connection that is closed': { headers: { Connection: 'close' }, status: 400 },
    'no connection header': { headers: { Connection: undefined }, status: 400 },
    'a body': { headers: { 'Content-Length': '5' }, status: 400 },
    'a body in chunks': { headers: { 'Transfer-Encoding': 'chunked' }, status: 400 },
    'two hosts': { headers: { Host: ['127.0.0.1', '127.0.0.1'] }, status: 400 },
    'a host without a name': { headers: { Host: '' }, status: 400 },
    'a host with a space': { headers: { Host: 'a b' }, status: 400 },
    'a host with a path': { headers: { Host: 'a/b' }, status: 400 },
    'no version': { headers: { 'Sec-WebSocket-Version': undefined }, status: 426 },
    'an old version': { headers: { 'Sec-WebSocket-Version': '8' }, status: 426 },
    'no host': { headers: { Host: undefined }, status: 400 },
    'headers that are too long': { headers: { Cookie: 'x'.repeat(64 * KiB) }, status: 431 },
  };
  for (const [name, { headers, status }] of Object.entries(refused)) {
    test(`${name}: ${status}`, () =>
      undisturbed(async (server, bystanders) => {
        await using raw = new RawClient(server.port);
        raw.write(upgradeRequest('/', headers));
        assert.equal((await raw.head).status, status);
        await bystanders.areAlone();
      }));
  }

  test('another version is told which one there is', () =>
    undisturbed(async (server) => {
      await using raw = new RawClient(server.port);
      raw.write(upgradeRequest('/', { 'Sec-WebSocket-Version': '8' }));
      assert.equal((await raw.head).headers.get('sec-websocket-version'), '13');
      await raw.gone;
    }));

  const garbage: Record<string, string | Buffer> = {
    'a line of text': 'hello, is this a chat?\r\n\r\n',
    'HTTP/1.0': 'GET / HTTP/1.0\r\nHost: x\r\n\r\n',
    'a TLS handshake': Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 0x0d, 0x0a]),
    'control characters in a header': 'GET / HTTP/1.1\r\nHost: x\r\nX: \u0001\u0002\r\n\r\n',
    'a header without a colon': 'GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n',
    zeros: Buffer.alloc(10_000),
    'a WebSocket frame': jsonFrame({ type: 'ping' }),
  };
  for (const [name, bytes] of Object.entries(garbage)) {
    test(`${name} instead of a request`, () =>
      undisturbed(async (server, bystanders) => {
        await using raw = new RawClient(server.port);
        raw.write(bytes);
        // The parser is waiting for more; the client gives up.
        raw.socket.end('\r\n\r\n');
        await raw.gone;
        await bystanders.areAlone();
      }));
  }
});

describe('peers that fall silent', { concurrency: true }, () => {
  test('one that answers no ping is gone after the idle timeout; one that does stays', async () => {
    await using server = await startServer({ grace: 0, idleTimeout: 8000 });
    await using watcher = await JsonClient.connect(`${server.url}/?name=watcher`);
    await using alive = await RawClient.connect(server.port, '/?name=alive');
    await using dead = await RawClient.connect(server.port, '/?name=dead', { answersPings: false });
    await dead.next('joined');
    const start = performance.now();
    await dead.gone;
    const took = performance.now() - start;

    // Time is counted in steps of four seconds, and one has begun already.
    assert.ok(took > 3900 && took < 12_000, `it took ${took} ms`);
    const { leaves } = await watcher.next('presence', (presence) => presence.leaves !== undefined);
    assert.deepEqual(
      leaves?.map(({ name }) => name),
      ['dead'],
    );
    await alive.settle();
    assert.equal(server.broker.counts().connections, 2);
  });

  test('one that never sends its whole request is dropped', () =>
    undisturbed(async (server) => {
      await using raw = new RawClient(server.port);
      raw.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n');
      await raw.gone;
    }));
});
