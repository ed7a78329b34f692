import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JsonClient, TextClient } from '../kit/client.ts';
import { startServer } from '../kit/server.ts';

const payloads: [string, Uint8Array][] = [
  ['every byte', Uint8Array.from({ length: 256 }, (_, value) => value)],
  ['nothing', new Uint8Array()],
  ['60 KB', Uint8Array.from({ length: 60_000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff)],
  ['what looks like a frame', Buffer.from('{"type":"message","body":"x"}')],
];

for (const [name, payload] of payloads) {
  describe(`a binary frame with ${name}`, () => {
    test('as a message reaches everyone in the room byte for byte', async () => {
      await using server = await startServer();
      await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
      await using bob = await JsonClient.connect(server.url);
      const { epoch } = await bob.next('joined');
      ada.sendBinary({ type: 'message', mime: 'image/png', id: 'm1' }, payload);
      for (const client of [bob, ada]) {
        const { header, payload: got } = await client.nextBinary();
        assert.ok(header.type === 'message');
        const { at, from, ...rest } = header;
        assert.ok(at > 0 && from.name === 'ada');
        assert.deepEqual(rest, { type: 'message', room: 'lobby', seq: 1, id: 'm1', mime: 'image/png' });
        assert.ok(got.equals(payload));
      }
      const { at, ...ack } = await ada.next('ack');
      assert.ok(at > 0);
      assert.deepEqual(ack, { type: 'ack', id: 'm1', room: 'lobby', epoch, seq: 1 });
    });

    test('as a direct message reaches one user', async () => {
      await using server = await startServer();
      await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
      await using bob = await JsonClient.connect(server.url);
      const { user } = await bob.next('welcome');
      ada.sendBinary({ type: 'direct', to: user.id, id: 'd1' }, payload);
      const { header, payload: got } = await bob.nextBinary();
      assert.ok(header.type === 'direct' && header.to === user.id && header.id === 'd1');
      assert.ok(!('body' in header) && got.equals(payload));
      assert.equal((await ada.next('ack')).id, 'd1');
    });

    test('as a broadcast reaches everyone', async () => {
      await using server = await startServer();
      await using ada = await JsonClient.connect(`${server.url}/?room=a`);
      await using bob = await JsonClient.connect(`${server.url}/?room=b`);
      await bob.next('joined');
      ada.sendBinary({ type: 'broadcast', mime: 'a/b' }, payload);
      for (const client of [ada, bob]) {
        const { header, payload: got } = await client.nextBinary();
        assert.ok(header.type === 'broadcast' && header.mime === 'a/b' && got.equals(payload));
      }
    });

    test('as a signal reaches the others in a room, or one user', async () => {
      await using server = await startServer();
      await using ada = await JsonClient.connect(server.url);
      await using bob = await JsonClient.connect(server.url);
      const { user } = await bob.next('welcome');
      await bob.next('joined');
      ada.sendBinary({ type: 'signal', room: 'lobby', kind: 'cursor' }, payload);
      ada.sendBinary({ type: 'signal', to: user.id, kind: 'offer' }, payload);
      for (const [room, kind] of [
        ['lobby', 'cursor'],
        [undefined, 'offer'],
      ]) {
        const { header, payload: got } = await bob.nextBinary();
        assert.ok(header.type === 'signal');
        assert.deepEqual([header.room, header.kind], [room, kind]);
        assert.ok(got.equals(payload));
      }
    });

    test('as an echo comes back', async () => {
      await using server = await startServer();
      await using ada = await JsonClient.connect(server.url);
      ada.sendBinary({ type: 'echo', mime: 'a/b', id: 'e1' }, payload);
      const { header, payload: got } = await ada.nextBinary();
      assert.deepEqual(header, { type: 'echo', mime: 'a/b', id: 'e1' });
      assert.ok(got.equals(payload));
    });

    test('is a line with its size and type in the text dialect', async () => {
      await using server = await startServer();
      await using ada = await JsonClient.connect(`${server.url}/?name=ada`);
      await using bob = await TextClient.connect(`${server.url}/text`);
      await bob.line(/^\* lobby/);
      ada.sendBinary({ type: 'message', mime: 'image/png' }, payload);
      ada.sendBinary({ type: 'message' }, payload);
      await bob.line(`* <ada> sent ${payload.length} bytes (image/png)`);
      await bob.line(`* <ada> sent ${payload.length} bytes`);
    });

    test('in the text dialect is a message, byte for byte', async () => {
      await using server = await startServer();
      await using ada = await TextClient.connect(`${server.url}/text?name=ada`);
      await using bob = await JsonClient.connect(server.url);
      await bob.next('joined');
      ada.socket.send(payload);
      const { header, payload: got } = await bob.nextBinary();
      assert.ok(header.type === 'message' && header.room === 'lobby' && header.from.name === 'ada');
      assert.ok(got.equals(payload));
      await ada.line(`* <ada> sent ${payload.length} bytes`);
    });
  });
}

test('a binary frame that is malformed is refused, and the connection stays open', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  ada.socket.send(Buffer.from([0x02, 0x00, 0x02, 0x7b, 0x7d]));
  assert.deepEqual(await ada.next('error'), {
    type: 'error',
    code: 'invalid_binary',
    message: 'a binary frame must start with the byte 0x01',
  });
  ada.sendBinary({ type: 'ping', id: 'p1' }, new Uint8Array());
  assert.deepEqual(await ada.next('error'), {
    type: 'error',
    code: 'invalid_frame',
    message: 'only message, signal, direct, broadcast, echo may be binary',
    path: '/type',
    id: 'p1',
  });
  await ada.settle();
});

test('JSON and binary messages keep their order', async () => {
  await using server = await startServer();
  await using ada = await JsonClient.connect(server.url);
  await using bob = await JsonClient.connect(server.url);
  await bob.next('joined');
  const order: unknown[] = [];
  bob.socket.on('message', (data: Buffer, isBinary: boolean) => {
    const frame = JSON.parse(isBinary ? data.toString('utf8', 3, 3 + data.readUInt16BE(1)) : data.toString());
    if (frame.type === 'message') order.push([frame.seq, isBinary]);
  });
  for (let sent = 1; sent <= 20; sent += 1) {
    if (sent % 3 === 0) ada.sendBinary({ type: 'message', echo: false }, Uint8Array.of(sent));
    else ada.send({ type: 'message', body: sent, echo: false });
  }
  await ada.settle();
  await bob.settle();
  assert.deepEqual(
    order,
    Array.from({ length: 20 }, (_, index) => [index + 1, (index + 1) % 3 === 0]),
  );
});
