import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { ClientHistory, ServerHistory, StoredMessage } from '../../../src/protocol/generated/frames.ts';
import { type JsonClient, TextClient } from '../../kit/client.ts';
import { Follower } from '../../kit/follower.ts';
import { startServer, type TestServer } from '../../kit/server.ts';
import { bodies, connect, fill, type Said } from './kit.ts';

async function ask(client: JsonClient, more: Partial<ClientHistory> = {}): Promise<ServerHistory> {
  client.send({ type: 'history', room: 'lobby', ...more });
  return client.next('history');
}

function numbers({ messages }: ServerHistory): number[] {
  return messages.map(({ seq }) => seq);
}

describe('the history of a room', () => {
  const count = 250;
  let server: TestServer;
  let said: Said;
  let client: JsonClient;
  before(async () => {
    server = await startServer();
    said = await fill(server, bodies(count));
    client = await connect(server);
    await Follower.join(client);
  });
  after(async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  test('is the latest 100 messages, as they were sent', async () => {
    const { messages, ...page } = await ask(client, { id: 'h1' });
    assert.deepEqual(page, { type: 'history', room: 'lobby', epoch: said.epoch, more: true, id: 'h1' });
    assert.deepEqual(messages, said.frames.slice(-100));
  });

  for (const limit of [1, 7, 50, 249, 250, 251, 1000]) {
    test(`backwards in pages of ${limit}, to the first message`, async () => {
      let all: StoredMessage[] = [];
      for (let more = true; more; ) {
        const [oldest] = all;
        const page = await ask(client, { limit, ...(oldest && { before: oldest.seq }) });
        assert.equal(page.messages.length, Math.min(limit, count - all.length));
        all = [...page.messages, ...all];
        assert.equal(page.more, all.length < count);
        more = page.more;
      }
      assert.deepEqual(all, said.frames);
    });

    test(`forwards in pages of ${limit}, to the latest message`, async () => {
      const all: StoredMessage[] = [];
      for (let more = true; more; ) {
        const page = await ask(client, { limit, after: all.at(-1)?.seq ?? 0 });
        assert.equal(page.messages.length, Math.min(limit, count - all.length));
        all.push(...page.messages);
        assert.equal(page.more, all.length < count);
        more = page.more;
      }
      assert.deepEqual(all, said.frames);
    });
  }

  test('at its ends', async () => {
    const ends: [Partial<ClientHistory>, number[], boolean][] = [
      [{ before: 0 }, [], false],
      [{ before: 1 }, [], false],
      [{ before: 2 }, [1], false],
      [{ before: count + 1, limit: 2 }, [count - 1, count], true],
      [{ before: Number.MAX_SAFE_INTEGER, limit: 1 }, [count], true],
      [{ after: 0, limit: 1 }, [1], true],
      [{ after: count - 2, limit: 2 }, [count - 1, count], false],
      [{ after: count - 2, limit: 1 }, [count - 1], true],
      [{ after: count }, [], false],
      [{ after: Number.MAX_SAFE_INTEGER }, [], false],
    ];
    for (const [asked, expected, more] of ends) {
      const page = await ask(client, asked);
      assert.deepEqual([numbers(page), page.more], [expected, more], JSON.stringify(asked));
    }
  });

  test('is for those in the room', async () => {
    client.send({ type: 'history', room: 'cats', id: 'h1' });
    const { code, id, path } = await client.next('error');
    assert.deepEqual([code, id, path], ['not_joined', 'h1', '/room']);
  });

  test('is answered to who is being sent what it missed', async () => {
    await using other = await connect(server);
    const lobby = await Follower.join(other, { since: { epoch: said.epoch, seq: 0 } });
    assert.deepEqual(numbers(await ask(other, { limit: 1 })), [count]);
    await lobby.reaches(count);
  });
});

test('the history of an empty room has nothing', async () => {
  await using server = await startServer();
  await using client = await connect(server);
  await Follower.join(client);
  for (const asked of [{}, { before: 5 }, { after: 0 }]) {
    const page = await ask(client, asked);
    assert.deepEqual([page.messages, page.more], [[], false]);
  }
});

describe('a page of history has a quarter of the buffer at most, and 64 KiB,', () => {
  const KiB = 1024;
  for (const [buffer, expected] of [
    [128 * KiB, 3],
    [256 * KiB, 6],
    [8192 * KiB, 6],
  ] as const) {
    test(`with a buffer of ${buffer / KiB} KiB`, async () => {
      await using server = await startServer({ buffer });
      await fill(server, Array(40).fill('x'.repeat(10_000)));
      await using client = await connect(server);
      await Follower.join(client);
      const back = await ask(client, { limit: 1000 });
      assert.deepEqual([back.messages.length, numbers(back).at(-1), back.more], [expected, 40, true]);
      const forth = await ask(client, { after: 0, limit: 1000 });
      assert.deepEqual([forth.messages.length, numbers(forth)[0], forth.more], [expected, 1, true]);
    });
  }

  test('or one message', async () => {
    await using server = await startServer({ buffer: 256 * KiB, maxFrame: 256 * KiB });
    const large = 'x'.repeat(250_000);
    await fill(server, [large, 'small', large]);
    await using client = await connect(server);
    await Follower.join(client);
    assert.deepEqual(numbers(await ask(client)), [3]);
    const second = await ask(client, { before: 3 });
    assert.deepEqual([numbers(second), second.more], [[2], true]);
    const first = await ask(client, { before: 2 });
    assert.deepEqual([numbers(first), first.messages[0]?.body, first.more], [[1], large, false]);
  });

  test('also where the latest messages are asked for on joining', async () => {
    await using server = await startServer({ buffer: 256 * KiB });
    await fill(server, Array(40).fill('x'.repeat(10_000)));
    await using client = await connect(server);
    const lobby = await Follower.join(client, { last: 1000 });
    await lobby.reaches(40);
    assert.equal(lobby.joins[0]?.after, 34);
    assert.equal(lobby.numbers.length, 6);
  });
});

describe('in the text dialect', () => {
  test('/history shows the latest 20 messages of the current room, or as many as are asked for', async () => {
    await using server = await startServer();
    await fill(
      server,
      Array.from({ length: 30 }, (_, index) => `line ${index + 1}`),
    );
    await fill(server, ['meow', { purr: 1 }], 'cats');
    await using bob = await TextClient.connect(`${server.url}/text?name=bob`);
    await bob.line(/^\* lobby/);
    const shows = async (command: string, room: string, lines: string[]) => {
      bob.drain();
      bob.say(command);
      await bob.line(`* ${room}: that was the history`);
      const shown = bob.drain().filter((line) => !/joined/.test(line));
      assert.deepEqual(shown, [`* ${room}: the latest ${lines.length} messages`, ...lines]);
    };
    const all = Array.from({ length: 30 }, (_, index) => `<ada> line ${index + 1}`);
    await shows('/history', 'lobby', all.slice(-20));
    await shows('/history 3', 'lobby', all.slice(-3));
    await shows('/history 1000', 'lobby', all);
    bob.say('/join cats');
    await bob.line(/^\* cats/);
    await shows('/history', 'cats', ['[cats] <ada> meow', '[cats] <ada> {"purr":1}']);
    bob.say('/join dogs');
    bob.say('/history 5');
    await bob.line('* dogs: no messages');
    bob.say('/history many');
    await bob.line('! write it like this: /history [n]');
    bob.say('/history 0');
    await bob.line('! write it like this: /history [n]');
  });
});
