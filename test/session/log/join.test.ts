import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { JsonClient } from '../../kit/client.ts';
import { Follower } from '../../kit/follower.ts';
import { RawClient } from '../../kit/raw.ts';
import { startServer, type TestServer, until } from '../../kit/server.ts';
import { bodies, connect, fill, type Said } from './kit.ts';

const count = 300;

/** Somebody sends another message, with the next number. */
async function sayMore(server: TestServer, room = 'lobby'): Promise<number> {
  const { seq } = await fill(server, ['one more'], room);
  return seq;
}

describe('joining a room where something was said', () => {
  let server: TestServer;
  let said: Said;
  before(async () => {
    server = await startServer();
    said = await fill(server, bodies(count));
  });
  after(() => server[Symbol.asyncDispose]());

  /** Joins, and gets the stored messages and a new one. */
  async function joins(more: Parameters<typeof Follower.join>[1]): Promise<Follower> {
    await using client = await connect(server);
    const follower = await Follower.join(client, more);
    await follower.reaches(follower.joins[0]?.seq ?? 0);
    await follower.reaches(await sayMore(server));
    return follower;
  }

  /** The messages before the last one, which was sent afterwards. */
  function missed({ messages }: Follower): (Buffer | undefined)[] {
    return messages.slice(0, -1).map(({ data }) => data);
  }

  for (const since of [0, 1, 36, 64, 150, count - 1]) {
    test(`since message ${since}: what was missed comes as it went out, then what is said`, async () => {
      const follower = await joins({ since: { epoch: said.epoch, seq: since }, id: 'j1' });
      const [{ members: _, count: __, ...joined } = assert.fail(), ...more] = follower.joins;
      const { seq } = joined;
      const expected = { type: 'joined', room: 'lobby', epoch: said.epoch, seq, after: since, recovered: true };
      assert.deepEqual(joined, { ...expected, id: 'j1' });
      assert.deepEqual([more, follower.gaps], [[], []]);
      assert.equal(follower.numbers.length, seq - since + 1);
      assert.deepEqual(missed(follower).slice(0, count - since), said.data.slice(since));
    });
  }

  test('since the latest message: nothing was missed', async () => {
    const seq = await sayMore(server);
    const follower = await joins({ since: { epoch: said.epoch, seq } });
    const [joined] = follower.joins;
    assert.deepEqual([joined?.seq, joined?.after, joined?.recovered], [seq, undefined, true]);
    assert.deepEqual([follower.numbers, follower.gaps], [[seq + 1], []]);
  });

  for (const [what, since] of [
    ['a position of another epoch', () => ({ epoch: 'another', seq: 7 })],
    ['the start of another epoch', () => ({ epoch: 'another', seq: 0 })],
    ['a number that no message had yet', () => ({ epoch: said.epoch, seq: 1_000_000 })],
  ] as const) {
    test(`since ${what}: that cannot be told, and the client is where the room is`, async () => {
      const follower = await joins({ since: since() });
      const [joined] = follower.joins;
      assert.deepEqual([joined?.after, joined?.recovered], [undefined, false]);
      assert.deepEqual(follower.gaps, [{ type: 'gap', room: 'lobby', why: 'epoch' }]);
      assert.deepEqual(follower.numbers, [(joined?.seq ?? 0) + 1]);
    });
  }

  test('since the number that the next message will have: it is not one that was given', async () => {
    const seq = (await sayMore(server)) + 1;
    const follower = await joins({ since: { epoch: said.epoch, seq } });
    assert.equal(follower.gaps[0]?.why, 'epoch');
    assert.deepEqual(follower.numbers, [seq]);
  });

  for (const last of [1, 10, 200]) {
    test(`with the last ${last}`, async () => {
      const follower = await joins({ last });
      const [{ seq, after, recovered } = assert.fail()] = follower.joins;
      assert.deepEqual([after, recovered], [seq - last, undefined]);
      assert.deepEqual(
        follower.numbers,
        Array.from({ length: last + 1 }, (_, index) => seq - last + index + 1),
      );
    });
  }

  test('with the last of more than there are: all', async () => {
    const follower = await joins({ last: 1000 });
    assert.equal(follower.joins[0]?.after, 0);
    assert.deepEqual(missed(follower).slice(0, count), said.data);
  });

  test('without saying where: what is said from then on', async () => {
    const follower = await joins({});
    const [{ seq, after, recovered } = assert.fail()] = follower.joins;
    assert.deepEqual([after, recovered], [undefined, undefined]);
    assert.deepEqual(follower.numbers, [seq + 1]);
  });

  test('again, while in it: with since or last what is asked for comes, without nothing changes', async () => {
    await using client = await connect(server);
    const follower = await Follower.join(client);
    const seq = await sayMore(server);
    await follower.reaches(seq);
    client.send({ type: 'join', room: 'lobby', since: { epoch: said.epoch, seq: seq - 5 } });
    client.send({ type: 'join', room: 'lobby', id: 'j2' });
    client.send({ type: 'join', room: 'lobby', last: 3 });
    await until(() => follower.joins.length === 4, 'all are answered');
    await follower.reaches(await sayMore(server));
    assert.deepEqual(
      follower.joins.map((joined) => [joined.id, joined.after, joined.recovered]),
      [
        [undefined, undefined, undefined],
        [undefined, seq - 5, true],
        ['j2', undefined, undefined],
        [undefined, seq - 3, undefined],
      ],
    );
    const again = [-4, -3, -2, -1, 0].map((back) => seq + back);
    assert.deepEqual(follower.numbers, [seq, ...again, ...again.slice(2), seq + 1]);
    assert.deepEqual(follower.gaps.concat(client.drain().filter((frame) => frame.type === 'gap')), []);
  });
});

