/**
 * The time and cost of a burst to a big room, with one process and with several. The members do not read during the
 * burst: its data waits in the system's buffers, so that the server has the whole machine. A burst is over when the
 * server is idle again; then the members read, and must have got everything.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { microseconds } from '../load/clock.ts';
import { dialects } from '../load/dialects.ts';
import { Member, type MemberOptions } from '../load/member.ts';
import { Sender } from '../load/sender.ts';
import type { Settings } from '../settings.ts';
import { median } from '../statistics.ts';
import { Server } from '../targets/server.ts';
import { hubbub, named, type Target, withEdges } from '../targets/targets.ts';
import { mainThreadTime } from '../targets/usage.ts';
import type { Case, Measurement, Scenario } from './case.ts';
import { count, milliseconds } from './format.ts';
import { affordable } from './load.ts';
import { columns, failed } from './measure.ts';
import { Invalid, newRoom } from './room.ts';

/** How many members connect at the same time. */
const openAtOnce = 64;

/** How long to wait for expected and unexpected messages, in milliseconds. */
const patience = 30_000;
const silence = 1500;

/** Bursts that are not measured: with few members, to compile the server's code, and with all of them. */
const warmUp = { few: 300, all: 3 };
const measured = 15;

/** How often the server is sampled, and how long it must be idle, in milliseconds. */
const lookEvery = 2;
const restful = 20;
/** A share of one CPU. */
const nextToNothing = 0.05;

export const edges: Scenario = {
  name: 'edges',
  description: '10,000 members who do not read meanwhile: how long a burst takes with 1, 2 and 4 edges',
  cases(settings) {
    const { members: sizes, skipped } = affordable(settings.members ?? [10_000], settings);
    const traffics = sizes.flatMap((members) => settings.bursts.map((burst) => ({ members, burst })));
    return { cases: traffics.map((traffic) => edgesCase(settings, traffic)), skipped };
  },
};

function edgesCase(settings: Settings, { members, burst }: { members: number; burst: number }): Case {
  const own = [hubbub, ...withEdges.filter((name) => Number(name.split('-')[1]) <= availableParallelism())];
  return {
    scenario: 'edges',
    title: `edges: ${count(members)} members, bursts of ${burst}`,
    traits: { members, burst },
    targets: settings.targets ?? named(...own),
    control: hubbub,
    columns: [
      columns.efficiency,
      { figure: 'elapsed', label: 'all have it after', format: milliseconds, isCost: true },
      { figure: 'busiest', label: 'CPU of the busiest process', format: milliseconds, isCost: true },
    ],
    async measure(chosen) {
      const measurements: Measurement[] = [];
      for (const target of chosen) measurements.push(await measure(target, members, burst, settings).catch(failed));
      return measurements;
    },
  };
}

async function measure(target: Target, members: number, burst: number, settings: Settings): Promise<Measurement> {
  await using server = await Server.start(target);
  const audience = new Audience(target, server, burst, settings.messageSize);
  try {
    await audience.grow(10);
    for (let bursts = 0; bursts < warmUp.few; bursts += 1) await audience.hear();
    await audience.grow(members);
    await wait(silence);
    for (let bursts = 0; bursts < warmUp.all; bursts += 1) await audience.watch();
    const before = server.cpu() ?? Number.NaN;
    const each = server.processes().map((pid) => ({ pid, before: mainThreadTime([pid]) }));
    const elapsed: number[] = [];
    for (let bursts = 0; bursts < measured; bursts += 1) elapsed.push(await audience.watch());
    const cpu = (server.cpu() ?? Number.NaN) - before;
    const busiest = Math.max(...each.map(({ pid, before }) => mainThreadTime([pid]) - before)) / measured;
    const delivered = measured * burst * members;
    return {
      figures: { elapsed: median(elapsed), busiest, deliveriesPerCpuSecond: (delivered * 1e6) / cpu },
      delivered,
      expected: delivered,
      notes: [],
    };
  } finally {
    audience.close();
  }
}

/** The members of a room; the first one sends. */
class Audience {
  readonly #server: Server;
  readonly #burst: number;
  readonly #options: MemberOptions;
  readonly #members: Member[] = [];
  #sender: Sender | undefined;

  constructor({ dialect }: Target, server: Server, burst: number, messageSize: number) {
    this.#server = server;
    this.#burst = burst;
    const place = { address: server.address, dialect: dialects[dialect], room: newRoom() };
    this.#options = { ...place, minimum: messageSize, isSampled: false };
  }

  async grow(size: number): Promise<void> {
    let missing = size - this.#members.length;
    const openSome = async () => {
      while (missing > 0) {
        missing -= 1;
        this.#members.push(await Member.open(this.#options));
      }
    };
    await Promise.all(Array.from({ length: openAtOnce }, openSome));
    const [member] = this.#members;
    if (!member) return;
    const { dialect, minimum: messageSize } = this.#options;
    this.#sender ??= new Sender({ member, dialect, index: 0, burst: this.#burst, messageSize, ids: false, first: 0 });
  }

  /** A burst to members that read. */
  async hear(): Promise<void> {
    this.#send();
    await this.#arrived();
  }

  /** A burst to members that read when it is over. @returns how long the server was busy, in microseconds. */
  async watch(): Promise<number> {
    for (const member of this.#members) member.stall();
    const start = this.#send();
    const end = await standstill(this.#server.processes());
    for (const member of this.#members) member.wake();
    await this.#arrived();
    return end - start;
  }

  /** @returns the time. */
  #send(): number {
    for (const member of this.#members) member.mark(undefined, undefined);
    const now = microseconds();
    this.#sender?.write(now);
    return now;
  }

  /** @throws {Invalid} if a member does not get everything. */
  async #arrived(): Promise<void> {
    const end = performance.now() + patience;
    const expected = this.#members.length * this.#burst;
    const delivered = () => this.#members.reduce((sum, { messages }) => sum + messages, 0);
    while (delivered() < expected) {
      const lost = this.#members.find((member) => member.lost !== undefined)?.lost;
      if (lost !== undefined || performance.now() > end) throw new Invalid(lost ?? 'too late', delivered(), expected);
      await wait(1);
    }
  }

  close(): void {
    for (const member of this.#members) member.cut();
  }
}

/** @returns when these processes became idle. */
async function standstill(pids: readonly number[]): Promise<number> {
  let busy = microseconds();
  for (let [at, time] = [busy, mainThreadTime(pids)]; at - busy < restful * 1000; ) {
    await wait(lookEvery);
    const [now, used] = [microseconds(), mainThreadTime(pids)];
    if (used - time > nextToNothing * (now - at)) busy = now;
    [at, time] = [now, used];
  }
  return busy;
}
