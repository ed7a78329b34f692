/** A load process: holds some of the members, and maybe senders. Started by `Workers`; takes calls over IPC. */
import { setTimeout as wait } from 'node:timers/promises';
import { Histogram } from '../statistics.ts';
import { forEach } from './at-once.ts';
import type {
  Answers,
  ArmCall,
  Call,
  Census,
  CollectCall,
  Collected,
  CutCall,
  OpenCall,
  StallCall,
  WakeCall,
  Woken,
} from './calls.ts';
import { microseconds } from './clock.ts';
import type { ClientDialect } from './dialect.ts';
import { dialects } from './dialects.ts';
import { type Entries, EntryBook } from './entries.ts';
import { Member } from './member.ts';
import { Sample } from './sample.ts';
import { send } from './send.ts';
import { Sender } from './sender.ts';
import { Sleeper } from './sleeper.ts';
import { answerCalls } from './subprocess.ts';

/** How many connections are opened at the same time. */
const openAtOnce = 64;

/** How often the counts are checked, in milliseconds. */
const lookEvery = 10;

/** How long to wait for unwanted deliveries, in milliseconds. */
const surplusWait = 50;

/** How many senders a stamp can distinguish. */
const mostSenders = 100;

/** The members of a room that this process holds. */
interface Group {
  readonly members: Member[];
  readonly senders: Map<Member, Sender>;
  /** Acknowledgements since the mark. */
  acks: number;
}

class Worker {
  readonly #groups = new Map<string, Group>();
  /** The samples of decoded members since the mark. */
  #samples = new Map<Member, Sample>();
  #latency = new Histogram();
  #ackLatency = new Histogram();
  #dialect: ClientDialect = dialects.hubbub;
  #messageSize = 0;
  #markedCpu = process.cpuUsage();
  #sleeper: Sleeper | undefined;

  async answer(call: Call): Promise<Answers[keyof Answers]> {
    switch (call.type) {
      case 'open':
        return this.#open(call);
      case 'arm':
        return this.#arm(call);
      case 'settle':
        return this.#settle(call.silence);
      case 'census':
        return this.#census();
      case 'cut':
        return this.#cut(call);
      case 'come back':
        return this.#comeBack();
      case 'stall':
        return this.#stall(call);
      case 'wake':
        return this.#wake(call);
      case 'mark':
        return this.#mark();
      case 'send':
        return send(this.#senders(), this.#restless(), call.plan);
      case 'collect':
        return this.#collect(call);
    }
  }

  #members(): Member[] {
    return [...this.#groups.values()].flatMap(({ members }) => members);
  }

  /** The order of their turns: first one sender of each room, then a second one of each, and so on. */
  #senders(): Sender[] {
    const rooms = [...this.#groups.values()].map(({ senders }) => [...senders.values()]);
    const most = Math.max(0, ...rooms.map(({ length }) => length));
    return [...Array(most).keys()].flatMap((at) => rooms.flatMap((senders) => senders[at] ?? []));
  }

  /** The last member of each room, which is not a sender. */
  #restless(): Member[] {
    return [...this.#groups.values()].flatMap(({ members }) => members.at(-1) ?? []);
  }

  async #open({ address, dialect, rooms, connections, sampled, messageSize }: OpenCall): Promise<Entries> {
    this.#dialect = dialects[dialect];
    this.#messageSize = messageSize;
    const all = rooms.length * connections;
    const every = all / Math.max(1, sampled);
    const book = new EntryBook();
    await forEach(Array(all).keys(), openAtOnce, (index) =>
      book.time(async () => {
        const isSampled = sampled > 0 && Math.floor(index / every) > Math.floor((index - 1) / every);
        const room = rooms[index % rooms.length] ?? '';
        const options = { address, dialect: this.#dialect, room, minimum: messageSize, isSampled };
        this.#groupOf(room).members.push(await Member.open(options));
        return 0;
      }),
    );
    return book.entries;
  }

  #groupOf(room: string): Group {
    const group = this.#groups.get(room) ?? { members: [], senders: new Map(), acks: 0 };
    this.#groups.set(room, group);
    return group;
  }

  async #arm({ members: which, index, burst, ids }: ArmCall): Promise<null> {
    const options = { dialect: this.#dialect, burst, ids, messageSize: this.#messageSize };
    let next = index;
    for (const { members, senders } of this.#groups.values()) {
      for (const member of which === 'first' ? members.slice(0, 1) : members.slice(0, -1)) {
        if (!member.isSampled) throw new Error('a sender needs a connection that is decoded');
        await member.becomeSender();
        const first = senders.get(member)?.number ?? 0;
        senders.set(member, new Sender({ member, index: next % mostSenders, first, ...options }));
        next += 1;
      }
    }
    return null;
  }

