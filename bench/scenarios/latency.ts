/** Half of what the slower of Hubbub and the floor can take, for both: how long a delivery takes then. */
import type { Settings } from '../settings.ts';
import { floor, targets } from '../targets/targets.ts';
import type { Case, Scenario } from './case.ts';
import { count } from './format.ts';
import { affordable, type Load, load, offered, paced, turnOf } from './load.ts';
import { columns, measureRound } from './measure.ts';

/** How long it takes to find out how much half load is, in seconds. */
const calibration = 2;

export const latency: Scenario = {
  name: 'latency',
  description: '1,000 members at half load: the latency of a delivery from when it was meant to be sent',
  brief: { bursts: [32], seconds: 2, warmUp: 10_000 },
  cases(settings) {
    const { members, skipped } = affordable(settings.members ?? [1000], settings);
    return {
      cases: members.flatMap((size) => settings.bursts.map((burst) => latencyCase(settings, size, burst))),
      skipped,
    };
  },
};

function latencyCase(settings: Settings, members: number, burst: number): Case {
  const { messageSize, receivers, warmUp, seconds, messages } = settings;
  const chosen = settings.targets ?? targets.filter(({ name }) => name === 'hubbub' || name === floor);
  const options = { members, burst, ids: false, messageSize, receivers, warmUp, senders: 'one' } as const;
  const usual = load(settings, members, burst, offered(members, burst));

  /** Half of the messages per second for which the slowest target would need the whole of a CPU. */
  const halfLoad = async (): Promise<Load> => {
    if (messages !== undefined) return usual;
    const measured = await measureRound(chosen, {
      ...{ ...options, seconds: calibration, turn: turnOf(usual) },
      plan: (time) => paced(usual, time),
    });
    const capacities = measured.map(({ figures }) => figures['messagesPerCpuSecond'] ?? Number.POSITIVE_INFINITY);
    const capacity = Math.min(...capacities);
    return Number.isFinite(capacity) ? { burst, interval: Math.ceil((2 * burst * 1000) / capacity) } : usual;
  };
  let found: Promise<Load> | undefined;
  return {
    scenario: 'latency',
    title: `latency: ${count(members)} members at half load, bursts of ${burst}`,
    traits: { members, burst, ids: false, messageSize },
    targets: chosen,
    control: floor,
    columns: [columns.p99, columns.p50, columns.rate, columns.server, columns.client],
    async measure(targets) {
      found ??= halfLoad();
      const half = await found;
      const plan = (time: number) => paced(half, time);
      return measureRound(targets, { ...options, seconds, turn: turnOf(half), plan });
    },
  };
}
