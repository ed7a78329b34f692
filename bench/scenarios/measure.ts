/** One round: every target's room is there at the same time, and they take turns. */

import { addEntries, type Entries } from '../load/entries.ts';
import { total } from '../load/workers.ts';
import { Histogram, median } from '../statistics.ts';
import type { LoopDelay } from '../targets/server.ts';
import type { Target } from '../targets/targets.ts';
import type { Bottleneck, Column, Measurement } from './case.ts';
import { count, large, mebibytes, milliseconds, percent } from './format.ts';
import { type Awakening, Invalid, Room, type RoomOptions, type Slice } from './room.ts';

export const columns = {
  efficiency: { figure: 'deliveriesPerCpuSecond', label: 'deliveries/CPU s', format: large },
  rate: { figure: 'deliveriesPerSecond', label: 'deliveries/s', format: large },
  p50: { figure: 'p50', label: 'p50', format: milliseconds, isCost: true },
  p99: { figure: 'p99', label: 'p99', format: milliseconds, isCost: true },
  p999: { figure: 'p999', label: 'p99.9', format: milliseconds, isCost: true },
  longest: { figure: 'longest', label: 'max', format: milliseconds, isCost: true },
  server: { figure: 'serverShare', label: 'server CPU', format: percent, isCost: true, isAside: true },
  perMessage: {
    figure: 'cpuPerMessage',
    label: 'CPU/message',
    format: (value) => `${value.toFixed(1)} µs`,
    isCost: true,
  },
  messages: { figure: 'messagesPerCpuSecond', label: 'messages/CPU s', format: large },
  messageRate: { figure: 'messagesPerSecond', label: 'messages/s', format: large },
  ackP50: { figure: 'ackP50', label: 'ack p50', format: milliseconds, isCost: true },
  ackP99: { figure: 'ackP99', label: 'ack p99', format: milliseconds, isCost: true },
  loopP99: { figure: 'loopP99', label: 'loop p99', format: milliseconds, isCost: true },
  loopLongest: { figure: 'loopLongest', label: 'loop longest', format: milliseconds, isCost: true },
  idle: { figure: 'idleShare', label: 'idle CPU', format: percent, isCost: true, isAside: true },
  client: { figure: 'clientShare', label: 'client CPU', format: percent, isAside: true },
  returns: { figure: 'returns', label: 'came back', format: count },
  recovered: { figure: 'recovered', label: 'recovered', format: count },
  returnP50: { figure: 'returnP50', label: 'back p50', format: milliseconds, isCost: true },
  returnP99: { figure: 'returnP99', label: 'back p99', format: milliseconds, isCost: true },
  memory: { figure: 'memory', label: 'memory', format: mebibytes, isCost: true },
  perDelivery: {
    figure: 'cpuPerDelivery',
    label: 'CPU/delivery',
    format: (value) => `${value.toFixed(2)} µs`,
    isCost: true,
  },
  perMegabyte: { figure: 'cpuPerMegabyte', label: 'CPU/MB', format: (value) => `${count(value)} µs`, isCost: true },
  bytes: { figure: 'bytesPerDelivery', label: 'bytes', format: count, isAside: true },
} satisfies Record<string, Column>;

/** The share of a CPU from which a process counts as saturated, and the share of all CPUs for the machine. */
const full = 0.9;
const machineFull = 0.95;

/** Above these shares of late bursts, and of CPU time of other processes, a measurement comes with a note. */
const manyLate = 0.05;
const muchForOthers = 0.15;

/**
 * At the start of a turn the load is driven for this share of it, and not measured: the others have left cold caches.
 */
const rehearsal = 0.3;

export interface RoundOptions extends RoomOptions {
  /** How long a target is measured in all, in seconds. */
  readonly seconds: number;
  /** The length of a turn, in seconds: short, so that other load on the machine affects all targets alike. */
  readonly turn: number;
}

/**
 * A measurement for each target, in their order; without figures if something was lost.
 *
 * @param own options that differ per target.
 */
