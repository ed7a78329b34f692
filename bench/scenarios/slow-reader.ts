/** One member of a room does not read: the effect on the others, on the server's memory, and on the member itself. */
import type { Settings } from '../settings.ts';
import { floor, hubbub, named, type Target, withOptions } from '../targets/targets.ts';
import type { Case, Scenario } from './case.ts';
import { count } from './format.ts';
import { affordable, evenly, load } from './load.ts';
import { columns, measureRound } from './measure.ts';

const burst = 32;

/** Messages per second, unless that makes too many deliveries, and their least length: more than buffers hold. */
const offered = 2000;
const mostDeliveries = 200_000;
const leastBytes = 1024;

/** How many messages a room keeps: all of a run, so that the slow reader can get everything when it is back. */
const kept = 10_000_000;

const suffix = '+slow';

export const slowReader: Scenario = {
  name: 'slow-reader',
  description: 'one room × 100 members and one who does not read: the others, the memory, and what becomes of it',
  cases(settings) {
    const { members, skipped } = affordable(settings.members ?? [100], settings);
    const chosen = settings.targets ?? named(hubbub, floor);
    return { cases: members.flatMap((size) => chosen.map((target) => slowCase(settings, size, target))), skipped };
  },
};

function slowCase(settings: Settings, members: number, target: Target): Case {
  const { receivers, warmUp, seconds } = settings;
  const messageSize = Math.max(settings.messageSize, leastBytes);
  const offers = load(settings, members, burst, Math.min(mostDeliveries, offered * members));
  const own = withOwnBuffer(target);
  return {
    scenario: 'slow-reader',
    title: `slow-reader: ${target.name}, ${count(members)} members who read and one who does not, bursts of ${burst} every ${offers.interval} ms, ${count(messageSize)} bytes`,
    traits: { members, burst, [target.name]: true, interval: offers.interval, messageSize },
    targets: [own, { ...own, name: `${own.name}${suffix}` }],
    control: own.name,
    columns: [columns.efficiency, columns.p50, columns.p99, columns.memory, columns.server, columns.client],
    measure: (chosen) =>
      measureRound(
        chosen,
        {
          ...{ members, ids: false, messageSize, receivers, warmUp, seconds },
          ...evenly(offers),
        },
        ({ name }) => ({ hasSleeper: name.endsWith(suffix) }),
      ),
  };
}

/** With Hubbub's default buffer for slow readers. */
function withOwnBuffer(target: Target): Target {
  const rules = JSON.stringify([{ match: '*', log: { count: kept } }]);
  return withOptions(target, '--buffer', '1MiB', '--rooms', rules);
}
