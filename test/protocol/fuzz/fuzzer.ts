/** A client that sends what is made up for it, and knows what has to come back. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import WebSocket from 'ws';
import type { ErrorCode, ServerFrame } from '../../../src/protocol/generated/frames.ts';
import type { Random } from '../../kit/random.ts';
import { frame, opcodes } from '../../kit/raw.ts';
import type { Sent } from './frames.ts';
import { formCodes, idOf, judge, type Verdict } from './oracle.ts';

/** What came back: a frame of the server, and the payload if it was a binary one. */
interface Answer {
  readonly frame: ServerFrame;
  readonly payload: Buffer | undefined;
}

/** What reaches a connection without its asking. */
const unasked: ReadonlySet<string> = new Set(['message', 'signal', 'direct', 'broadcast', 'presence']);

/** What answers a request that is carried out; `ack` only if it has an id. */
const answerTo: Readonly<Record<string, ServerFrame['type']>> = {
  hello: 'welcome',
  join: 'joined',
  leave: 'left',
  list: 'members',
  rooms: 'rooms',
  echo: 'echo',
  ping: 'pong',
};

/** Why a request of the right form may be refused. */
const otherCodes: ReadonlySet<ErrorCode> = new Set([
  'hello_not_first',
  'unsupported_version',
  'invalid_token',
  'forbidden',
  'not_joined',
  'too_many_rooms',
  'unknown_user',
]);

export class Fuzzer {
  readonly counts = { accepted: 0, refused: 0, binary: 0 };
  readonly #socket: WebSocket;
  #tcp: Socket | undefined;
  readonly #sent: Sent[] = [];
  /** What comes without asking when a connection opens has come. */
  #isReady = false;
  /** What has come since the last marker. */
  #answers: Answer[] = [];
  #answered = 0;
  #failure: unknown;
  #wake: () => void = () => undefined;

  private constructor(url: string) {
    const connect = ((options: object) => {
      this.#tcp = createConnection(options as { host: string; port: number });
      return this.#tcp;
    }) as typeof createConnection;
    this.#socket = new WebSocket(url, { perMessageDeflate: false, createConnection: connect });
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      const payload = isBinary ? data.subarray(headerEnd(data)) : undefined;
      this.#guard(() => this.#take({ frame: readFrame(data, isBinary), payload }));
    });
    this.#socket.on('close', (code) => this.#guard(() => assert.fail(`the server closed with ${code}`)));
    this.#socket.on('error', (error) => this.#guard(() => assert.fail(error)));
  }

  static async connect(url: string): Promise<Fuzzer> {
    const fuzzer = new Fuzzer(url);
    await fuzzer.#until(() => fuzzer.#isReady);
    return fuzzer;
  }

  /** Sends the frames at once, a marker behind each, and waits until all are answered as they have to be. */
  async exchange(frames: readonly Sent[], random: Random): Promise<void> {
    const first = this.#sent.length;
    this.#sent.push(...frames);
    const pairs = frames.flatMap((sent, index) => [sent, marker(first + index)]);
    // Half of the time frames are put together here, some in fragments, and go out as one write.
    if (random.chance(0.5)) this.#tcp?.write(Buffer.concat(pairs.map((sent) => assemble(sent, random))));
    else for (const { data, isBinary } of pairs) this.#socket.send(data, { binary: isBinary });
    await this.#until(() => this.#answered === this.#sent.length);
  }

  async close(): Promise<void> {
    this.#socket.removeAllListeners('close');
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition() && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#failure ??= error;
      this.#wake();
    }
  }

  #take(answer: Answer): void {
    const { frame: own } = answer;
    if (!this.#isReady) {
      this.#isReady = own.type === 'joined';
      this.#wake();
      return;
    }
    if (own.type !== 'pong' || own.id === undefined || !own.id.startsWith('#')) {
      this.#answers.push(answer);
      return;
    }
    assert.equal(own.id, `#${this.#answered}`);
    const answers = this.#answers.filter(({ frame: { type } }) => !unasked.has(type));
    this.#answers = [];
    const sent = this.#sent[this.#answered];
    assert.ok(sent);
    this.#check(sent, answers);
    this.#answered += 1;
    if (this.#answered === this.#sent.length) this.#wake();
  }

  #check(sent: Sent, answers: readonly Answer[]): void {
    const verdict = judge(sent);
    this.counts[verdict.refused === undefined ? 'accepted' : 'refused'] += 1;
    if (sent.isBinary) this.counts.binary += 1;
    const got = answers.map((answer) => answer.frame);
    const told = () =>
      `frame ${this.#answered}, ${describe(sent)}, was answered by ${JSON.stringify(got).slice(0, 1000)}`;
    if (verdict.refused === undefined) checkAccepted(verdict, answers, told);
    else checkRefused(verdict, got, told);
  }
}

function checkRefused(verdict: Verdict, got: readonly ServerFrame[], told: () => string): void {
  const [error, ...more] = got;
  assert.ok(error?.type === 'error' && more.length === 0, told());
  assert.equal(error.code, verdict.refused, told());
  assert.equal(error.id, idOf(verdict), told());
}

function checkAccepted(verdict: Verdict, answers: readonly Answer[], told: () => string): void {
  const { type, id } = verdict.fields as { type: string; id?: string };
  const [answer, ...more] = answers;
  // Who turns out to be somebody else is told how the rooms stand.
  const allowed = type === 'hello' && answer?.frame.type === 'welcome' ? 'joined' : undefined;
  assert.ok(
    more.every(({ frame: { type: other } }) => other === allowed),
    told(),
  );
  const expected = answerTo[type] ?? (id === undefined ? undefined : 'ack');
  if (answer === undefined) {
    assert.equal(expected, undefined, told());
    return;
  }
  const { frame: own } = answer;
  assert.equal('id' in own ? own.id : undefined, id, told());
  if (own.type === 'error') {
    assert.ok(!formCodes.has(own.code) && otherCodes.has(own.code), told());
    return;
  }
  assert.equal(own.type, expected, told());
  if (own.type !== 'echo') return;
  if (verdict.payload) assert.ok(answer.payload?.equals(verdict.payload), told());
  else assert.equal(JSON.stringify(own.body), JSON.stringify(verdict.fields['body']), told());
}

function marker(index: number): Sent {
  return { data: Buffer.from(`{"type":"ping","id":"#${index}"}`), isBinary: false };
}

/** The message as WebSocket frames: one, or several fragments (RFC 6455, section 5.4). */
function assemble({ data, isBinary }: Sent, random: Random): Buffer {
  const opcode = isBinary ? opcodes.binary : opcodes.text;
  if (random.chance(0.9)) return frame(data, { opcode });
  const middle = random.below(data.length + 1);
  return Buffer.concat([
    frame(data.subarray(0, middle), { opcode, fin: false }),
    frame(data.subarray(middle), { opcode: opcodes.continuation }),
  ]);
}

/** The frame, or the header of a binary one. */
export function readFrame(data: Buffer, isBinary: boolean): ServerFrame {
  return JSON.parse(isBinary ? data.toString('utf8', 3, headerEnd(data)) : data.toString());
}

function headerEnd(data: Buffer): number {
  return 3 + data.readUInt16BE(1);
}

function describe({ data, isBinary }: Sent): string {
  const start = data.subarray(0, 500);
  return isBinary ? `the bytes ${start.toString('hex')}` : `the text ${JSON.stringify(start.toString())}`;
}
