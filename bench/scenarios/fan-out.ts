/** One room, one sender, a fixed load: the cost of a delivery for the server, and its latency. */
import type { Brief, Settings } from '../settings.ts';
import { floor, hubbub, named, type Target, withoutLog } from '../targets/targets.ts';
import type { Case, Column, Scenario } from './case.ts';
import { count } from './format.ts';
import { affordable, evenly, load, offered } from './load.ts';
import { columns, measureRound } from './measure.ts';

const shown: [Column, ...Column[]] = [
  columns.efficiency,
  columns.perDelivery,
  columns.rate,
  columns.p50,
  columns.p99,
  columns.server,
  columns.idle,
  columns.client,
  columns.bytes,
];

export const fanOut: Scenario = {
  name: 'fan-out',
  description: 'one room × 10, 100, 1,000 and 10,000 members, bursts of 32 and of 1, with and without ids',
  brief: { members: [10, 1000], bursts: [32], seconds: 1, warmUp: 20_000 },
  cases(settings) {
    const { members: sizes, skipped } = affordable(settings.members ?? [10, 100, 1000, 10_000], settings);
    const traffics = sizes.flatMap((members) =>
      settings.bursts.flatMap((burst) => settings.ids.map((ids) => ({ members, burst, ids }))),
    );
    const cases = traffics.map((traffic) => {
      const bytes = traffic.burst > 1 && !traffic.ids ? ['bare-bytes'] : [];
      return fanOutCase(settings, 'fan-out', traffic, named(hubbub, withoutLog, floor, ...bytes));
    });
    return { cases, skipped };
  },
};

/** All targets that can be compared to Hubbub: in a single room, and with their defaults. */
const all = [hubbub, floor, 'bare-bytes', 'bare-loop', 'ws', 'socket.io', 'socket.io-uws'];

/** Deliveries per second that the slowest target can sustain with a margin. */
const peersLoad = { batched: 50_000, single: 25_000 };

export const peers: Scenario = {
  name: 'peers',
  description: 'the same with every kind of server, 1,000 members, at a load the slowest of them can take',
  brief: { bursts: [32], seconds: 1, rounds: 1, warmUp: 10_000 },
  cases(settings) {
    const { members: sizes, skipped } = affordable(settings.members ?? [1000], settings);
    const traffics = sizes.flatMap((members) => settings.bursts.map((burst) => ({ members, burst, ids: false })));
    const cases = traffics.map((traffic) => {
      const deliveries = traffic.burst > 1 ? peersLoad.batched : peersLoad.single;
      return fanOutCase(settings, 'peers', traffic, named(...all), deliveries);
    });
    return { cases, skipped };
  },
};

/** Enough to notice a loss, also on a busy machine. */
export const quickBrief: Brief = { seconds: 1, rounds: 1, warmUp: 2000, receivers: 1 };

/** A quick check that everything arrives in order. Its figures mean little. */
export const quick: Scenario = {
  name: 'quick',
  description: 'losses and order only, in a few seconds',
  brief: quickBrief,
  cases: (settings) => ({
    cases: [fanOutCase(settings, 'quick', { members: 100, burst: 32, ids: true }, named(hubbub), 50_000)],
    skipped: [],
  }),
};

interface Traffic {
  readonly members: number;
  readonly burst: number;
  readonly ids: boolean;
}

function fanOutCase(
  settings: Settings,
  scenario: string,
  { members, burst, ids }: Traffic,
  own: readonly Target[],
  deliveriesPerSecond = offered(members, burst),
): Case {
  const { messageSize, receivers, warmUp, seconds } = settings;
  const offers = load(settings, members, burst, deliveriesPerSecond);
  const { interval } = offers;
  const what = `${count(members)} members, bursts of ${burst} every ${interval} ms${ids ? ', with ids' : ''}`;
  return {
    scenario,
    title: `${scenario}: ${what}`,
    traits: { members, burst, ids, interval, messageSize },
    targets: settings.targets ?? own,
    control: floor,
    columns: shown,
    measure: (chosen) =>
      measureRound(chosen, {
        ...{ members, ids, messageSize, receivers, warmUp, seconds },
        ...evenly(offers),
      }),
  };
}