export async function measureRound(
  targets: readonly Target[],
  options: RoundOptions,
  own: (target: Target) => Partial<RoomOptions> = () => ({}),
): Promise<Measurement[]> {
  const { seconds, turn } = options;
  const entrants = targets.map((target) => new Entrant(target, { ...options, ...own(target) }));
  try {
    await Promise.all(entrants.map((entrant) => entrant.open()));
    // Always in the same order, so that all have been idle for the same time when their turn comes.
    for (let left = Math.max(1, Math.round(seconds / turn)); left > 0; left -= 1) {
      for (const entrant of entrants) await entrant.takeTurn();
    }
    for (const entrant of entrants) await entrant.finish();
  } finally {
    await Promise.all(entrants.map((entrant) => entrant[Symbol.asyncDispose]()));
  }
  return entrants.map((entrant) => entrant.measurement());
}

/** A target in a round. After its first failure it takes no more turns, and has no figures. */
class Entrant implements AsyncDisposable {
  readonly #target: Target;
  readonly #options: RoundOptions;
  readonly #slices: Slice[] = [];
  #room: Room | undefined;
  #awakening: Awakening | undefined;
  #failure: Measurement | undefined;

  constructor(target: Target, options: RoundOptions) {
    this.#target = target;
    this.#options = options;
  }

