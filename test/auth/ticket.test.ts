import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTickets, ticketLifetime } from '../../src/auth/ticket.ts';
import { JsonClient } from '../kit/client.ts';
import { Random } from '../kit/random.ts';
import { startServer } from '../kit/server.ts';

const now = 1_795_104_000_000;
const secret = 'a secret of the tests';
const tickets = createTickets(secret);
const ada = { id: '0193b5a6-7c1e-7aaf-8d5c-3f0f9a1b2c3d', name: 'Ada “Countess” Lovelace 👋' };

test('a ticket tells whose it is', () => {
  assert.deepEqual(tickets.verify(tickets.issue(ada, now), now), ada);
  assert.deepEqual(createTickets(Buffer.from(secret)).verify(tickets.issue(ada, now), now), ada);
});

test('a ticket fits where a token may stand: printable ASCII without spaces, at most 4096 of it', () => {
  const longest = { id: 'ü'.repeat(64), name: '👋'.repeat(64) };
  const ticket = tickets.issue(longest, now);
  assert.match(ticket, /^[!-~]{1,4096}$/);
  assert.deepEqual(tickets.verify(ticket, now), longest);
});

test('a ticket is good until its lifetime is over', () => {
  const ticket = tickets.issue(ada, now);
  assert.deepEqual(tickets.verify(ticket, now + ticketLifetime - 1), ada);
  assert.equal(tickets.verify(ticket, now + ticketLifetime), undefined);
  assert.equal(tickets.verify(ticket, now + 10 * ticketLifetime), undefined);
});

test('a ticket that another secret has signed is not accepted', () => {
  assert.equal(createTickets('another secret').verify(tickets.issue(ada, now), now), undefined);
});

test('a ticket whose user or time was changed is not accepted', () => {
  const [payload = '', signature = ''] = tickets.issue(ada, now).split('.');
  const content = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  for (const forged of [{ id: 'u-eve' }, { name: 'eve' }, { until: now * 2 }, { admin: true }]) {
    const other = Buffer.from(JSON.stringify({ ...content, ...forged })).toString('base64url');
    assert.equal(tickets.verify(`${other}.${signature}`, now), undefined, JSON.stringify(forged));
    assert.equal(tickets.verify(`${other}.`, now), undefined);
    assert.equal(tickets.verify(other, now), undefined);
  }
  const [, others = ''] = tickets.issue({ id: 'u-eve', name: 'eve' }, now).split('.');
  assert.equal(tickets.verify(`${payload}.${others}`, now), undefined, 'a signature of another ticket');
});

test('whatever stands in place of a ticket, verifying it does not throw, and makes nobody another user', () => {
  const random = new Random(1);
  const good = tickets.issue(ada, now);
  let refused = 0;
  for (let i = 0; i < 20_000; i += 1) {
    const token = mutated(good, random);
    const user = tickets.verify(token, now);
    if (user === undefined) refused += 1;
    else assert.deepEqual(user, ada, token);
  }
  // The rest differ in bits that base64url does not use.
  assert.ok(refused > 19_000, `${refused} refused`);
});

test('garbage of every sort is no ticket', () => {
  const random = new Random(2);
  const samples = [
    '',
    '.',
    '..',
    '...',
    '.a',
    'a.',
    '\0',
    '💥.💥',
    'null.null',
    '=.=',
    'x'.repeat(100_000),
    '.'.repeat(5000),
  ];
  for (let i = 0; i < 5000; i += 1) {
    const length = random.below(200);
    samples.push(
      String.fromCharCode(...Array.from({ length }, () => random.below(random.chance(0.5) ? 128 : 0x10000))),
    );
  }
  for (const sample of samples) assert.equal(tickets.verify(sample, now), undefined, JSON.stringify(sample));
});

/** One to three small changes of the sort that an attacker or a bad line makes. */
function mutated(token: string, random: Random): string {
  const alphabet = 'ABCabc019-_.=+/ ~\n\0ü💥';
  let text = token;
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const at = random.below(text.length + 1);
    const [before, rest] = [text.slice(0, at), text.slice(at)];
    const other = alphabet[random.below(alphabet.length)] ?? 'A';
    switch (random.below(6)) {
      case 0:
        text = before + other + rest.slice(1);
        break;
      case 1:
        text = before + other + rest;
        break;
      case 2:
        text = before + rest.slice(1);
        break;
      case 3:
        text = before;
        break;
      case 4:
        text = rest;
        break;
      default:
        text = rest + before;
    }
  }
  return text === token ? `${token}A` : text;
}

test('with the ticket of its welcome a guest is the same user again, in the query and in hello', async () => {
  await using server = await startServer();
  await using first = await JsonClient.connect(`${server.url}/?name=ada`);
  const { user, ticket } = await first.next('welcome');
  await first.close();
  await using second = await JsonClient.connect(`${server.url}/?token=${ticket}`);
  assert.deepEqual((await second.next('welcome')).user, user);
  await using third = await JsonClient.connect(server.url);
  const guest = (await third.next('welcome')).user;
  assert.notEqual(guest.id, user.id);
  third.send({ type: 'hello', token: ticket, id: 'h1' });
  assert.deepEqual((await third.next('welcome', ({ id }) => id === 'h1')).user, user);
  await third.settle();
  assert.deepEqual(server.broker.counts().users, 1);
});

test('a token that is not valid is refused, and the client is a guest', async () => {
  await using server = await startServer({ ticketSecret: secret });
  const expired = tickets.issue(ada, Date.now() - ticketLifetime);
  const forged = createTickets('another secret').issue(ada, Date.now());
  for (const token of [expired, forged, 'x']) {
    await using client = await JsonClient.connect(`${server.url}/?token=${token}`);
    const { user } = await client.next('welcome');
    assert.notEqual(user.id, ada.id);
    const { code, path } = await client.next('error');
    assert.deepEqual({ code, path }, { code: 'invalid_token', path: '/token' });
    client.send({ type: 'hello', token, id: 'h1' });
    const again = await client.next('error');
    assert.deepEqual([again.code, again.id], ['invalid_token', 'h1']);
    client.send({ type: 'auth', token, id: 'a1' });
    const third = await client.next('error');
    assert.deepEqual([third.code, third.id], ['invalid_token', 'a1']);
    await client.next('joined');
  }
});

test('auth takes a token of the same user and of no other', async () => {
  await using server = await startServer({ ticketSecret: secret });
  const token = tickets.issue(ada, Date.now());
  await using client = await JsonClient.connect(`${server.url}/?token=${token}`);
  assert.deepEqual((await client.next('welcome')).user, ada);
  client.send({ type: 'auth', token: tickets.issue(ada, Date.now()), id: 'a1' });
  assert.equal((await client.next('ack')).id, 'a1');
  client.send({ type: 'auth', token: tickets.issue({ id: 'u-eve', name: 'eve' }, Date.now()), id: 'a2' });
  const { code, path, id } = await client.next('error');
  assert.deepEqual({ code, path, id }, { code: 'forbidden', path: '/token', id: 'a2' });
});
