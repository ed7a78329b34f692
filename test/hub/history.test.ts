import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientHistory } from '../../src/protocol/generated/frames.ts';
import { type Client, unkept } from './kit.ts';
import { scene } from './scene.ts';

function ask(client: Client, asked: Omit<ClientHistory, 'type' | 'room'> = {}): [numbers: number[], more: boolean] {
  client.request({ type: 'history', room: 'x', ...asked });
  const { messages, more } = client.only('history');
  return [messages.map(({ seq }) => seq), more];
}

test('a page is answered with its epoch, and its messages are as they went out', () => {
  const { kit, ada } = scene(0);
  ada.say('x', { text: 'hi' }, { id: 'm1', mime: 'text/x' });
  const [message] = ada.take('message');
  ada.request({ type: 'history', room: 'x', id: 'h1' });
  const page = { type: 'history', room: 'x', epoch: 'e1', messages: [message], more: false };
  assert.deepEqual(ada.only('history'), { ...page, id: 'h1' });
  ada.request({ type: 'history', room: 'x' });
  assert.deepEqual(ada.only('history'), page);
  assert.equal(kit.failures.length, 0);
});

test('bytes stand in a page as base64', () => {
  const { ada } = scene(0);
  ada.say('x', Uint8Array.from([0, 1, 255]), { mime: 'image/png' });
  ada.frames();
  ada.request({ type: 'history', room: 'x' });
  const [message] = ada.only('history').messages;
  assert.deepEqual([message?.base64, message?.body, message?.mime], ['AAH/', undefined, 'image/png']);
});

test('a page is the latest messages, those before a number or those after one, the oldest first', () => {
  const { ada } = scene(10);
  assert.deepEqual(ask(ada, { limit: 3 }), [[8, 9, 10], true]);
  assert.deepEqual(ask(ada, { limit: 3, before: 8 }), [[5, 6, 7], true]);
  assert.deepEqual(ask(ada, { limit: 3, before: 4 }), [[1, 2, 3], false]);
  assert.deepEqual(ask(ada, { limit: 3, after: 6 }), [[7, 8, 9], true]);
  assert.deepEqual(ask(ada, { limit: 3, after: 7 }), [[8, 9, 10], false]);
  assert.deepEqual(ask(ada, { before: 100 }), [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], false]);
});

test('where there is nothing, a page is empty and there is no more', () => {
  const { kit, ada } = scene(3);
  for (const asked of [{ before: 1 }, { before: 0 }, { after: 3 }, { after: 100 }]) {
    assert.deepEqual(ask(ada, asked), [[], false]);
  }
  kit.log.keep('x', 0);
  for (const asked of [{}, { before: 3 }, { after: 0 }]) assert.deepEqual(ask(ada, asked), [[], false]);
});

test('a page has 100 messages where nothing else is said, and as many bytes as it may, but one message at least', () => {
  const { ada } = scene(120);
  assert.equal(ask(ada)[0].length, 100);
  const { ada: eve } = scene(10, { pageBytes: 300 });
  assert.deepEqual(ask(eve), [[8, 9, 10], true]);
  eve.say('x', 'x'.repeat(1000));
  eve.frames();
  assert.deepEqual(ask(eve), [[11], true]);
  assert.deepEqual(ask(eve, { after: 10 }), [[11], false]);
});

test('what was trimmed is not there, and there is no more before it', () => {
  const { kit, ada } = scene(10);
  kit.log.keep('x', 4);
  assert.deepEqual(ask(ada, { before: 9 }), [[7, 8], false]);
  assert.deepEqual(ask(ada, { before: 7 }), [[], false]);
  assert.deepEqual(ask(ada, { after: 2, limit: 2 }), [[7, 8], true]);
});

test('a room that keeps nothing has no history', () => {
  const { ada } = scene(3, { policy: () => unkept });
  assert.deepEqual(ask(ada), [[], false]);
});

test('the history of a room is for who is in it; without a room it is the first one', () => {
  const { kit, ada } = scene(3);
  const eve = kit.connect('eve');
  eve.request({ type: 'history', room: 'x', id: 'h1' });
  const { code, path, id } = eve.only('error');
  assert.deepEqual({ code, path, id }, { code: 'not_joined', path: '/room', id: 'h1' });
  ada.request({ type: 'history', room: 'x' });
  assert.equal(ada.only('history').messages.length, 3);
});

test('a text client reads a page in lines', () => {
  const { kit } = scene(3);
  const tom = kit.connect('tom', { dialect: 'text', rooms: ['x'] });
  kit.settle();
  tom.request({ type: 'history', room: 'x', limit: 2 });
  assert.deepEqual(tom.lines().slice(1, 3), ['[x] <ada> 2', '[x] <ada> 3']);
});

test('numbers that were passed over are in no page', () => {
  const { kit } = scene(2);
  kit.kill(100);
  const bob = kit.connect('bob', { rooms: ['x'] });
  bob.say('x', 'after the kill');
  kit.settle();
  assert.deepEqual(ask(bob), [[1, 2, 103], false]);
  assert.deepEqual(ask(bob, { before: 50 }), [[1, 2], false]);
  assert.deepEqual(ask(bob, { before: 103, limit: 1 }), [[2], true]);
  assert.deepEqual(ask(bob, { after: 50 }), [[103], false]);
});
