/** A client that sends random frames, and knows the expected answers. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import WebSocket from 'ws';
import type { ServerAck, ServerFrame, ServerHistory } from '../../../src/protocol/generated/frames.ts';
import { Follower } from '../../kit/follower.ts';
import type { Random } from '../../kit/random.ts';
import { frame, opcodes } from '../../kit/raw.ts';
import { type Answer, check, isUnasked } from './answers.ts';
import type { Sent } from './frames.ts';
import type { Ledger } from './ledger.ts';
import { judge, type Verdict } from './oracle.ts';

/** How long to wait for expected frames, in milliseconds. */
const patience = 60_000;

export class Fuzzer {
  readonly counts = { accepted: 0, refused: 0, binary: 0, replays: 0, repeats: 0, pages: 0 };
  readonly #ledger: Ledger;
  readonly #socket: WebSocket;
  #tcp: Socket | undefined;
  readonly #sent: { readonly data: Sent; readonly verdict: Verdict }[] = [];
  /** The rooms that it is or was in. */
  readonly #rooms = new Map<string, Follower>();
  /** Own messages without an echo, by room; they may be missing there. */
  readonly #hushed = new Map<string | undefined, number>();
  /** The number of outstanding acknowledgements by message id. */
  readonly #unacknowledged = new Map<string, number>();
  #user = '';
  /** Whether the frames that come unasked at the start have arrived. */
  #isReady = false;
  /** The answers since the last marker. */
  #answers: Answer[] = [];
  #answered = 0;
  #failure: unknown;
  #wake: () => void = () => undefined;