  async #settle(silence: number): Promise<null> {
    const count = () => this.#members().reduce((sum, { frames }) => sum + frames, 0);
    let last = count();
    for (let since = performance.now(); performance.now() - since < silence; ) {
      await wait(lookEvery);
      const now = count();
      if (now !== last) since = performance.now();
      last = now;
    }
    return null;
  }

  #census(): Census {
    const members = this.#members();
    const lost = members.filter(({ lost }) => lost !== undefined);
    const { user, system } = process.cpuUsage();
    return {
      open: members.length - lost.length,
      reason: lost[0]?.lost,
      frames: members.reduce((sum, { frames }) => sum + frames, 0),
      bytes: members.reduce((sum, { bytes }) => sum + bytes, 0),
      pinged: members.filter(({ pings }) => pings > 0).length,
      cpu: user + system,
    };
  }

  #cut({ members: which }: CutCall): null {
    for (const { members, senders } of this.#groups.values()) {
      for (const member of members) if (which === 'all' || !senders.has(member)) member.cut();
    }
    if (which === 'all') this.#groups.clear();
    return null;
  }

  async #comeBack(): Promise<Entries> {
    const book = new EntryBook();
    const away = [...this.#groups.values()].flatMap(({ members, senders }) =>
      members.filter((member) => !senders.has(member)),
    );
    await forEach(away, openAtOnce, (member) => book.time(() => member.comeBack()));
    return book.entries;
  }

  async #stall({ place: { address, dialect, rooms, messageSize } }: StallCall): Promise<null> {
    const [room = ''] = rooms;
    const options = { address, dialect: dialects[dialect], room, minimum: messageSize, isSampled: true };
    this.#sleeper = await Sleeper.open(options);
    return null;
  }

  async #wake({ messages, patience }: WakeCall): Promise<Woken> {
    if (!this.#sleeper) throw new Error('nobody sleeps');
    return this.#sleeper.wake(messages, patience);
  }

  #mark(): null {
    this.#latency = new Histogram();
    this.#ackLatency = new Histogram();
    const before = this.#samples;
    this.#samples = new Map();
    for (const group of this.#groups.values()) {
      group.acks = 0;
      for (const sender of group.senders.values()) sender.mark();
      for (const member of group.members) this.#watch(member, group, before.get(member));
    }
    this.#markedCpu = process.cpuUsage();
    return null;
  }

  /** @param before the member's sample until now. */
  #watch(member: Member, group: Group, before: Sample | undefined): void {
    if (!member.isSampled) return member.mark(undefined, undefined);
    const sender = group.senders.get(member);
    const sample = new Sample(this.#dialect, this.#latency, before);
    this.#samples.set(member, sample);
    member.mark(sample, (payload) => {
      const taken = sample.take(payload);
      if (taken === 'ack') group.acks += 1;
      if (!sender || taken === undefined) return;
      if (taken !== 'ack') {
        if (taken.sender === sender.index && !sender.hasAcks) sender.returned();
      } else if (sender.hasAcks) {
        this.#ackLatency.record(microseconds() - sender.returned());
      }
    });
  }

  async #collect({ messages, hasAcks, patience }: CollectCall): Promise<Collected> {
    const groups = [...this.#groups.values()];
    const members = this.#members();
    const expectedIn = (group: Group) => {
      const each = messages ?? sentIn(group);
      return group.members.reduce((sum, member) => sum + (member.hasGap ? member.messages : each), 0);
    };
    const wrongAcksOf = (group: Group) => Math.abs((hasAcks ? sentIn(group) : 0) - group.acks);
    const delivered = () => members.reduce((sum, member) => sum + member.messages, 0);
    const wrongAcks = () => groups.reduce((sum, group) => sum + wrongAcksOf(group), 0);
    const expected = () => groups.reduce((sum, group) => sum + expectedIn(group), 0);
    const end = performance.now() + patience;
    const isDone = () => delivered() >= expected() && wrongAcks() === 0;
    const isLost = () => members.some(({ lost }) => lost !== undefined);
    while (!isDone() && !isLost() && performance.now() < end) await wait(lookEvery);
    const finished = microseconds();
    const { user, system } = process.cpuUsage(this.#markedCpu);
    await wait(surplusWait);
    const lost = members.filter(({ lost }) => lost !== undefined);
    const results = [...this.#samples.values()].map(({ result }) => result);
    return {
      delivered: delivered(),
      expected: expected(),
      wrong: groups.reduce((sum, group) => sum + wrongMembers(group, messages ?? sentIn(group)), 0),
      bytes: members.reduce((sum, { bytes }) => sum + bytes, 0),
      wrongAcks: wrongAcks(),
      disorder: results.reduce((sum, { disorder }) => sum + disorder, 0),
      lost: lost.length,
      reason: lost[0]?.lost,
      unexpected: results.find(({ unexpected }) => unexpected !== undefined)?.unexpected,
      latency: this.#latency.counts,
      ackLatency: this.#ackLatency.counts,
      finished,
      cpu: user + system,
    };
  }
}

/** Messages that the room's senders in this process have sent since the mark. */
function sentIn({ senders }: Group): number {
  return [...senders.values()].reduce((sum, { sent }) => sum + sent, 0);
}

/** How many members did not get every message exactly once. */
function wrongMembers({ members }: Group, messages: number): number {
  return members.filter((member) => !member.hasGap && member.messages !== messages).length;
}

const worker = new Worker();
answerCalls((call: Call) => worker.answer(call));