test('an empty room has nothing, whatever is asked for', async () => {
  await using server = await startServer();
  for (const more of [{}, { last: 10 }, { last: 1000 }]) {
    await using client = await connect(server);
    const follower = await Follower.join(client, more);
    const [{ seq, after, recovered } = assert.fail()] = follower.joins;
    assert.deepEqual([seq, after, recovered], [0, undefined, undefined]);
  }
  await using client = await connect(server);
  const { position } = await Follower.join(client);
  await using back = await connect(server);
  const follower = await Follower.join(back, { since: position ?? assert.fail() });
  assert.deepEqual([follower.joins[0]?.recovered, follower.gaps], [true, []]);
});

test('a client whose connection breaks goes on where it was, as the same user', async () => {
  await using server = await startServer();
  await using bob = await connect(server, { name: 'bob' });
  await Follower.join(bob);
  await using first = await RawClient.connect(server.port, '/?name=ada&room=lobby');
  const { ticket, user } = await first.next('welcome');
  const { epoch } = await first.next('joined');
  await bob.next('presence', ({ joins = [] }) => joins.some(({ id }) => id === user.id));
  for (const body of ['one', 'two', 'three']) bob.send({ type: 'message', body });
  while ((await first.next('message')).seq < 2);
  // It breaks before the third one is read, wherever that is.
  await first.reset();
  for (const body of ['four', 'five']) bob.send({ type: 'message', body });
  await bob.next('message', ({ body }) => body === 'five');

  await using second = await connect(server, { token: ticket });
  const lobby = await Follower.join(second, { since: { epoch, seq: 2 } });
  await lobby.reaches(5);
  bob.send({ type: 'message', body: 'six' });
  await lobby.reaches(6);
  assert.deepEqual(
    lobby.messages.map(({ frame }) => frame.body),
    ['three', 'four', 'five', 'six'],
  );
  assert.equal(lobby.joins[0]?.recovered, true);
  assert.equal((await second.next('welcome')).user.id, user.id);
  assert.ok(lobby.joins[0]?.members?.some(({ id }) => id === user.id));
});

test('a room that everyone is put into can be joined again with since, and nothing that was missed is lost', async () => {
  await using server = await startServer();
  const { epoch } = await fill(server, bodies(20));
  await using bob = await connect(server);
  await Follower.join(bob);
  await using ada = await JsonClient.connect(server.url);
  const { seq } = await ada.next('joined');
  assert.equal(seq, 20);
  bob.send({ type: 'message', body: 'meanwhile' });
  assert.equal((await ada.next('message')).seq, 21);
  const lobby = await Follower.join(ada, { since: { epoch, seq: 12 } });
  await lobby.reaches(21);
  bob.send({ type: 'message', body: 'and then' });
  await lobby.reaches(22);
  assert.deepEqual(lobby.numbers, [13, 14, 15, 16, 17, 18, 19, 20, 21, 22]);
});

test('who did not want its own message back gets it when it goes on from before', async () => {
  await using server = await startServer();
  await using ada = await connect(server, { name: 'ada' });
  const first = await Follower.join(ada);
  const { ticket } = await ada.next('welcome');
  ada.send({ type: 'message', body: 'hidden', id: 'm1', echo: false });
  await ada.next('ack');
  assert.deepEqual(first.numbers, []);
  await ada.close();
  await using back = await connect(server, { token: ticket });
  const second = await Follower.join(back, { since: first.position ?? assert.fail() });
  await second.reaches(1);
  assert.deepEqual(
    second.messages.map(({ frame: { body, id } }) => [body, id]),
    [['hidden', 'm1']],
  );
});
