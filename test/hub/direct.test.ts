import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HubKit } from './kit.ts';

test("a direct message goes to every connection of the user and to the sender's others, not to the sending one", () => {
  const kit = new HubKit();
  const [ada, phone] = [kit.connect('ada'), kit.connect('ada')];
  const [bob, tablet, eve] = [kit.connect('bob'), kit.connect('bob'), kit.connect('eve')];
  ada.request({ type: 'direct', to: 'u-bob', body: { psst: 1 }, mime: 'application/json', id: 'd1' });
  const direct = {
    type: 'direct',
    to: 'u-bob',
    from: { id: 'u-ada', name: 'ada' },
    at: kit.now,
    id: 'd1',
    mime: 'application/json',
    body: { psst: 1 },
  };
  for (const client of [phone, bob, tablet]) assert.deepEqual(client.frames(), [direct]);
  assert.deepEqual(ada.frames(), [{ type: 'ack', id: 'd1', at: kit.now }]);
  assert.deepEqual(eve.frames(), []);
});

test('a direct message to oneself goes to the other connections, once', () => {
  const kit = new HubKit();
  const [ada, phone] = [kit.connect('ada'), kit.connect('ada')];
  ada.request({ type: 'direct', to: 'u-ada', body: 'note' });
  assert.deepEqual(ada.frames(), []);
  assert.equal(phone.only('direct').body, 'note');
});

test('who is not connected cannot be reached, not even within the grace time', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada'), kit.connect('bob', { rooms: ['x'] })];
  bob.lose();
  ada.request({ type: 'direct', to: 'u-bob', body: 'psst', id: 'd1' });
  ada.request({ type: 'signal', to: 'u-eve', kind: 'offer', id: 's1' });
  assert.deepEqual(
    ada.take('error').map(({ code, path, id }) => ({ code, path, id })),
    [
      { code: 'unknown_user', path: '/to', id: 'd1' },
      { code: 'unknown_user', path: '/to', id: 's1' },
    ],
  );
});

test('by name, a direct message reaches who is called so now, and the id stays with the sender', () => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada'), kit.connect('bob')];
  bob.rename('robert the second');
  ada.request({ type: 'direct', to: 'robert the second', body: 'psst', id: 'sent' }, true);
  const { to, id } = bob.only('direct');
  assert.deepEqual({ to, id }, { to: 'u-bob', id: undefined });
  assert.equal(ada.only('ack').id, 'sent');
  ada.request({ type: 'direct', to: 'bob', body: 'psst' }, true);
  assert.equal(ada.only('error').code, 'unknown_user');
  ada.request({ type: 'direct', to: 'u-bob', body: 'psst' }, true);
  assert.equal(bob.only('direct').body, 'psst', 'by id, too');
  ada.request({ type: 'direct', to: 'Robert THE second', body: 'case' }, true);
  assert.equal(bob.only('direct').body, 'case', 'where the case makes no difference');
});

test('a name that several users have is ambiguous, one that several connections share is not', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada');
  const [bob, tablet] = [kit.connect('bob'), kit.connect('bob')];
  ada.request({ type: 'direct', to: 'bob', body: 1 }, true);
  assert.deepEqual([bob.take('direct').length, tablet.take('direct').length], [1, 1]);
  const other = kit.connect('bob', { id: 'u-other' });
  ada.frames();
  ada.request({ type: 'direct', to: 'bob', body: 2, id: 'd2' }, true);
  const { code, id } = ada.only('error');
  assert.deepEqual({ code, id }, { code: 'ambiguous_name', id: 'd2' });
  assert.deepEqual([...bob.frames(), ...other.frames()], []);
});

test('a signal to a user goes to every connection of the user but the sending one', () => {
  const kit = new HubKit();
  const [ada, phone] = [kit.connect('ada'), kit.connect('ada')];
  const [bob, tablet] = [kit.connect('bob'), kit.connect('bob')];
  ada.request({ type: 'signal', to: 'u-bob', kind: 'offer', body: { sdp: '…' }, mime: 'application/sdp', id: 's1' });
  const from = { id: 'u-ada', name: 'ada' };
  const signal = { type: 'signal', from, kind: 'offer', body: { sdp: '…' }, mime: 'application/sdp' };
  for (const client of [bob, tablet]) assert.deepEqual(client.frames(), [signal]);
  assert.deepEqual([ada.frames(), phone.frames()], [[{ type: 'ack', id: 's1', at: kit.now }], []]);
  ada.request({ type: 'signal', to: 'u-ada', kind: 'cursor' });
  assert.deepEqual([ada.frames(), phone.frames()], [[], [{ type: 'signal', from, kind: 'cursor' }]]);
});

test('a broadcast goes to every connection of the server, in every dialect, the sending one included', () => {
  const kit = new HubKit();
  const [ada, phone, bob] = [kit.connect('ada'), kit.connect('ada'), kit.connect('bob', { rooms: ['x'] })];
  const tom = kit.connect('tom', { dialect: 'text' });
  bob.frames();
  ada.request({ type: 'broadcast', body: 'noon', mime: 'text/plain', id: 'b1' });
  const from = { id: 'u-ada', name: 'ada' };
  const broadcast = { type: 'broadcast', from, at: kit.now, mime: 'text/plain', body: 'noon' };
  assert.deepEqual(ada.frames(), [broadcast, { type: 'ack', id: 'b1', at: kit.now }]);
  for (const client of [phone, bob]) assert.deepEqual(client.frames(), [broadcast]);
  assert.deepEqual(tom.lines(), ['<ada to everyone> noon']);
});
