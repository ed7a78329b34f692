/** The latency of a delivery at a tenth, half and four fifths of the capacity of the slower of two servers. */
import type { WindowPlan } from '../load/send.ts';
import type { Settings } from '../settings.ts';
import { floor, hubbub, named, type Target } from '../targets/targets.ts';
import type { Case, Measurement, Scenario } from './case.ts';
import { count, percent } from './format.ts';
import { affordable, evenly, type Load, load, offered } from './load.ts';
import { columns, measureRound } from './measure.ts';

/** How long the capacity of a server is measured, and the length of a turn, in seconds. */
const calibration = 2;
const calibrationTurn = 1;

/** How many bursts a sender has in flight during that. */
const window = 4;

export const latency: Scenario = {
  name: 'latency',
  description: '1,000 members at 10, 50 and 80 % of saturation: deliveries from when they were meant to be sent',
  brief: { bursts: [32], shares: [0.5], seconds: 2, warmUp: 10_000 },
  cases(settings) {
    const { members, skipped } = affordable(settings.members ?? [1000], settings);
    return {
      cases: members.flatMap((size) => settings.bursts.flatMap((burst) => latencyCases(settings, size, burst))),
      skipped,
    };
  },
};

/** The capacity of a target, in messages per second, and the bottleneck, if that was not the target itself. */
interface Own {
  readonly rate: number;
  readonly note: string | undefined;
}

type Saturation = ReadonlyMap<string, Own>;

function latencyCases(settings: Settings, members: number, burst: number): Case[] {
  const { shares, messageSize, receivers, warmUp, seconds } = settings;
  const chosen = settings.targets ?? named(hubbub, floor);
  const options = { members, burst, ids: false, messageSize, receivers, warmUp };
  /** Measured once for all shares. */
  let found: Promise<Saturation> | undefined;
  return shares.map((share) => ({
    scenario: 'latency',
    title: `latency: ${count(members)} members at ${percent(share)} of saturation, bursts of ${burst}`,
    traits: { members, burst, share, ids: false, messageSize },
    targets: chosen,
    control: floor,
    columns: [
      columns.p99,
      columns.p50,
      columns.p999,
      columns.longest,
      { figure: 'offered', label: 'messages/s', format: count, isAside: true },
      { figure: 'saturation', label: 'saturation', format: count, isAside: true },
      columns.server,
      columns.client,
    ],
    async measure(own) {
      found ??= saturate(chosen, options);
      const saturation = await found;
      const offers = loadAt(share, saturation, settings, options);
      const measured = await measureRound(own, { ...options, seconds, ...evenly(offers) });
      const rate = (burst * 1000) / offers.interval;
      return measured.map((measurement, at) => withRates(measurement, rate, saturation.get(own[at]?.name ?? '')));
    },
  }));
}

type Options = Pick<
  Parameters<typeof measureRound>[1],
  'members' | 'burst' | 'ids' | 'messageSize' | 'receivers' | 'warmUp'
>;

/** A closed loop with a sender in each load process. */
async function saturate(chosen: readonly Target[], options: Options): Promise<Saturation> {
  const plan = (time: number): WindowPlan => ({
    ...{ kind: 'window', window: window * options.burst, messages: Number.MAX_SAFE_INTEGER },
    duration: time * 1000,
  });
  const measured = await measureRound(chosen, {
    ...{ ...options, seconds: calibration, senders: 'all', turn: calibrationTurn, plan },
  });
  const found = measured.map(({ figures, bottleneck, problem }, at) => {
    const note = bottleneck === 'server' ? undefined : `at saturation full: ${problem ?? bottleneck}`;
    return [chosen[at]?.name ?? '', { rate: figures['messagesPerSecond'] ?? Number.NaN, note }] as const;
  });
  return new Map(found);
}

/** The same for all targets: a share of the capacity of the slowest, unless the command line has a load. */
function loadAt(share: number, saturation: Saturation, settings: Settings, { members, burst }: Options): Load {
  const rates = [...saturation.values()].map(({ rate }) => rate).filter((rate) => rate > 0);
  if (settings.messages !== undefined || rates.length === 0) {
    return load(settings, members, burst, offered(members, burst));
  }
  return { burst, interval: (burst * 1000) / (share * Math.min(...rates)) };
}

function withRates(measurement: Measurement, offered: number, own: Own | undefined): Measurement {
  if (measurement.problem !== undefined || !own) return measurement;
  return {
    ...measurement,
    figures: { ...measurement.figures, offered, saturation: own.rate },
    notes: [...(own.note === undefined ? [] : [own.note]), ...measurement.notes],
  };
}
