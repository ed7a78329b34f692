/** A wall clock that jumps under the running program. Its other clocks are the real ones. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { WallClock } from '../kit/faketime.ts';
import { faketime, skipWithout } from '../kit/packages.ts';
import { locally, Program } from './program.ts';

const day = 24 * 60 * 60 * 1000;

/** Sends messages, and waits until they are kept. @returns the stamp of the last one */
async function say(client: JsonClient, bodies: readonly string[]): Promise<number> {
  let at = 0;
  for (const body of bodies) {
    client.send({ type: 'message', room: 'lobby', body, id: body });
    ({ at } = await client.next('ack'));
  }
  return at;
}

describe('the wall clock jumps', { skip: skipWithout(faketime) }, () => {
  for (const [offset, jump] of [
    ['+40d', 40 * day],
    ['-40d', -40 * day],
  ] as const) {
    test(`by ${offset}, and is right again: every message is still there, and everybody who they were`, async () => {
      using wall = new WallClock();
      await using program = await Program.start(locally, wall.env);
      const url = await program.listening();
      await using ada = await JsonClient.connect(`${url}/?name=ada`);
      const { ticket, user } = await ada.next('welcome');
      const before = await say(ada, ['a', 'b', 'c']);

      wall.set(offset);
      const { level } = await program.logged(/^the wall clock jumped 40 days (ahead|back)/);
      assert.equal(level, 'warn');
      const meanwhile = await say(ada, ['d']);
      assert.ok(Math.abs(meanwhile - before - jump) < day, 'what is said is stamped by the wall clock');
      await using back = await JsonClient.connect(`${url}/?token=${ticket}`);
      const welcome = await back.next('welcome');
      assert.equal(welcome.user.id, user.id);
      // A repeat: it is still remembered.
      assert.equal(await say(ada, ['c']), before);

      wall.set('+0');
      await program.logged('the wall clock is right again');
      // The room is trimmed after each commit.
      await say(ada, ['e', 'd', 'f']);
      ada.send({ type: 'history', room: 'lobby', id: 'h' });
      const { messages } = await ada.next('history');
      assert.deepEqual(
        messages.map(({ body }) => body),
        ['a', 'b', 'c', 'd', 'e', 'f'],
      );
      await using later = await JsonClient.connect(`${url}/?token=${welcome.ticket}`);
      assert.equal((await later.next('welcome')).user.id, user.id);
      assert.equal(program.messages.filter((message) => /wall clock/.test(String(message))).length, 2);
    });
  }

  test('an hour back: who breaks off leaves, and a large room tells its count', async () => {
    using wall = new WallClock();
    await using program = await Program.start([...locally, '--grace', '200ms', '--presence-limit', '3'], wall.env);
    const url = await program.listening();
    await using ada = await JsonClient.connect(`${url}/?name=ada&room=small&room=large`);
    const left = async (name: string) => {
      await ada.next(
        'presence',
        ({ room, leaves = [] }) => room === 'small' && leaves.some((one) => one.name === name),
      );
    };
    const early = await JsonClient.connect(`${url}/?name=early&room=small`);
    early.socket.terminate();
    wall.set('-1h');
    await left('early');
    await program.logged(/^the wall clock jumped 1 hour back/);
    const late = await JsonClient.connect(`${url}/?name=late&room=small`);
    late.socket.terminate();
    await left('late');
    const crowd = [];
    for (const name of ['b', 'c', 'd', 'e']) {
      crowd.push(await JsonClient.connect(`${url}/?name=${name}&room=large`));
    }
    await ada.next('presence', ({ room, count }) => room === 'large' && count === 5);
    for (const client of crowd) client.socket.terminate();
    await ada.next('members', ({ count }) => count === 1);
  });

  test('the operator says that it is right', async () => {
    using wall = new WallClock();
    await using program = await Program.start(locally, wall.env);
    await program.listening();
    wall.set('+40d');
    await program.logged(/^the wall clock jumped/);
    program.kill('SIGUSR2');
    await program.logged('the wall clock is accepted as it is');
    wall.set('+0');
    await program.logged(/^the wall clock jumped 40 days back/);
  });
});
