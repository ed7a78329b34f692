/** Defects in the hub itself, outside of a room's step: none may reach the event loop, or another client. */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { HubFrame } from '../../src/hub/commands.ts';
import { Directory } from '../../src/hub/directory.ts';
import { HubKit } from './kit.ts';
import { Saboteur, sabotaged } from './saboteur.ts';

/** RxJS throws unhandled errors from a timer. */
async function noErrorFollows(t: TestContext): Promise<void> {
  const uncaught: unknown[] = [];
  const keep = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', keep);
  t.after(() => process.off('uncaughtException', keep));
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.deepEqual(uncaught, []);
}

const whole = { type: 'error', code: 'internal', message: 'the server failed on this request', id: 'r1' };

describe('a request that the hub fails on is answered, and the next one is carried out:', () => {
  const requests: readonly [HubFrame, string][] = [
    [{ type: 'message', room: 'x', body: 1, id: 'r1' }, 'room'],
    [{ type: 'signal', to: 'u-bob', kind: 'k', id: 'r1' }, 'kind'],
    [{ type: 'join', room: 'y', id: 'r1' }, 'room'],
    [{ type: 'leave', room: 'x', id: 'r1' }, 'room'],
    [{ type: 'direct', to: 'u-bob', body: 1, id: 'r1' }, 'to'],
    [{ type: 'broadcast', body: 1, id: 'r1' }, 'body'],
    [{ type: 'name', name: 'other', id: 'r1' }, 'name'],
    [{ type: 'status', state: 'away', id: 'r1' }, 'state'],
    [{ type: 'list', id: 'r1' }, 'cursor'],
    [{ type: 'history', room: 'x', id: 'r1' }, 'room'],
    [{ type: 'rooms', id: 'r1' }, 'prefix'],
  ];
  for (const [frame, part] of requests) {
    test(frame.type, async (t) => {
      const kit = new HubKit();
      const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
      kit.settle();
      ada.request(sabotaged(frame, part));
      assert.deepEqual(ada.frames(), [whole]);
      assert.deepEqual(
        kit.failures.map(({ message, error }) => [message, String(error)]),
        [[`the hub failed on "${frame.type}"`, `Error: sabotage of ${part}`]],
      );
      bob.say('x', 'still here');
      assert.equal(ada.only('message').body, 'still here');
      await noErrorFollows(t);
    });
  }
});

test('what waits behind a command that fails is carried out', (t) => {
  const kit = new HubKit();
  const [ada, bob] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  kit.settle();
  t.mock.method(Directory.prototype, 'find', () => assert.fail('a defect'), { times: 1 });
  const subscription = kit.hub.effects.subscribe(() => {
    subscription.unsubscribe();
    // They come while the hub is busy.
    bob.request({ type: 'direct', to: 'u-ada', body: 1, id: 'd1' });
    bob.say('x', 'after it', { id: 'm1' });
  });
  ada.say('x', 'first');
  assert.deepEqual(
    bob.take('error').map(({ code, id }) => [code, id]),
    [['internal', 'd1']],
  );
  assert.equal(ada.take('message').at(-1)?.body, 'after it');
  assert.equal(bob.take('ack').at(0)?.id, 'm1');
});

test('a connection that could not come in as a whole is closed, and leaves nothing behind', () => {
  const kit = new HubKit();
  const bob = kit.connect('bob', { rooms: ['x'] });
  kit.settle();
  kit.hub.commands.next(
    sabotaged({ type: 'connect', connection: 'c9', dialect: 'json', user: bob.user, rooms: ['x'] }, 'rooms'),
  );
  assert.deepEqual(
    kit.failures.map(({ ends }) => ends),
    ['c9'],
  );
  kit.hub.commands.next({ type: 'disconnect', connection: 'c9', clean: true });
  bob.quit();
  kit.flush();
  kit.assertEmpty();
});

test('a connection that turns out to be another user and fails is closed', () => {
  const kit = new HubKit();
  const ada = kit.connect('ada', { rooms: ['x'] });
  kit.hub.commands.next(
    sabotaged({ type: 'identify', connection: ada.connection, user: { id: 'u-eve', name: 'eve' } }, 'user'),
  );
  assert.deepEqual(
    kit.failures.map(({ ends }) => ends),
    [ada.connection],
  );
  ada.quit();
  kit.flush();
  kit.assertEmpty();
});

describe('a room that can neither take a step nor be rebuilt does not keep the others from theirs:', () => {
  /** Ada is in x, which fails at this command and cannot be rebuilt, and then in y; Bob is in y. */
  function scene(type: Parameters<Saboteur['next']>[0]) {
    const saboteur = new Saboteur();
    const kit = new HubKit({ step: saboteur.step, policy: () => ({ retention: {}, check: undefined }) });
    const ada = kit.connect('ada', { rooms: ['x', 'y'] });
    const bob = kit.connect('bob', { rooms: ['y'] });
    kit.settle();
    const head = kit.log.head.bind(kit.log);
    kit.log.head = (room) => (room === 'x' ? assert.fail('a defect') : head(room));
    saboteur.next(type);
    return { kit, ada, bob };
  }

  test('when time passes', () => {
    const { kit, ada, bob } = scene('tick');
    ada.rename('eve');
    kit.flush();
    assert.equal(bob.take('presence').length, 1);
    assert.equal(kit.failures.length, 1);
  });

  test('when somebody is gone', () => {
    const { kit, ada, bob } = scene('quit');
    ada.quit();
    kit.flush();
    assert.equal(bob.only('presence').leaves?.length, 1);
    assert.equal(kit.failures.length, 1);
  });

  test('when messages are kept', () => {
    const { kit, ada, bob } = scene('committed');
    ada.say('x', 1, { id: 'm1' });
    bob.say('y', 1, { id: 'm2' });
    kit.commit();
    assert.equal(bob.take('ack').length, 1);
    assert.equal(kit.failures.length, 1);
  });

  test('when somebody leaves it', () => {
    const { kit, ada } = scene('leave');
    ada.leave('x', 'r1');
    assert.deepEqual(ada.frames(), [whole]);
    assert.equal(kit.failures.length, 1);
  });
});

test('time passes for the rooms, even if the directory fails on it', (t) => {
  const kit = new HubKit();
  const [ada] = [kit.connect('ada', { rooms: ['x'] }), kit.connect('bob', { rooms: ['x'] })];
  t.mock.method(Directory.prototype, 'tick', () => assert.fail('a defect'));
  ada.frames();
  kit.flush();
  assert.equal(ada.take('presence').length, 1);
  assert.equal(kit.failures.length, 1);
});
