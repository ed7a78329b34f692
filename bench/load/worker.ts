/** A load process: holds some of the members, and maybe a sender. Started by the crew; takes calls over IPC. */
import { setTimeout as wait } from 'node:timers/promises';
import { Histogram } from '../statistics.ts';
import type { Answers, ArmCall, Call, CollectCall, Collected, OpenCall, Reply } from './calls.ts';
import { microseconds } from './clock.ts';
import { Connection } from './connection.ts';
import { type ClientDialect, dialects } from './dialects.ts';
import { Sample } from './sample.ts';
import { Sender } from './sender.ts';

/** How many connections are opened at the same time. */
const openAtOnce = 64;

/** How often the counts are looked at, in milliseconds. */
const lookEvery = 10;

/** How long it is waited for deliveries there should not be, in milliseconds. */
const surplusWait = 50;

interface Member {
  readonly connection: Connection;
  readonly isSampled: boolean;
}

class Worker {
  readonly #members: Member[] = [];
  #samples: Sample[] = [];
  #latency = new Histogram();
  #dialect: ClientDialect = dialects.hubbub;
  #messageSize = 0;
  #sender: Sender | undefined;
  #senderIndex = -1;
  #senderSample: Sample | undefined;
  #markedCpu = process.cpuUsage();

  async answer(call: Call): Promise<Answers[keyof Answers]> {
    switch (call.type) {
      case 'open':
        return this.#open(call);
      case 'arm':
        return this.#arm(call);
      case 'settle':
        return this.#settle(call.silence);
      case 'census':
        return this.#members.filter(({ connection }) => connection.lost === undefined).length;
      case 'mark':
        return this.#mark();
      case 'send':
        if (!this.#sender) throw new Error('this process has no sender');
        return this.#sender.send(call.plan);
      case 'collect':
        return this.#collect(call);
    }
  }

  async #open({ address, dialect, room, connections, sampled, messageSize }: OpenCall): Promise<null> {
    this.#dialect = dialects[dialect];
    this.#messageSize = messageSize;
    const every = connections / Math.max(1, sampled);
    let next = 0;
    const openSome = async (): Promise<void> => {
      while (next < connections) {
        const index = next;
        next += 1;
        const isSampled = sampled > 0 && Math.floor(index / every) > Math.floor((index - 1) / every);
        const connection = await Connection.open({ address, dialect: this.#dialect, room }, messageSize);
        this.#members.push({ connection, isSampled });
      }
    };
    await Promise.all(Array.from({ length: Math.min(openAtOnce, connections) }, openSome));
    return null;
  }

  #arm({ index, burst, ids }: ArmCall): null {
    const [first] = this.#members;
    if (!first?.isSampled) throw new Error('a sender needs a connection that is decoded');
    this.#sender = new Sender({
      connection: first.connection,
      dialect: this.#dialect,
      index,
      burst,
      ids,
      messageSize: this.#messageSize,
    });
    this.#senderIndex = index;
    return null;
  }

  async #settle(silence: number): Promise<null> {
    const count = () =>
      this.#members.reduce((sum, { connection: { reader } }) => sum + reader.messages + reader.others, 0);
    for (let before = -1, now = count(); now !== before; now = count()) {
      before = now;
      await wait(silence);
    }
    return null;
  }

  #mark(): null {
    this.#latency = new Histogram();
    this.#samples = [];
    this.#senderSample = undefined;
    for (const { connection, isSampled } of this.#members) {
      connection.reader.reset();
      if (isSampled) this.#watch(connection);
      else connection.reader.onPayload = undefined;
    }
    this.#markedCpu = process.cpuUsage();
    return null;
  }

  #watch(connection: Connection): void {
    const sample = new Sample(this.#dialect, this.#latency);
    const isSender = this.#sender !== undefined && this.#samples.length === 0;
    if (isSender) this.#senderSample = sample;
    this.#samples.push(sample);
    connection.reader.onPayload = (payload) => {
      const stamp = sample.take(payload);
      if (isSender && stamp?.sender === this.#senderIndex) this.#sender?.returned(stamp.number);
    };
  }

  async #collect({ messages, acks, patience }: CollectCall): Promise<Collected> {
    const expected = messages * this.#members.length;
    const end = performance.now() + patience;
    const isDone = () => this.#delivered() >= expected && this.#acks() >= acks;
    const isLost = () => this.#members.some(({ connection }) => connection.lost !== undefined);
    while (!isDone() && !isLost() && performance.now() < end) await wait(lookEvery);
    const finished = microseconds();
    const { user, system } = process.cpuUsage(this.#markedCpu);
    await wait(surplusWait);
    const lost = this.#members.filter(({ connection }) => connection.lost !== undefined);
    const results = this.#samples.map(({ result }) => result);
    return {
      delivered: this.#delivered(),
      expected,
      wrong: this.#members.filter(({ connection: { reader } }) => reader.messages !== messages).length,
      bytes: this.#members.reduce((sum, { connection }) => sum + connection.reader.bytes, 0),
      acks: this.#acks(),
      disorder: results.reduce((sum, { disorder }) => sum + disorder, 0),
      lost: lost.length,
      reason: lost[0]?.connection.lost,
      unexpected: results.find(({ unexpected }) => unexpected !== undefined)?.unexpected,
      latency: this.#latency.counts,
      finished,
      cpu: user + system,
    };
  }

  #delivered(): number {
    return this.#members.reduce((sum, { connection }) => sum + connection.reader.messages, 0);
  }

  #acks(): number {
    return this.#senderSample?.result.acks ?? 0;
  }
}

const worker = new Worker();
const reply = (message: Reply): void => {
  process.send?.(message);
};
process.on('message', (call: Call) => {
  worker.answer(call).then(
    (ok) => reply({ ok }),
    (error: unknown) => reply({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
