/** A chat: many rooms in which now and then somebody says something, and members who lose their connection and come back. */
import type { PacedPlan } from '../load/send.ts';
import type { Settings } from '../settings.ts';
import { floorWithRooms, hubbub, targets } from '../targets/targets.ts';
import type { Case, Scenario } from './case.ts';
import { count } from './format.ts';
import { paced, tooMany } from './load.ts';
import { columns, measureRound } from './measure.ts';

const rooms = 1000;

/** Messages per second over all rooms. */
const offered = 2000;

/** Which share of all members loses its connection in a second, and for how many milliseconds. */
const cutPerSecond = 0.01;
const away = 500;

/** In seconds: most of the members who lose their connection in a turn do so before its end. */
const turn = 1.5;

/** What keeps nothing cannot bring anybody back to where they were: Hubbub is measured with its log only. */
const names = [hubbub, floorWithRooms];

export const chat: Scenario = {
  name: 'rooms',
  description: `${count(rooms)} rooms × 10 members at an even pace, while 1 % a second lose their connection and come back`,
  cases(settings) {
    const sizes = settings.members ?? [10];
    const reasons = sizes.map((members) => tooMany(members * rooms) ?? tooFew(members));
    return {
      cases: sizes.filter((_, at) => reasons[at] === undefined).map((members) => chatCase(settings, members)),
      skipped: reasons.filter((reason) => reason !== undefined),
    };
  },
};

function tooFew(members: number): string | undefined {
  return members < 2 ? `${members} members: one of a room speaks, another loses its connection` : undefined;
}

function chatCase(settings: Settings, members: number): Case {
  const { messageSize, receivers, warmUp, seconds, messages } = settings;
  const processes = receivers + 1;
  const perSecond = messages === undefined ? offered : messages / seconds;
  const cuts = cutPerSecond * members * rooms;
  const plan = (time: number): PacedPlan => ({
    ...paced({ burst: 1, interval: (1000 * processes) / perSecond }, time),
    churn: { every: (1000 * processes) / cuts, away },
  });
  return {
    scenario: 'rooms',
    title: `rooms: ${count(rooms)} rooms × ${members} members, ${count(perSecond)} messages and ${count(cuts)} lost connections a second`,
    traits: { rooms, members, messageSize },
    targets: settings.targets ?? targets.filter(({ name }) => names.includes(name)),
    control: floorWithRooms,
    columns: [
      columns.efficiency,
      columns.perMessage,
      columns.returns,
      columns.recovered,
      columns.returnP50,
      columns.returnP99,
      columns.p50,
      columns.p99,
      columns.server,
      columns.client,
    ],
    measure: (chosen) =>
      measureRound(chosen, {
        ...{ rooms, members, burst: 1, ids: true, messageSize, receivers, warmUp, seconds, turn, plan },
        senders: 'most members',
      }),
  };
}
