/** A wall clock that jumps, as one connection sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticketLifetime } from '../../src/auth/ticket.ts';
import { JsonClient } from '../kit/client.ts';
import { FakeClocks } from '../kit/clocks.ts';
import { startServer, type TestServer, until } from '../kit/server.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** A connection with this ticket, or a new guest. @returns the user's id, and the ticket they have then */
async function visit({ url }: TestServer, ticket?: string): Promise<{ user: string; ticket: string }> {
  await using client = await JsonClient.connect(ticket === undefined ? url : `${url}/?token=${ticket}`);
  const welcome = await client.next('welcome');
  return { user: welcome.user.id, ticket: welcome.ticket ?? '' };
}

for (const skew of [40 * day, -40 * day]) {
  test(`tickets are good, and over, when they should be, with a clock that jumped by ${skew / day} days`, async () => {
    const clocks = new FakeClocks();
    await using server = await startServer({ clocks });
    const ada = await visit(server);
    clocks.wall += skew;
    const meanwhile = await visit(server, ada.ticket);
    assert.equal(meanwhile.user, ada.user);
    clocks.pass(ticketLifetime - hour);
    assert.equal((await visit(server, ada.ticket)).user, ada.user);
    assert.equal((await visit(server, meanwhile.ticket)).user, ada.user);
    clocks.pass(2 * hour);
    assert.notEqual((await visit(server, ada.ticket)).user, ada.user);
    assert.match(server.problems.pop()?.message ?? '', /^the wall clock jumped 40 days/);
  });

  test(`a ticket from a clock that jumped by ${skew / day} days is good when that turns out to be right`, async () => {
    const clocks = new FakeClocks();
    await using server = await startServer({ clocks });
    clocks.wall += skew;
    const ada = await visit(server);
    server.broker.trustClock();
    assert.equal((await visit(server, ada.ticket)).user, ada.user);
    clocks.pass(ticketLifetime - hour);
    assert.equal((await visit(server, ada.ticket)).user, ada.user);
    assert.match(server.problems.pop()?.message ?? '', /^the wall clock jumped 40 days/);
  });

  test(`a client may send as much as before with a clock that jumped by ${skew / day} days`, async () => {
    const clocks = new FakeClocks();
    await using server = await startServer({ clocks, rate: { perSecond: 1, burst: 2 } });
    await using client = await JsonClient.connect(server.url);
    const ping = async (...answers: ('pong' | 'error')[]) => {
      for (const answer of answers) {
        client.send({ type: 'ping' });
        await client.next(answer);
      }
    };
    await ping('pong', 'pong', 'error');
    clocks.wall += skew;
    await ping('error');
    clocks.pass(1000);
    await ping('pong', 'error');
    await until(() => server.problems.length > 0, 'the jump is told');
    server.problems.splice(0);
  });
}
