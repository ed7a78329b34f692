import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { JsonClient, TextClient } from '../kit/client.ts';
import { RawClient } from '../kit/raw.ts';
import { locally, Program } from './program.ts';

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`at ${signal} it says goodbye to everyone, each with a time of its own to come back, and ends with 0`, async () => {
    await using program = await Program.start(locally);
    const url = await program.listening();
    const clients = await Promise.all(Array.from({ length: 30 }, () => JsonClient.connect(url)));
    await using reader = await TextClient.connect(`${url}/text`);
    await reader.line(/^\* lobby/);
    for (const client of clients) await client.settle();
    program.kill(signal);
    const retries = new Set<number>();
    for (const client of clients) {
      const { retry, ...goodbye } = await client.next('goodbye');
      assert.deepEqual(goodbye, {
        type: 'goodbye',
        code: 1001,
        why: 'shutdown',
        message: 'the server is shutting down',
      });
      assert.ok(retry !== undefined && retry >= 0 && retry <= 5000);
      retries.add(retry);
      assert.deepEqual(await client.closed, { code: 1001, reason: 'the server is shutting down' });
      assert.ok(!client.drain().some(({ type }) => type === 'goodbye'));
    }
    assert.ok(retries.size > 20, `there were ${retries.size} times for 30 clients`);
    await reader.line('* goodbye: the server is shutting down');
    assert.equal((await reader.closed).code, 1001);
    assert.deepEqual(await program.exit, { code: 0, signal: null });
    assert.equal(program.errors, '');
    assert.deepEqual(program.messages, ['stopping', 'stopped']);
    assert.equal((await program.logged('stopping'))['connections'], 31);
  });
}

test('what was acknowledged before the end has been delivered before the goodbye', async () => {
  await using program = await Program.start([...locally, '--rate', 'off', '--rate-bytes', 'off']);
  const url = await program.listening();
  await using ada = await JsonClient.connect(url);
  await using bob = await JsonClient.connect(url);
  await bob.next('joined');
  const frames: string[] = [];
  bob.socket.on('message', (data: Buffer) => {
    const frame = JSON.parse(data.toString());
    frames.push(frame.type === 'message' ? frame.seq : frame.type);
  });
  for (let sent = 1; sent <= 200; sent += 1)
    ada.send({ type: 'message', body: 'x'.repeat(1000), id: String(sent), echo: false });
  await ada.next('ack', ({ id }) => id === '200');
  program.kill('SIGTERM');
  await bob.closed;
  const order = frames.filter((frame) => frame !== 'presence');
  assert.deepEqual(order, [...Array.from({ length: 200 }, (_, index) => index + 1), 'goodbye']);
  assert.equal((await program.exit).code, 0);
});

test('with nobody connected it ends at once', async () => {
  await using program = await Program.start([...locally, '--drain-timeout', '1h']);
  await program.listening();
  program.kill('SIGTERM');
  assert.deepEqual(await program.exit, { code: 0, signal: null });
});

test('it ends in time even if a client never reads', async () => {
  const options = ['--rate', 'off', '--rate-bytes', 'off', '--buffer', '1GiB', '--drain-timeout', '1s'];
  await using program = await Program.start([...locally, ...options]);
  const url = await program.listening();
  const port = Number(new URL(url).port);
  await using deaf = await RawClient.connect(port);
  await deaf.next('joined');
  deaf.socket.pause();
  await using ada = await JsonClient.connect(url);
  // More than the buffers of the system hold.
  const message = JSON.stringify({ type: 'message', body: 'x'.repeat(60_000), echo: false });
  for (let sent = 0; sent < 500; sent += 1) ada.send(message);
  await ada.settle();
  const start = performance.now();
  program.kill('SIGTERM');
  assert.equal((await ada.next('goodbye')).why, 'shutdown');
  assert.deepEqual(await program.exit, { code: 0, signal: null });
  assert.ok(performance.now() - start < 1000 + 3000);
});

test('it ends in time even if a client does not close its side', async () => {
  await using program = await Program.start([...locally, '--drain-timeout', '1s']);
  const port = Number(new URL(await program.listening()).port);
  await using stubborn = await RawClient.connect(port, '/', { answersPings: false });
  await stubborn.next('joined');
  program.kill('SIGTERM');
  assert.deepEqual(await stubborn.closeFrame, { code: 1001, reason: 'the server is shutting down' });
  assert.equal((await program.exit).code, 0);
  await stubborn.gone;
});

test('a second signal ends it at once', async () => {
  await using program = await Program.start([...locally, '--drain-timeout', '1h']);
  const url = await program.listening();
  await using ada = await JsonClient.connect(url);
  await ada.next('joined');
  program.kill('SIGTERM');
  await ada.next('goodbye');
  program.kill('SIGTERM');
  // Unless the first one was quicker.
  const { code, signal } = await program.exit;
  assert.ok(code === 0 || signal === 'SIGTERM');
});

test('the port is free again at once', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  // Not 0: uWebSockets.js sets SO_REUSEADDR for a port it was told only.
  const options = ['--host', '127.0.0.1', '--port', String(port)];
  for (let starts = 0; starts < 2; starts += 1) {
    await using program = await Program.start(options);
    await using ada = await JsonClient.connect(await program.listening());
    await ada.next('joined');
    program.kill('SIGTERM');
    assert.equal((await program.exit).code, 0);
  }
});

test('when the reader of its log goes away, it stays', async () => {
  await using program = await Program.start([...locally, '--log-level', 'debug']);
  const url = await program.listening();
  program.closeOutput();
  for (const name of ['ada', 'bob', 'eve']) {
    await using client = await JsonClient.connect(`${url}/?name=${name}`);
    await client.settle();
  }
  program.kill('SIGTERM');
  assert.deepEqual(await program.exit, { code: 0, signal: null });
  assert.equal(program.errors, '');
});
