/** Members who say nothing: what a connection costs the server in memory. */
import { Crew } from '../load/crew.ts';
import type { Settings } from '../settings.ts';
import { Server } from '../targets/server.ts';
import { floor, hubbub, type Target, targets } from '../targets/targets.ts';
import type { Case, Measurement, Scenario } from './case.ts';
import { count, kibibytes } from './format.ts';
import { affordable } from './load.ts';
import { failed } from './measure.ts';
import { Invalid, newRoom } from './room.ts';

/** Connections there are before memory is looked at first: what is allocated once, is then. */
const before = 500;

/** How long nothing must come before the room counts as quiet, in milliseconds. */
const silence = 1200;

const names = [hubbub, floor, 'ws', 'socket.io', 'socket.io-uws'];

export const idle: Scenario = {
  name: 'idle',
  description: '10,000 idle connections in one room: memory of the server for each',
  brief: { targets: targets.filter(({ name }) => name === hubbub || name === floor), rounds: 1 },
  cases(settings) {
    const { members, skipped } = affordable(settings.members ?? [10_000], settings);
    const few = members.filter((size) => size < 2 * before);
    return {
      cases: members.filter((size) => size >= 2 * before).map((size) => idleCase(settings, size)),
      skipped: [...skipped, ...few.map((size) => `${size} members: what so few take cannot be told from the rest`)],
    };
  },
};

function idleCase(settings: Settings, members: number): Case {
  return {
    scenario: 'idle',
    title: `idle: ${count(members)} connections in one room`,
    traits: { members },
    targets: settings.targets ?? targets.filter(({ name }) => names.includes(name)),
    control: floor,
    columns: [{ figure: 'bytesPerConnection', label: 'memory/connection', format: kibibytes, isCost: true }],
    async measure(chosen) {
      const measurements: Measurement[] = [];
      for (const target of chosen) measurements.push(await measureIdle(target, members, settings).catch(failed));
      return measurements;
    },
  };
}

async function measureIdle(target: Target, members: number, settings: Settings): Promise<Measurement> {
  const { receivers, messageSize } = settings;
  await using server = await Server.start(target, true);
  await using crew = new Crew(receivers);
  const place = { address: server.address, dialect: target.dialect, rooms: [newRoom()], messageSize };
  await crew.open(place, before, 0);
  await crew.settle(silence);
  const memoryBefore = await server.memory();
  await crew.open(place, members - before, 0);
  await crew.settle(silence);
  const memory = await server.memory();
  const open = (await crew.census()).reduce((sum, { open }) => sum + open, 0);
  if (open !== members) throw new Invalid(`${members - open} clients lost`, open, members);
  return {
    figures: { bytesPerConnection: (memory - memoryBefore) / (members - before) },
    delivered: open,
    expected: members,
    notes: [],
  };
}
