/** Many rooms, each with one sender, and every message acknowledged: the cost of keeping messages. */
import type { WindowPlan } from '../load/send.ts';
import type { Settings } from '../settings.ts';
import { floorWithRooms, hubbub, named, withoutLog } from '../targets/targets.ts';
import type { Case, Column, Measurement, Scenario } from './case.ts';
import { count } from './format.ts';
import { fitting, paced, tooMany } from './load.ts';
import { columns, measureRound, type RoundOptions } from './measure.ts';

const rooms = 1000;
const burst = 8;

/** The load of the open loop: messages per second over all rooms. */
const offered = (members: number) => 20_000 / (1 + members / 2);

/** In seconds. */
const turn = 1;

const names = [hubbub, withoutLog, 'hubbub-disk', floorWithRooms];

const closedColumns: [Column, ...Column[]] = [
  columns.messages,
  columns.perMessage,
  columns.messageRate,
  columns.ackP50,
  columns.server,
  columns.client,
];
const openColumns: [Column, ...Column[]] = [
  columns.messages,
  columns.perMessage,
  columns.ackP50,
  columns.ackP99,
  columns.loopP99,
  columns.loopLongest,
  columns.server,
  columns.client,
];

export const log: Scenario = {
  name: 'log',
  description: `${count(rooms)} rooms × 1 and 10 members, every message acknowledged: without a log, and with it`,
  cases(settings) {
    const { members, skipped } = fitting(settings.members ?? [1, 10], (size) => tooMany(size * rooms));
    return { cases: members.flatMap((size) => [closed(settings, size), open(settings, size)]), skipped };
  },
};

/** Each sender sends when all its messages are acknowledged, so that all targets get batches of the same size. */
function closed(settings: Settings, members: number): Case {
  const plan = (seconds: number): WindowPlan => ({
    ...{ kind: 'window', window: burst, messages: Number.MAX_SAFE_INTEGER },
    duration: seconds * 1000,
  });
  return logCase(settings, members, true, `${burst} messages of each sender on their way`, closedColumns, plan);
}

/** The same load for all, well below their capacities. */
function open(settings: Settings, members: number): Case {
  const senders = settings.receivers + 1;
  const interval = (burst * 1000 * senders) / offered(members);
  const what = `${count(offered(members))} messages a second in bursts of ${burst}`;
  const plan = (seconds: number) => paced({ burst, interval }, seconds);
  return logCase(settings, members, false, what, openColumns, plan);
}

function logCase(
  settings: Settings,
  members: number,
  isClosed: boolean,
  load: string,
  shown: [Column, ...Column[]],
  plan: RoundOptions['plan'],
): Case {
  const { messageSize, receivers, warmUp, seconds } = settings;
  return {
    scenario: 'log',
    title: `log: ${count(rooms)} rooms × ${members} members, ${load}`,
    traits: { rooms, members, burst, closed: isClosed, messageSize },
    targets: settings.targets ?? named(...names),
    control: withoutLog,
    columns: shown,
    measure: (chosen): Promise<Measurement[]> =>
      measureRound(chosen, {
        ...{ rooms, members, burst, ids: true, messageSize, receivers, warmUp, seconds, senders: 'all', turn, plan },
        watchesLoop: !isClosed,
      }),
  };
}