  private constructor(url: string, ledger: Ledger) {
    this.#ledger = ledger;
    const connect = ((options: object) => {
      this.#tcp = createConnection(options as { host: string; port: number });
      return this.#tcp;
    }) as typeof createConnection;
    this.#socket = new WebSocket(url, { perMessageDeflate: false, createConnection: connect });
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      const payload = isBinary ? data.subarray(headerEnd(data)) : undefined;
      this.#guard(() => this.#take(readFrame(data, isBinary), payload, data));
    });
    this.#socket.on('close', (code) => this.#guard(() => assert.fail(`the server closed with ${code}`)));
    this.#socket.on('error', (error) => this.#guard(() => assert.fail(error)));
  }

  static async connect(url: string, ledger: Ledger): Promise<Fuzzer> {
    const fuzzer = new Fuzzer(url, ledger);
    await fuzzer.#until(() => fuzzer.#isReady);
    return fuzzer;
  }

  /**
   * Sends the frames at once, each followed by a marker, and waits until all have the right answers, and all missed
   * messages have arrived.
   */
  async exchange(frames: readonly Sent[], random: Random): Promise<void> {
    const first = this.#sent.length;
    for (const data of frames) {
      const verdict = judge(data);
      this.#sent.push({ data, verdict });
      if (isHushed(verdict)) this.#hush(verdict.fields['room'], 1);
    }
    const pairs = frames.flatMap((sent, index) => [sent, marker(first + index)]);
    // Half of the time frames are put together here, some in fragments, and go out as one write.
    if (random.chance(0.5)) this.#tcp?.write(Buffer.concat(pairs.map((sent) => assemble(sent, random))));
    else for (const { data, isBinary } of pairs) this.#socket.send(data, { binary: isBinary });
    await this.#until(() => this.#answered === this.#sent.length && this.#isSettled());
  }

  async close(): Promise<void> {
    this.#socket.removeAllListeners('close');
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  async #until(condition: () => boolean): Promise<void> {
    const timer = setTimeout(() => this.#guard(() => assert.fail(this.#unsettled())), patience);
    while (!condition() && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
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

  #isSettled(): boolean {
    return [...this.#unacknowledged.values()].every((left) => left === 0) && [...this.#rooms.values()].every(hasAll);
  }

  #unsettled(): string {
    const acks = [...this.#unacknowledged].filter(([, left]) => left !== 0);
    const rooms = [...this.#rooms.values()].filter((room) => !hasAll(room)).map(({ room }) => room);
    const answered = `${this.#answered} of ${this.#sent.length} are answered`;
    return `${answered}; acknowledgements of ${JSON.stringify(acks)} and messages in ${rooms} are missing`;
  }

  #take(own: ServerFrame, payload: Buffer | undefined, data: Buffer): void {
    if (own.type === 'welcome') this.#user = own.user.id;
    const before = 'room' in own && own.room !== undefined ? this.#follow(own, own.room, data) : undefined;
    if (own.type === 'ack' && own.room !== undefined) this.#acknowledged(own);
    if (!this.#isReady) {
      this.#isReady = own.type === 'joined';
      this.#wake();
      return;
    }
    if (own.type === 'pong' && own.id?.startsWith('#')) this.#mark(own.id);
    else this.#answers.push({ frame: own, payload, before });
    if (this.#answered === this.#sent.length) this.#wake();
  }

  /** @returns the number at which it was in the room. */
  #follow(own: ServerFrame, room: string, data: Buffer): number | undefined {
    const follower = this.#rooms.get(room) ?? new Follower(room);
    this.#rooms.set(room, follower);
    const { position: { seq: before } = {} } = follower;
    const allowed = (this.#hushed.get(room) ?? 0) + (this.#hushed.get(undefined) ?? 0);
    follower.hushed = allowed;
    follower.take(own);
    follower.check();
    const { position } = follower;
    if (own.type === 'message' && position) {
      const missing = allowed - follower.hushed;
      const here = Math.min(missing, this.#hushed.get(room) ?? 0);
      this.#hush(room, -here);
      this.#hush(undefined, here - missing);
      this.#ledger.see(room, position, data);
    }
    // Checked once, and too many to keep.
    follower.messages.length = 0;
    follower.others.length = 0;
    return before;
  }

  #acknowledged(ack: ServerAck): void {
    if (this.#ledger.acknowledge(this.#user, ack)) this.counts.repeats += 1;
    this.#unacknowledged.set(ack.id, (this.#unacknowledged.get(ack.id) ?? 0) - 1);
  }

  #hush(room: unknown, count: number): void {
    const key = typeof room === 'string' ? room : undefined;
    this.#hushed.set(key, (this.#hushed.get(key) ?? 0) + count);
  }

  #mark(id: string): void {
    assert.equal(id, `#${this.#answered}`);
    const sent = this.#sent[this.#answered];
    assert.ok(sent);
    const answers = this.#answers.filter(({ frame: own }) => !isUnasked(own, sent.verdict));
    this.#answers = [];
    this.#check(sent.data, sent.verdict, answers);
    this.#answered += 1;
  }

  #check(sent: Sent, verdict: Verdict, answers: readonly Answer[]): void {
    this.counts[verdict.refused === undefined ? 'accepted' : 'refused'] += 1;
    if (sent.isBinary) this.counts.binary += 1;
    const got = answers.map((answer) => answer.frame);
    const isDone = check(verdict, answers, () => {
      return `frame ${this.#answered}, ${describe(sent)}, was answered by ${JSON.stringify(got).slice(0, 1000)}`;
    });
    const { type, id, room } = verdict.fields;
    if (!isDone && isHushed(verdict)) this.#hush(room, -1);
    if (isDone && type === 'message' && typeof id === 'string') {
      this.#unacknowledged.set(id, (this.#unacknowledged.get(id) ?? 0) + 1);
    }
    for (const own of got) {
      if (own.type === 'joined' && own.after !== undefined) this.counts.replays += 1;
      if (own.type === 'history') this.#seeAll(own);
    }
  }

  #seeAll({ room, epoch, messages }: ServerHistory): void {
    if (messages.length > 0) this.counts.pages += 1;
    for (const message of messages) {
      if (message.base64 === undefined) {
        this.#ledger.see(room, { epoch, seq: message.seq }, JSON.stringify(message));
      }
    }
  }
}

/** Whether all messages that were there when it joined have arrived. */
function hasAll({ position, joins }: Follower): boolean {
  return !position || position.seq >= (joins.at(-1)?.seq ?? 0);
}

/** Whether the frame is a message that its sender does not get. */
function isHushed({ refused, fields }: Verdict): boolean {
  return refused === undefined && fields['type'] === 'message' && fields['echo'] === false;
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
