/** A load process: holds some of the members, and maybe senders. Started by the crew; takes calls over IPC. */
import { setTimeout as wait } from 'node:timers/promises';
import { Histogram } from '../statistics.ts';
import type { Answers, ArmCall, Call, CollectCall, Collected, OpenCall, Reply } from './calls.ts';
import { microseconds } from './clock.ts';
import { Connection } from './connection.ts';
import { type ClientDialect, dialects } from './dialects.ts';
import { Sample } from './sample.ts';
import { send } from './send.ts';
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

/** The members of a room that this process holds. */
interface Group {
  readonly members: Member[];
  /** The first of them. */
  sender: Sender | undefined;
  /** Acknowledgements since the mark. */
  acks: number;
}

class Worker {
  readonly #groups = new Map<string, Group>();
  #samples: Sample[] = [];
  #latency = new Histogram();
  #ackLatency = new Histogram();
  #dialect: ClientDialect = dialects.hubbub;
  #messageSize = 0;
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
        return this.#members().filter(({ connection }) => connection.lost === undefined).length;
      case 'mark':
        return this.#mark();
      case 'send':
        return send(this.#senders(), call.plan);
      case 'collect':
        return this.#collect(call);
    }
  }

  #members(): Member[] {
    return [...this.#groups.values()].flatMap(({ members }) => members);
  }

  #senders(): Sender[] {
    return [...this.#groups.values()].flatMap(({ sender }) => sender ?? []);
  }

  async #open({ address, dialect, rooms, connections, sampled, messageSize }: OpenCall): Promise<null> {
    this.#dialect = dialects[dialect];
    this.#messageSize = messageSize;
    const all = rooms.length * connections;
    const every = all / Math.max(1, sampled);
    let next = 0;
    const openSome = async (): Promise<void> => {
      while (next < all) {
        const index = next;
        next += 1;
        const isSampled = sampled > 0 && Math.floor(index / every) > Math.floor((index - 1) / every);
        const room = rooms[index % rooms.length] ?? '';
        const connection = await Connection.open({ address, dialect: this.#dialect, room }, messageSize);
        this.#groupOf(room).members.push({ connection, isSampled });
      }
    };
    await Promise.all(Array.from({ length: Math.min(openAtOnce, all) }, openSome));
    return null;
  }

  #groupOf(room: string): Group {
    const group = this.#groups.get(room) ?? { members: [], sender: undefined, acks: 0 };
    this.#groups.set(room, group);
    return group;
  }

  #arm({ index, burst, ids }: ArmCall): null {
    for (const group of this.#groups.values()) {
      const [first] = group.members;
      if (!first?.isSampled) throw new Error('a sender needs a connection that is decoded');
      group.sender = new Sender({
        connection: first.connection,
        dialect: this.#dialect,
        index,
        burst,
        ids,
        messageSize: this.#messageSize,
      });
    }
    return null;
  }

  async #settle(silence: number): Promise<null> {
    const count = () =>
      this.#members().reduce((sum, { connection: { reader } }) => sum + reader.messages + reader.others, 0);
    let last = count();
    for (let since = performance.now(); performance.now() - since < silence; ) {
      await wait(lookEvery);
      const now = count();
      if (now !== last) since = performance.now();
      last = now;
    }
    return null;
  }

  #mark(): null {
    this.#latency = new Histogram();
    this.#ackLatency = new Histogram();
    this.#samples = [];
    for (const group of this.#groups.values()) {
      group.acks = 0;
      group.sender?.mark();
      for (const [at, { connection, isSampled }] of group.members.entries()) {
        connection.reader.reset();
        if (isSampled) this.#watch(connection, group, at === 0 ? group.sender : undefined);
        else connection.reader.onPayload = undefined;
      }
    }
    this.#markedCpu = process.cpuUsage();
    return null;
  }

  /** @param sender whose connection it is. */
  #watch(connection: Connection, group: Group, sender: Sender | undefined): void {
    const sample = new Sample(this.#dialect, this.#latency);
    this.#samples.push(sample);
    connection.reader.onPayload = (payload) => {
      const taken = sample.take(payload);
      if (taken === 'ack') group.acks += 1;
      if (!sender || taken === undefined) return;
      if (taken !== 'ack') {
        if (taken.sender === sender.index && !sender.hasAcks) sender.returned();
      } else if (sender.hasAcks) {
        this.#ackLatency.record(microseconds() - sender.returned());
      }
    };
  }

  async #collect({ messages, hasAcks, patience }: CollectCall): Promise<Collected> {
    const groups = [...this.#groups.values()];
    const members = this.#members();
    const messagesOf = ({ sender }: Group) => messages ?? sender?.sent ?? 0;
    const wrongAcksOf = ({ sender, acks }: Group) => Math.abs((hasAcks ? (sender?.sent ?? 0) : 0) - acks);
    const delivered = () => members.reduce((sum, { connection }) => sum + connection.reader.messages, 0);
    const wrongAcks = () => groups.reduce((sum, group) => sum + wrongAcksOf(group), 0);
    const expected = groups.reduce((sum, group) => sum + messagesOf(group) * group.members.length, 0);
    const end = performance.now() + patience;
    const isDone = () => delivered() >= expected && wrongAcks() === 0;
    const isLost = () => members.some(({ connection }) => connection.lost !== undefined);
    while (!isDone() && !isLost() && performance.now() < end) await wait(lookEvery);
    const finished = microseconds();
    const { user, system } = process.cpuUsage(this.#markedCpu);
    await wait(surplusWait);
    const lost = members.filter(({ connection }) => connection.lost !== undefined);
    const results = this.#samples.map(({ result }) => result);
    return {
      delivered: delivered(),
      expected,
      wrong: groups.reduce((sum, group) => sum + wrongMembers(group, messagesOf(group)), 0),
      bytes: members.reduce((sum, { connection }) => sum + connection.reader.bytes, 0),
      wrongAcks: wrongAcks(),
      disorder: results.reduce((sum, { disorder }) => sum + disorder, 0),
      lost: lost.length,
      reason: lost[0]?.connection.lost,
      unexpected: results.find(({ unexpected }) => unexpected !== undefined)?.unexpected,
      latency: this.#latency.counts,
      ackLatency: this.#ackLatency.counts,
      finished,
      cpu: user + system,
    };
  }
}

/** How many did not get every message once. */
function wrongMembers({ members }: Group, messages: number): number {
  return members.filter(({ connection: { reader } }) => reader.messages !== messages).length;
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
