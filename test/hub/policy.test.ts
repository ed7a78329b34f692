import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../src/protocol/refusal.ts';
import { HubKit, kept, unkept } from './kit.ts';

const shouting = new Refusal('invalid_frame', 'no shouting', { path: '/body' });
const check = (body: unknown) => (body === 'HI' ? shouting : undefined);

test('each room has its own policy, and a body that it refuses goes nowhere', () => {
  for (const policy of [kept, unkept]) {
    const kit = new HubKit({ policy: (room) => (room === 'quiet' ? { ...policy, check } : policy) });
    const ada = kit.connect('ada', { rooms: ['quiet', 'loud'] });
    const bob = kit.connect('bob', { rooms: ['quiet', 'loud'] });
    kit.settle();
    ada.say('quiet', 'HI', { id: 'm1' });
    const { code, message, path, id } = ada.only('error');
    assert.deepEqual(
      { code, message, path, id },
      { code: 'invalid_frame', message: 'no shouting', path: '/body', id: 'm1' },
    );
    assert.deepEqual(bob.frames(), []);
    ada.say('loud', 'HI');
    bob.only('message');
    ada.say('quiet', 'hi', { id: 'm1' });
    assert.equal(bob.only('message').seq, 1, 'what was refused took no number');
  }
});

test('what is refused is not looked up: a message that was kept is refused when the rules have changed', () => {
  const kit = new HubKit({ policy: () => ({ ...kept, check }) });
  const ada = kit.connect('ada', { rooms: ['x'] });
  ada.say('x', 'hi', { id: 'm1' });
  kit.commit();
  kit.settle();
  ada.say('x', 'HI', { id: 'm1' });
  assert.equal(ada.only('error').code, 'invalid_frame');
});

test('what a body has to be in an open room follows when the policies are said to have changed', () => {
  let isStrict = false;
  const kit = new HubKit({ policy: () => (isStrict ? { ...kept, check } : kept) });
  const ada = kit.connect('ada', { rooms: ['x', 'y'] });
  kit.settle();
  ada.frames();
  ada.say('x', 'HI');
  ada.only('message');
  isStrict = true;
  kit.hub.commands.next({ type: 'revise' });
  for (const room of ['x', 'y']) {
    ada.say(room, 'HI', { id: 'm1' });
    assert.equal(ada.only('error').message, 'no shouting');
  }
  isStrict = false;
  kit.hub.commands.next({ type: 'revise' });
  ada.say('x', 'HI');
  assert.equal(ada.only('message').seq, 2);
});

test('a policy is asked for when a room is opened, and holds as long as it is open', () => {
  let isKept = true;
  const kit = new HubKit({ policy: () => (isKept ? kept : unkept) });
  const ada = kit.connect('ada', { rooms: ['x'] });
  isKept = false;
  ada.say('x', 1);
  ada.leave('x');
  ada.frames();
  ada.join('x');
  assert.equal(ada.only('joined').epoch, 'e2', 'it keeps nothing any more');
  ada.leave('x');
  isKept = true;
  ada.frames();
  ada.join('x');
  const { epoch, seq } = ada.only('joined');
  assert.deepEqual({ epoch, seq }, { epoch: 'e1', seq: 1 });
});
