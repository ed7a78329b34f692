/** The terminal on a machine whose wall clock is set back during typing. */
import { describe, test } from 'node:test';
import { JsonClient } from '../kit/client.ts';
import { WallClock } from '../kit/faketime.ts';
import { faketime, skipWithout } from '../kit/packages.ts';
import { startServer } from '../kit/server.ts';
import { skip, Terminals } from './terminal.ts';

describe('hubbub chat', { skip: skip || skipWithout(faketime) }, () => {
  test('goes on to tell that somebody types when the clock was set back', async () => {
    await using server = await startServer();
    await using bob = await JsonClient.connect(`${server.url}/?name=bob`);
    using wall = new WallClock();
    using terminals = new Terminals();
    const ada = terminals.open(['chat', '--name', 'ada', server.url], wall.env);
    await bob.next('presence', ({ joins = [] }) => joins.some(({ name }) => name === 'ada'));
    ada.type('I');
    await bob.next('signal');
    wall.set('-1h');
    const isTold = bob.next('signal');
    const typing = setInterval(() => ada.type('m'), 200);
    await isTold.finally(() => clearInterval(typing));
  });
});
