/** Many users join one room as fast as they can: how much each of them is sent about the others. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Census } from '../load/calls.ts';
import type { Settings } from '../settings.ts';
import { Histogram } from '../statistics.ts';
import { floor, hubbub, named, type Target, withOptions } from '../targets/targets.ts';
import { descriptorLimit } from '../targets/usage.ts';
import type { Case, Measurement, Scenario } from './case.ts';
import { count, milliseconds } from './format.ts';
import { affordable, ownDescriptors } from './load.ts';
import { columns, failed } from './measure.ts';
import { Invalid, newRoom } from './room.ts';
import { addTolls, circumstances, Stage, shares } from './stage.ts';

const members = 15_000;

/** The idle timeout of Hubbub here, in seconds: the shortest possible. */
const idleTimeout = 8;

/** How long all stay after the storm, in milliseconds: each is pinged, and cut off if it does not answer. */
const stay = 2 * idleTimeout * 1000;

/** How long nothing must arrive before the storm counts as over, in milliseconds. */
const silence = 1200;

export const joinStorm: Scenario = {
  name: 'join-storm',
  description: `${count(members)} users join one room at once: frames and bytes for each, CPU, heartbeats`,
  brief: { targets: named(hubbub), rounds: 1 },
  cases(settings) {
    const most = Math.min(members, descriptorLimit() - ownDescriptors);
    const { members: sizes, skipped } = affordable(settings.members ?? [most], settings);
    const fewer =
      settings.members === undefined && most < members
        ? [`${count(members)} users: there are descriptors for ${count(most)}`]
        : [];
    return { cases: sizes.map((size) => stormCase(settings, size)), skipped: [...fewer, ...skipped] };
  },
};

function stormCase(settings: Settings, users: number): Case {
  return {
    scenario: 'join-storm',
    title: `join-storm: ${count(users)} users into one room`,
    traits: { members: users },
    targets: (settings.targets ?? named(hubbub, floor)).map(impatient),
    control: floor,
    columns: [
      { figure: 'cpuPerJoin', label: 'CPU/join', format: (value) => `${count(value)} µs`, isCost: true },
      { figure: 'framesPerUser', label: 'frames/user', format: (value) => value.toFixed(1), isCost: true },
      { figure: 'bytesPerUser', label: 'bytes/user', format: count, isCost: true },
      { figure: 'elapsed', label: 'elapsed', format: milliseconds, isCost: true },
      { figure: 'joinP50', label: 'join p50', format: milliseconds, isCost: true },
      { figure: 'joinP99', label: 'join p99', format: milliseconds, isCost: true },
      { figure: 'pinged', label: 'answered a ping', format: count, isAside: true },
      columns.loopP99,
      columns.loopLongest,
      columns.server,
      columns.client,
    ],
    async measure(chosen) {
      const measurements: Measurement[] = [];
      for (const target of chosen) measurements.push(await measureStorm(target, users, settings).catch(failed));
      return measurements;
    },
  };
}

async function measureStorm(target: Target, users: number, { receivers }: Settings): Promise<Measurement> {
  await using stage = await Stage.open(target, receivers, true);
  const { workers, server } = stage;
  // Every data frame counts as a message.
  const place = { address: server.address, dialect: target.dialect, rooms: [newRoom()], messageSize: 0 };
  const [{ times }, toll] = await stage.watch(() => workers.open(place, users, 0));
  const [, rest] = await stage.watch(() => workers.settle(silence));
  await wait(stay);
  const census = add(await workers.census());
  const { open, reason, frames, bytes, pinged } = census;
  if (open !== users) throw new Invalid(`${users - open} clients lost (${reason})`, open, users);
  const isPinged = target.dialect === 'hubbub' && !target.running;
  if (isPinged && pinged !== users) throw new Invalid(`${users - pinged} clients were never pinged`, open, users);
  const joins = new Histogram(times);
  const { duration, loopDelay } = toll;
  const { serverCpu } = addTolls([toll, rest]);
  return {
    figures: {
      ...{ framesPerUser: frames / users, bytesPerUser: bytes / users, pinged, elapsed: duration },
      ...{ joinP50: joins.percentile(0.5), joinP99: joins.percentile(0.99) },
      ...(serverCpu !== undefined && { cpuPerJoin: serverCpu / users }),
      ...(loopDelay && { loopP99: loopDelay.p99, loopLongest: loopDelay.longest }),
      ...shares(toll),
    },
    delivered: open,
    expected: users,
    ...circumstances(toll),
  };
}

function add(censuses: readonly Census[]) {
  const sum = (of: 'open' | 'frames' | 'bytes' | 'pinged') => censuses.reduce((before, one) => before + one[of], 0);
  return {
    ...{ open: sum('open'), frames: sum('frames'), bytes: sum('bytes'), pinged: sum('pinged') },
    reason: censuses.find(({ reason }) => reason !== undefined)?.reason,
  };
}

/** With the shortest idle timeout. */
function impatient(target: Target): Target {
  return withOptions(target, '--idle-timeout', `${idleTimeout}s`);
}
