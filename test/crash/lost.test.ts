/**
 * Messages that were seen, lost with a kill and sent again, for a client without the SDK that follows the rules of
 * PROTOCOL.md, "Order and numbering".
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  Position,
  ServerFrame,
  ServerGap,
  ServerJoined,
  ServerMessage,
} from '../../src/protocol/generated/frames.ts';
import { JsonClient } from '../kit/client.ts';

import { until } from '../kit/server.ts';
import { locally, Program, temporaryDirectory } from '../life-cycle/program.ts';

/** A reader of one room. It lives longer than its connections. */
class Reader {
  position: Position | undefined;
  /** The messages it has shown, in order. */
  readonly shown: string[] = [];
  readonly joins: ServerJoined[] = [];
  readonly gaps: ServerGap[] = [];
  /** How many messages it did not show because it had them already. */
  again = 0;
  /** Its messages: the number, and sender and id. */
  #had: { readonly seq: number; readonly name: string }[] = [];
  readonly #lost = new Set<string>();

  listen({ socket }: JsonClient, onMessage: () => void = () => undefined): void {
    socket.on('message', (data: Buffer) => {
      const frame: ServerFrame = JSON.parse(data.toString());
      if (frame.type === 'joined') this.#joined(frame);
      else if (frame.type === 'gap') this.gaps.push(frame);
      else if (frame.type === 'message') {
        this.#message(frame);
        onMessage();
      }
    });
  }

  #joined(frame: ServerJoined): void {
    const { epoch, seq, after = seq } = frame;
    this.joins.push(frame);
    if (epoch !== this.position?.epoch) this.#lose(0);
    else if (after < this.position.seq) this.#lose(after);
    this.position = { epoch, seq: after };
  }

  #message({ seq, prev = seq - 1, from, id = '', body }: ServerMessage): void {
    const { position } = this;
    if (!position || seq <= position.seq) return;
    assert.ok(prev <= position.seq, `${seq} came after ${position.seq}, and what is between did not`);
    if (prev < position.seq) this.#lose(prev);
    this.position = { epoch: position.epoch, seq };
    const name = `${from.id} ${id}`;
    this.#had.push({ seq, name });
    if (this.#lost.delete(name)) this.again += 1;
    else this.shown.push(String(body));
  }

  #lose(after: number): void {
    for (const { seq, name } of this.#had) if (seq > after) this.#lost.add(name);
    this.#had = this.#had.filter(({ seq }) => seq <= after);
  }
}

const room = 'news';
const count = 300;
const bodies = Array.from({ length: count }, (_, at) => `line ${at + 1}`);
const speak = (client: JsonClient) => {
  for (const [at, body] of bodies.entries()) client.send({ type: 'message', room, body, id: `m${at + 1}` });
};

/**
 * Sends many messages at once, kills the server when the first one is seen, restarts it, and sends all of them again.
 * @param before a message that was sent and kept before, if there is one.
 */
async function killed(before: string | undefined): Promise<Reader> {
  await using data = await temporaryDirectory();
  const start = () => Program.start([...locally, '--data', data.path, '--rate', 'off', '--rate-bytes', 'off']);
  const reader = new Reader();
  let ticket = '';
  {
    await using server = await start();
    const url = await server.listening();
    await using ada = await JsonClient.connect(`${url}/?name=ada&room=${room}`);
    ticket = (await ada.next('welcome')).ticket;
    await ada.next('joined');
    if (before !== undefined) {
      ada.send({ type: 'message', room, body: before, id: 'before' });
      await ada.next('ack');
    }
    await using bob = await JsonClient.connect(`${url}/?name=bob&room=`);
    reader.listen(bob, () => server.kill('SIGKILL'));
    bob.send({ type: 'join', room });
    await until(() => reader.joins.length > 0, 'the room is joined');
    speak(ada);
    await server.exit;
    await bob.closed;
  }
  await using server = await start();
  const url = await server.listening();
  await using bob = await JsonClient.connect(`${url}/?name=bob&room=`);
  reader.listen(bob);
  bob.send({ type: 'join', room, ...(reader.position && { since: reader.position }) });
  await until(() => reader.joins.length === 2, 'the room is joined again');
  await using ada = await JsonClient.connect(`${url}/?token=${ticket}&room=${room}`);
  await ada.next('joined');
  speak(ada);
  await ada.next('ack', ({ id }) => id === `m${count}`);
  await until(() => reader.shown.length + reader.again >= count, 'everything is seen');
  return reader;
}

/** A message that is seen is mostly not kept yet when the server is killed at once. */
async function untilLost(before: string | undefined, isLost: (reader: Reader) => boolean): Promise<Reader> {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    const reader = await killed(before);
    assert.deepEqual(reader.shown, bodies, 'each is shown once, and in order');
    if (isLost(reader)) return reader;
  }
  throw new Error('everything that was seen was kept already');
}

test('what was seen, lost in a kill and said again is known by its sender and its id', async () => {
  const { joins, gaps, again } = await untilLost('before', (reader) => reader.again > 0);
  const [first, second] = joins;
  assert.deepEqual([second?.epoch, second?.recovered, gaps], [first?.epoch, true, []]);
  assert.ok(again > 0);
});

test('a room whose first messages were lost has another epoch, and they are known in it all the same', async () => {
  const { joins, gaps } = await untilLost(undefined, ({ joins: [first, second] }) => first?.epoch !== second?.epoch);
  const [, second] = joins;
  assert.deepEqual([second?.recovered, second?.seq], [false, 0]);
  assert.deepEqual(gaps, [{ type: 'gap', room, why: 'epoch' }]);
});
