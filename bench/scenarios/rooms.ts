/** A chat: many rooms with occasional messages, and members that lose their connections and come back. */
import type { PacedPlan } from '../load/send.ts';
import type { Settings } from '../settings.ts';
import { floorWithRooms, hubbub, named } from '../targets/targets.ts';
import type { Case, Scenario } from './case.ts';
import { quickBrief } from './fan-out.ts';
import { count } from './format.ts';
import { fitting, paced, tooMany } from './load.ts';
import { columns, measureRound } from './measure.ts';

interface Scale {
  readonly rooms: number;
  /** Messages per second over all rooms. */
  readonly offered: number;
  /** The share of all members that lose their connections per second. */
  readonly cutPerSecond: number;
}

const usual: Scale = { rooms: 1000, offered: 2000, cutPerSecond: 0.01 };

/** How long a member is away, in milliseconds. */
const away = 500;

/** In seconds: most members that lose their connections in a turn are back before its end. */
const turn = 1.5;

/** Without a log nobody can resume: Hubbub is measured only with its log. */
const names = [hubbub, floorWithRooms];

export const chat: Scenario = {
  name: 'rooms',
  description: `${count(usual.rooms)} rooms × 10 members at an even pace, while 1 % a second lose their connection and come back`,
  cases(settings) {
    const reasonAgainst = (size: number) => tooMany(size * usual.rooms) ?? tooFew(size);
    const { members, skipped } = fitting(settings.members ?? [10], reasonAgainst);
    return { cases: members.map((size) => chatCase(settings, size, usual)), skipped };
  },
};

/** A quick check that returning members get what they missed, once and in order. */
export const quickChat: Scenario = {
  name: 'quick-rooms',
  description: '30 rooms × 10 members who lose their connection and come back, losses and order only',
  brief: quickBrief,
  cases: (settings) => ({
    cases: [chatCase(settings, 10, { rooms: 30, offered: 1000, cutPerSecond: 0.2 }, [hubbub])],
    skipped: [],
  }),
};

function tooFew(members: number): string | undefined {
  return members < 2 ? `${members} members: one of a room speaks, another loses its connection` : undefined;
}

function chatCase(settings: Settings, members: number, { rooms, offered, cutPerSecond }: Scale, own = names): Case {
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
    targets: settings.targets ?? named(...own),
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
      columns.loopP99,
      columns.server,
      columns.client,
    ],
    measure: (chosen) =>
      measureRound(chosen, {
        ...{ rooms, members, burst: 1, ids: true, messageSize, receivers, warmUp, seconds, turn, plan },
        ...{ senders: 'most members', watchesLoop: true },
      }),
  };
}
