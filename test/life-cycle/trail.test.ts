/** What happened to a user can be told from the log alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonClient, TextClient } from '../kit/client.ts';
import { type LogRecord, locally, Program } from './program.ts';

function records(program: Program, connection: string): LogRecord[] {
  const all = program.log.map((line): LogRecord => JSON.parse(line));
  return all.filter((one) => one['connection'] === connection).map(({ time: _, ...rest }) => rest);
}

test('at info: when a connection came, what it joined and left, what it was refused, and how it ended', async () => {
  await using program = await Program.start([...locally, '--rate', '5:10']);
  const url = await program.listening();
  const ada = await JsonClient.connect(`${url}/?name=ada`);
  const { connection, user } = await ada.next('welcome');
  await ada.next('joined');
  ada.send({ type: 'join', room: 'cats' });
  ada.send({ type: 'name', name: 'countess' });
  ada.send({ type: 'message', room: 'dogs', body: 'hello' });
  ada.send({ type: 'leave', room: 'cats', id: 'l' });
  await ada.next('left');
  await ada.close();
  await program.logged('disconnected');

  const who = { level: 'info', connection, user: user.id };
  const [connected, joined, joinedCats, named, refused, left, disconnected, ...rest] = records(program, connection);
  assert.deepEqual(connected, {
    ...{ ...who, message: 'connected', name: 'ada' },
    ...{ address: '127.0.0.1', dialect: 'json' },
  });
  assert.deepEqual(joined, { ...who, message: 'joined', name: 'ada', room: 'lobby' });
  assert.deepEqual(joinedCats, { ...who, message: 'joined', name: 'ada', room: 'cats' });
  assert.deepEqual(named, { ...who, message: 'named', name: 'countess', was: 'ada' });
  assert.deepEqual(refused, { ...who, message: 'refused', name: 'countess', code: 'not_joined' });
  assert.deepEqual(left, { ...who, message: 'left', name: 'countess', room: 'cats' });
  const { duration, bytes, ...end } = disconnected ?? {};
  assert.ok(Number(duration) >= 0 && Number(bytes) > 100);
  assert.deepEqual(end, {
    ...{ ...who, message: 'disconnected', name: 'countess', address: '127.0.0.1' },
    ...{ code: 1000, reason: '', messages: 4, refusals: 1 },
  });
  assert.deepEqual(rest, []);

  const bob = await TextClient.connect(`${url}/text?name=bob`);
  await bob.line(/^\* lobby/);
  for (let sent = 0; sent < 1000; sent += 1) bob.say('too much');
  assert.equal((await bob.closed).code, 4029);
  const { name, code, reason } = await program.logged('disconnected');
  assert.deepEqual([name, code, reason], ['bob', 4029, 'flooding']);
});

test('at debug: each message with its room, its number and its length, never its body', async () => {
  await using program = await Program.start([...locally, '--log-level', 'debug']);
  const url = await program.listening();
  await using ada = await JsonClient.connect(`${url}/?name=ada`);
  const { user } = await ada.next('welcome');
  await ada.next('joined');
  ada.send({ type: 'message', body: 'grüße' });
  ada.sendBinary({ type: 'message' }, Buffer.alloc(5000));
  ada.send({ type: 'direct', to: user.id, body: { a: 1 } });
  ada.send({ type: 'signal', room: 'lobby', kind: 'typing' });
  ada.send({ type: 'broadcast', body: [] });
  const ofMessage = async (message: string) => {
    const { time: _, level, ...rest } = await program.logged(message);
    assert.equal(level, 'debug');
    return rest;
  };
  const from = { user: user.id };
  assert.deepEqual(await ofMessage('message'), { message: 'message', room: 'lobby', seq: 1, ...from, length: 7 });
  assert.deepEqual(await ofMessage('message'), { message: 'message', room: 'lobby', seq: 2, ...from, length: 5000 });
  assert.deepEqual(await ofMessage('direct'), { message: 'direct', ...from, to: user.id, length: 7 });
  assert.deepEqual(await ofMessage('signal'), { message: 'signal', room: 'lobby', ...from, length: 0 });
  assert.deepEqual(await ofMessage('broadcast'), { message: 'broadcast', ...from, length: 2 });
});

test('at warn: nothing of it', async () => {
  await using program = await Program.start([...locally, '--log-level', 'warn']);
  const ada = await JsonClient.connect(await program.listening());
  await ada.next('joined');
  await ada.close();
  await program.stop();
  assert.ok(!program.log.some((line) => 'connection' in JSON.parse(line)));
});
