/** Silent members: the memory that a connection costs the server, and the CPU time of all of them. */
import { setTimeout as wait } from 'node:timers/promises';
import { Workers } from '../load/workers.ts';
import type { Settings } from '../settings.ts';
import { Server } from '../targets/server.ts';
import { floor, hubbub, named, type Target } from '../targets/targets.ts';
import type { Case, Measurement, Scenario } from './case.ts';
import { count, kibibytes, percent } from './format.ts';
import { affordable } from './load.ts';
import { failed } from './measure.ts';
import { Invalid, newRoom } from './room.ts';

/** Connections before memory is first measured, so that one-time allocations are done. */
const before = 500;

/** How long nothing must arrive before the room counts as quiet, in milliseconds. */
const silence = 1200;

/**
 * How long the room is silent before memory is measured, in milliseconds. V8 lets its young generation grow with the
 * rate of allocation, by tens of MiB, and shrinks it when it collects garbage after a period with few allocations.
 */
const calm = 15_000;

/** How long they are watched, in milliseconds: Hubbub pings each connection about once in that time. */
const watch = 60_000;

const names = [hubbub, floor, 'ws', 'socket.io', 'socket.io-uws'];

export const idle: Scenario = {
  name: 'idle',
  description: '10,000 idle connections in one room: memory of the server for each, CPU time for all',
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
    targets: settings.targets ?? named(...names),
    control: floor,
    columns: [
      { figure: 'bytesPerConnection', label: 'memory/connection', format: kibibytes, isCost: true },
      { figure: 'heldPerConnection', label: 'not collected', format: kibibytes, isCost: true },
      { figure: 'idleShare', label: 'idle CPU', format: percent, isCost: true },
    ],
    measure: (chosen) => measureIdle(chosen, members, settings),
  };
}

/** A round: the targets open their connections one after the other; they are all watched at the same time. */
async function measureIdle(chosen: readonly Target[], members: number, settings: Settings): Promise<Measurement[]> {
  const runs = chosen.map((target) => run(target, members, settings));
  const measurements = new Map<Run, Measurement>();
  const goOn = async (one: Run) => {
    const { value } = await one.next();
    if (value) measurements.set(one, value);
  };
  try {
    for (const one of runs) await goOn(one);
    await wait(calm);
    for (const one of runs) await goOn(one);
    await Promise.all(runs.map(goOn));
    return runs.flatMap((one) => measurements.get(one) ?? []);
  } finally {
    await Promise.all(runs.map((one) => one.return(failed('it was stopped'))));
  }
}

/** Pauses for the others when it has its first connections, and when it has all. */
type Run = AsyncGenerator<undefined, Measurement>;

async function* run(target: Target, members: number, settings: Settings): Run {
  try {
    return yield* stages(target, members, settings);
  } catch (error) {
    return failed(error);
  }
}

/** @throws {Invalid} if a connection was lost. */
async function* stages(target: Target, members: number, { receivers, messageSize }: Settings): Run {
  await using server = await Server.start(target, true);
  await using workers = new Workers(receivers);
  const place = { address: server.address, dialect: target.dialect, rooms: [newRoom()], messageSize };
  await workers.open(place, before, 0);
  await workers.settle(silence);
  yield;
  const memoryOfFirst = await server.memory();
  await workers.open(place, members - before, 0);
  await workers.settle(silence);
  yield;
  const cpu = server.cpu();
  const start = performance.now();
  await wait(watch);
  const used = (server.cpu() ?? Number.NaN) - (cpu ?? Number.NaN);
  const idleShare = used / (performance.now() - start) / 1000;
  const perConnection = (bytes: number) => (bytes - memoryOfFirst) / (members - before);
  const heldPerConnection = perConnection(server.heldMemory() ?? Number.NaN);
  const bytesPerConnection = perConnection(await server.memory());
  const open = (await workers.census()).reduce((sum, { open }) => sum + open, 0);
  if (open !== members) throw new Invalid(`${members - open} clients lost`, open, members);
  return {
    figures: { bytesPerConnection, heldPerConnection, idleShare },
    delivered: open,
    expected: members,
    notes: [],
  };
}
