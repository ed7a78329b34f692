/** As fast as possible: every load process sends while few of its messages are in flight. */
import type { WindowPlan } from '../load/send.ts';
import type { Settings } from '../settings.ts';
import { floor, named } from '../targets/targets.ts';
import type { Case, Measurement, Scenario } from './case.ts';
import { quickBrief } from './fan-out.ts';
import { count } from './format.ts';
import { affordable } from './load.ts';
import { columns, measureRound } from './measure.ts';

const burst = 32;

/** How many messages a sender has in flight. */
const window = 4 * burst;

/** In seconds. */
const turn = 1;

export const saturation: Scenario = {
  name: 'saturation',
  description: 'one room × 10 and 1,000 members, a closed loop with several senders: the most that goes through',
  cases(settings) {
    const { members, skipped } = affordable(settings.members ?? [10, 1000], settings);
    return { cases: members.map((size) => saturationCase(settings, size)), skipped };
  },
};

/** A quick check of the order among several senders, with acknowledgements. */
export const quickSaturation: Scenario = {
  name: 'quick-saturation',
  description: 'several senders at full speed, losses and order only',
  brief: quickBrief,
  cases: (settings) => ({ cases: [saturationCase(settings, 50, true, ['hubbub'])], skipped: [] }),
};

function saturationCase(settings: Settings, members: number, ids = false, names = ['hubbub', floor]): Case {
  const { messageSize, receivers, warmUp, seconds } = settings;
  return {
    scenario: 'saturation',
    title: `saturation: ${count(members)} members, ${receivers + 1} senders, ${window} messages of each on their way`,
    traits: { members, burst, ids, messageSize },
    targets: settings.targets ?? named(...names),
    control: floor,
    columns: [columns.rate, columns.server, columns.client, columns.efficiency, columns.bytes],
    async measure(chosen) {
      const measured = await measureRound(chosen, {
        ...{ members, burst, ids, messageSize, receivers, warmUp, seconds, senders: 'all', turn },
        plan: closed,
      });
      return measured.map(claimOnlyIfFull);
    },
  };
}

/** A result counts as saturation only if the server itself was the bottleneck. */
function claimOnlyIfFull(measurement: Measurement): Measurement {
  if (measurement.problem !== undefined || measurement.bottleneck === 'server') return measurement;
  return { ...measurement, notes: ['at least this much: the server was not full', ...measurement.notes] };
}

function closed(seconds: number): WindowPlan {
  return { kind: 'window', window, messages: Number.MAX_SAFE_INTEGER, duration: seconds * 1000 };
}
