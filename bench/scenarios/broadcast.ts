/** Messages go to everyone, whichever room they are in. */
import type { Settings } from '../settings.ts';
import { floor, hubbub, named } from '../targets/targets.ts';
import type { Case, Scenario } from './case.ts';
import { count } from './format.ts';
import { evenly, fitting, load, offered, tooMany } from './load.ts';
import { columns, measureRound } from './measure.ts';
import { speaking } from './speaking.ts';

/** The rooms that the members are spread over. The floor has no rooms: it publishes to all. */
const rooms = 10;

/** A broadcast has a shorter envelope than a message in a room: `bare-bytes` publishes a few bytes more. */
const names = [hubbub, floor, 'bare-bytes'];

export const broadcast: Scenario = {
  name: 'broadcast',
  description: `1,000 members in ${rooms} rooms, and everything is said to all of them: broadcasts`,
  cases(settings) {
    const { members, skipped } = fitting(settings.members ?? [1000], (size) => tooMany(size) ?? tooFew(size));
    return {
      cases: members.flatMap((size) => settings.bursts.map((burst) => broadcastCase(settings, size, burst))),
      skipped,
    };
  },
};

function tooFew(members: number): string | undefined {
  return members % rooms === 0 && members > rooms ? undefined : `${members} members: they are in ${rooms} rooms alike`;
}

function broadcastCase(settings: Settings, members: number, burst: number): Case {
  const { messageSize, receivers, warmUp, seconds } = settings;
  const offers = load(settings, members, burst, offered(members, burst));
  return {
    scenario: 'broadcast',
    title: `broadcast: ${count(members)} members in ${rooms} rooms, bursts of ${burst} every ${offers.interval} ms`,
    traits: { members, rooms, burst, interval: offers.interval, messageSize },
    targets: speaking('hubbub-broadcast', settings.targets ?? named(...names)),
    control: floor,
    columns: [columns.efficiency, columns.p50, columns.p99, columns.server, columns.client, columns.bytes],
    measure: (chosen) =>
      measureRound(chosen, {
        ...{ rooms, members: members / rooms, ids: false, messageSize, receivers, warmUp, seconds },
        ...evenly(offers),
        reach: 'everyone',
      }),
  };
}