  async open(): Promise<void> {
    await this.#attempt(async () => {
      this.#room = await Room.open(this.#target, this.#options);
    });
  }

  async takeTurn(): Promise<void> {
    const room = this.#room;
    if (!room || this.#failure) return;
    const { plan, turn } = this.#options;
    await this.#attempt(async () => {
      await room.drive(plan(turn * rehearsal));
      this.#slices.push(await room.drive(plan(turn)));
    });
  }

  async finish(): Promise<void> {
    const room = this.#room;
    if (!room || this.#failure || !this.#options.hasSleeper) return;
    await this.#attempt(async () => {
      this.#awakening = await room.wake();
    });
  }

  measurement(): Measurement {
    if (this.#failure) return this.#failure;
    const sum = add(this.#slices);
    return {
      figures: figures(sum, this.#room?.idleShare),
      delivered: sum.delivered,
      expected: sum.expected,
      bottleneck: bottleneck(sum),
      notes: [...notes(sum, this.#options), ...(this.#awakening ? [fate(this.#awakening)] : [])],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#room?.[Symbol.asyncDispose]();
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#failure = failed(error);
    }
  }
}

/** An invalid measurement. */
export function failed(error: unknown): Measurement {
  const { delivered, expected } = error instanceof Invalid ? error : { delivered: 0, expected: 0 };
  const problem = error instanceof Error ? error.message : String(error);
  return { problem, figures: {}, delivered, expected, notes: [] };
}

/** All turns as one. Times are in microseconds. */
interface Sum {
  readonly sent: number;
  readonly late: number;
  readonly delivered: number;
  readonly expected: number;
  readonly bytes: number;
  readonly latency: Histogram;
  readonly ackLatency: Histogram;
  readonly returns: Entries;
  /** The peak, in bytes. */
  readonly memory: number | undefined;
  /** Of each turn. */
  readonly loopDelays: readonly LoopDelay[];
  readonly duration: number;
  readonly serverCpu: number | undefined;
  readonly clientCpu: number;
  readonly machineBusy: number;
  /** CPU time of neither the server nor the load processes. */
  readonly others: number;
}

function add(slices: readonly Slice[]): Sum {
  const sum = (of: (slice: Slice) => number) => slices.reduce((before, slice) => before + of(slice), 0);
  const merged = (of: 'latency' | 'ackLatency') => {
    const all = new Histogram();
    for (const { tally } of slices) for (const one of tally.collected) all.merge(new Histogram(one[of]));
    return all;
  };
  return {
    sent: sum(({ tally }) => tally.sent),
    late: sum(({ tally }) => tally.late),
    delivered: sum(({ tally }) => total(tally, 'delivered')),
    expected: sum(({ tally }) => total(tally, 'expected')),
    bytes: sum(({ tally }) => total(tally, 'bytes')),
    latency: merged('latency'),
    ackLatency: merged('ackLatency'),
    returns: addEntries(slices.map(({ tally }) => tally.returns)),
    memory: slices.some(({ memory }) => memory === undefined)
      ? undefined
      : Math.max(...slices.map(({ memory }) => memory ?? 0)),
    loopDelays: slices.flatMap(({ loopDelay }) => loopDelay ?? []),
    duration: sum(({ duration }) => duration),
    serverCpu: slices.some(({ serverCpu }) => serverCpu === undefined)
      ? undefined
      : sum((slice) => slice.serverCpu ?? 0),
    clientCpu: sum(({ clientCpu }) => clientCpu),
    machineBusy: sum(({ machine }) => machine.busy) / sum(({ machine }) => machine.all),
    others: sum((slice) => slice.others) / sum(({ machine }) => machine.all),
  };
}

function figures(sum: Sum, idleShare: number | undefined): Record<string, number> {
  const { delivered, sent, bytes, duration, serverCpu, clientCpu, latency, ackLatency, loopDelays } = sum;
  const { machineBusy, others, memory } = sum;
  const returns = new Histogram(sum.returns.times);
  return {
    deliveriesPerSecond: (delivered * 1e6) / duration,
    messagesPerSecond: (sent * 1e6) / duration,
    bytesPerDelivery: bytes / delivered,
    clientShare: clientCpu / duration,
    machineBusy,
    others,
    p50: latency.percentile(0.5),
    p99: latency.percentile(0.99),
    p999: latency.percentile(0.999),
    longest: latency.percentile(1),
    latencySamples: latency.size,
    ...(ackLatency.size > 0 && { ackP50: ackLatency.percentile(0.5), ackP99: ackLatency.percentile(0.99) }),
    ...(returns.size > 0 && {
      returns: returns.size,
      recovered: sum.returns.recovered,
      returnP50: returns.percentile(0.5),
      returnP99: returns.percentile(0.99),
    }),
    ...(memory !== undefined && { memory }),
    ...(loopDelays.length > 0 && {
      loopP99: median(loopDelays.map(({ p99 }) => p99)),
      loopLongest: Math.max(...loopDelays.map(({ longest }) => longest)),
    }),
    ...(serverCpu !== undefined && {
      deliveriesPerCpuSecond: (delivered * 1e6) / serverCpu,
      messagesPerCpuSecond: (sent * 1e6) / serverCpu,
      cpuPerMessage: serverCpu / sent,
      cpuPerDelivery: serverCpu / delivered,
      cpuPerMegabyte: (serverCpu * 1e6) / bytes,
      serverShare: serverCpu / duration,
    }),
    ...(idleShare !== undefined && { idleShare }),
  };
}

/** The saturated part. Times are in microseconds; the machine has a share. */
export function bottleneck({
  serverCpu,
  clientCpu,
  duration,
  machineBusy,
}: Pick<Sum, 'serverCpu' | 'clientCpu' | 'duration' | 'machineBusy'>): Bottleneck {
  if (serverCpu !== undefined && serverCpu / duration >= full) return 'server';
  if (clientCpu / duration >= full) return 'load client';
  return machineBusy >= machineFull ? 'machine' : 'none';
}

function notes({ late, sent, others }: Sum, { burst }: RoundOptions): string[] {
  const lateShare = (late * burst) / sent;
  return [
    ...(lateShare > manyLate ? [`the sender was late with ${percent(lateShare)} of its bursts`] : []),
    ...othersNote(others),
  ];
}

/** The outcome for the member that did not read. */
function fate({ said, kept, end, received }: Awakening): string {
  const first = `the slow reader was kept ${count(kept)} of ${count(said)} messages`;
  if (end === undefined) return `${first}, and its connection`;
  return `${first}, was ${end}, and had ${received === said ? 'all' : count(received)} when it was back`;
}

/** @param others the share of the machine that neither the server nor the load processes used. */
export function othersNote(others: number): string[] {
  return others > muchForOthers ? [`others had ${percent(others)} of the machine`] : [];
}
