/**
 * Random frames, wrong in every possible way, against a real server. A seed decides: `FUZZ_SEED=7 npm test -- fuzz`
 * tries another one, `FUZZ_FRAMES=1000000` more frames. Only the positions and epochs in them come from the server.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTickets } from '../../src/auth/ticket.ts';
import type { ServerFrame } from '../../src/protocol/generated/frames.ts';
import { JsonClient, TextClient } from '../kit/client.ts';
import { extent } from '../kit/extent.ts';
import { Random } from '../kit/random.ts';
import { startServer, type TestServer, until } from '../kit/server.ts';
import { someFrame, type World } from './fuzz/frames.ts';
import { Fuzzer, readFrame } from './fuzz/fuzzer.ts';
import { Ledger } from './fuzz/ledger.ts';
import { someLines } from './fuzz/lines.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 1);
const frames = Number(process.env['FUZZ_FRAMES'] ?? extent(100_000));
const messages = frames / 5;
const connections = 10;
const batchSize = 100;

const ticketSecret = 'a secret of the fuzz test';
const tickets = createTickets(ticketSecret);
const never = Date.UTC(2100);

/** Large buffers: the clients are in this process, and cannot read while the server writes. */
const limits = { buffer: 2 ** 28, signalBuffer: 2 ** 27, maxFrame: 65_536, maxRooms: 20, grace: 0, ticketSecret };

/** People who talk while others make noise: all hear each other, in order. */
class Conversation implements AsyncDisposable {
  readonly #speaker: JsonClient;
  readonly #listener: JsonClient;
  readonly #reader: TextClient;
  readonly #heard: unknown[] = [];
  #said = 0;
  #lastSeq = 0;
  #gap: string | undefined;

  private constructor(speaker: JsonClient, listener: JsonClient, reader: TextClient) {
    this.#speaker = speaker;
    this.#listener = listener;
    this.#reader = reader;
    listener.socket.on('message', (data: Buffer, isBinary: boolean) => this.#hear(readFrame(data, isBinary)));
  }

  static async start({ url }: TestServer): Promise<Conversation> {
    const speaker = await JsonClient.connect(`${url}/?name=speaker`);
    const listener = await JsonClient.connect(`${url}/?name=listener`);
    await listener.next('joined');
    const reader = await TextClient.connect(`${url}/text?name=reader`);
    return new Conversation(speaker, listener, reader);
  }

  /** Sends a message, and checks that it is heard. */
  async goOn(): Promise<void> {
    this.#said += 1;
    const body = `the conversation goes on, ${this.#said}`;
    this.#speaker.send({ type: 'message', room: 'lobby', body, echo: false });
    const line = await this.#reader.line(`<speaker> ${body}`);
    for (const other of [line, ...this.#reader.drain()]) checkLine(other);
    await this.#listener.settle();
    assert.deepEqual(this.#heard.splice(0), [body]);
    assert.equal(this.#gap, undefined);
    for (const client of [this.#speaker, this.#listener]) client.drain();
  }

  #hear(frame: ServerFrame): void {
    if (frame.type !== 'message' || frame.room !== 'lobby') return;
    if (frame.seq !== this.#lastSeq + 1) this.#gap ??= `${frame.seq} came after ${this.#lastSeq}`;
    this.#lastSeq = frame.seq;
    if (frame.from.name === 'speaker') this.#heard.push(frame.body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of [this.#speaker, this.#listener, this.#reader]) {
      client.socket.close(1000);
      await client.closed;
    }
  }
}

/** Checks that a line is one of the server or begins with a name, and cannot control a terminal. */
function checkLine(line: string): void {
  assert.match(line, /^(\* |! |<|\[)/u, line);
  assert.doesNotMatch(line, /(?!\t)[\p{Cc}\p{Zl}\p{Zp}]/u, line);
}

async function everyoneIsGone({ broker }: TestServer): Promise<void> {
  const nothing = { connections: 0, users: 0, rooms: 0, restless: 0, topics: 0 };
  await until(() => Object.values(broker.counts()).every((count) => count === 0), 'everyone is gone');
  assert.deepEqual(broker.counts(), nothing);
}

test(`${frames} frames in the json dialect are each taken or refused as the schemas say (seed ${seed})`, async (context) => {
  await using server = await startServer(limits);
  const users = Array.from({ length: connections }, (_, index) => `fuzzer-${index}`);
  const tokens = users.map((id) => tickets.issue({ id, name: id }, never));
  const rooms = [
    'lobby',
    'lobby',
    '日本語',
    'x'.repeat(128),
    '😀'.repeat(128),
    '__proto__',
    '*json',
    ...Array.from({ length: 25 }, (_, index) => `r${index}`),
  ];
  const ledger = new Ledger();
  const world: World = { users, tokens, rooms, positions: ledger.positions, maxFrame: limits.maxFrame };

  const noise = () =>
    tokens.map(async (token, index) => {
      const fuzzer = await Fuzzer.connect(`${server.url}/?token=${token}`, ledger);
      const random = new Random(seed * 1000 + index);
      for (let sent = 0; sent < frames / connections; sent += batchSize) {
        const batch = Array.from({ length: batchSize }, (_, at) => someFrame(random, world, sent + at === 0));
        await fuzzer.exchange(batch, random);
      }
      await fuzzer.close();
      return fuzzer.counts;
    });
  const all = await amid(server, () => Promise.all(noise()));
  const sum = (what: keyof Fuzzer['counts']) => all.reduce((total, counts) => total + counts[what], 0);
  context.diagnostic(`${sum('accepted')} accepted, ${sum('refused')} refused; ${sum('binary')} were binary`);
  context.diagnostic(`${sum('replays')} replays, ${sum('pages')} pages of history, ${sum('repeats')} repeats`);
  assert.ok(sum('accepted') > frames / 10 && sum('refused') > frames / 10);
  for (const what of ['replays', 'pages', 'repeats'] as const) assert.ok(sum(what) > frames / 1000, what);
  await everyoneIsGone(server);
});

test(`${messages} random messages in the text dialect do no harm (seed ${seed})`, async (context) => {
  await using server = await startServer(limits);
  const noise = () =>
    Array.from({ length: connections }, async (_, index) => {
      const typist = await TextClient.connect(`${server.url}/text?name=typist`);
      const random = new Random(seed * 1000 + 500 + index);
      let lines = 0;
      for (let sent = 0; sent < messages / connections; sent += batchSize) {
        for (let left = batchSize; left > 0; left -= 1) {
          const { data, isBinary } = someLines(random);
          typist.socket.send(data, { binary: isBinary });
        }
        // Whatever the present room and name are, the answer to this is unique.
        typist.say(`/msg nobody-${index}-${sent} hello`);
        await typist.line(`! nobody connected is called nobody-${index}-${sent}`);
        const read = typist.drain();
        for (const line of read) checkLine(line);
        lines += read.length;
      }
      typist.socket.close(1000);
      await typist.closed;
      return lines;
    });
  const read = await amid(server, () => Promise.all(noise()));
  context.diagnostic(`${read.reduce((sum, lines) => sum + lines, 0)} lines came back`);
  await everyoneIsGone(server);
});

/** Holds a conversation for as long as there is noise. */
async function amid<T>(server: TestServer, noise: () => Promise<T>): Promise<T> {
  await using conversation = await Conversation.start(server);
  let isOver = false;
  const talk = async () => {
    while (!isOver) await conversation.goOn();
  };
  const end = noise().finally(() => {
    isOver = true;
  });
  const [made] = await Promise.all([end, talk()]);
  return made;
}
