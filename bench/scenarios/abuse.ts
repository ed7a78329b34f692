/** The effect of attackers on well-behaved clients, and on the memory of a server with its default limits. */
import { setTimeout as wait } from 'node:timers/promises';
import type {
  Assault,
  AttackerAnswers,
  AttackerCall,
  Outcome,
  Watched,
  WitnessAnswers,
  WitnessCall,
} from '../abuse/calls.ts';
import type { Kind } from '../abuse/kind.ts';
import { kinds } from '../abuse/kinds.ts';
import { barOf, inWords, mostMemoryAfter } from '../abuse/row.ts';
import { ServerWatch } from '../abuse/server-watch.ts';
import { Subprocess } from '../load/subprocess.ts';
import type { Settings } from '../settings.ts';
import { Server } from '../targets/server.ts';
import { bare, named, type Target, withLimits, withOptions } from '../targets/targets.ts';
import type { Case, Column, Measurement, Scenario } from './case.ts';
import { quickBrief } from './fan-out.ts';
import { count, mebibytes, milliseconds, percent } from './format.ts';
import { failed } from './measure.ts';

type Witness = Subprocess<WitnessCall, WitnessAnswers>;
type Attackers = Subprocess<AttackerCall, AttackerAnswers>;

const attackerScript = new URL('../abuse/worker.ts', import.meta.url);
const witnessScript = new URL('../abuse/witness.ts', import.meta.url);

/** How long pings are watched before the attack, and after it and a pause, in milliseconds. */
const calm = 1200;
const recovery = 1500;

/**
 * How many times to check whether pings have recovered, and how long the server may hold more memory, in milliseconds.
 */
const mostRecoveries = 3;
const graceAndMore = 13_000;

/** How long the server may settle after the preparations, in milliseconds. */
const settling = 500;

/**
 * The share of a CPU from which the server counts as saturated, and the most delay of the attackers' own loop, in
 * microseconds.
 */
const full = 0.9;
const slowLoop = 50_000;

const standsStill = 'the server does not say what it holds';

/** Real attackers have their own machines, and take no CPU time from the server; nor do well-behaved clients. */
const niceness = { attackers: 10, bystanders: 5, witness: -10 };

const columns: readonly [Column, ...Column[]] = [
  { figure: 'p99', label: 'ping p99', format: milliseconds, isCost: true },
  { figure: 'p50', label: 'p50', format: milliseconds, isCost: true },
  { figure: 'longest', label: 'longest', format: milliseconds, isCost: true },
  { figure: 'beforeP50', label: 'p50 before', format: milliseconds, isAside: true },
  { figure: 'beforeP99', label: 'p99 before', format: milliseconds, isAside: true },
  { figure: 'afterP99', label: 'p99 after', format: milliseconds, isAside: true },
  { figure: 'memory', label: 'memory above', format: mebibytes, isCost: true },
  { figure: 'memoryAfter', label: 'after', format: mebibytes, isAside: true },
  { figure: 'server', label: 'server CPU', format: percent, isAside: true },
  { figure: 'waiting', label: 'kept waiting', format: percent, isAside: true },
  { figure: 'attackers', label: 'attackers', format: percent, isAside: true },
  { figure: 'noise', label: 'noise p99', format: milliseconds, isAside: true },
];

export const abuse: Scenario = {
  name: 'abuse',
  description: 'others do their worst within the limits: the pings of well-behaved clients, and the memory',
  own: { rounds: 1, seconds: 3 },
  cases: (settings) => ({ cases: casesOf(settings), skipped: [] }),
};

/** A quick check that those who behave well lose nothing, and stay connected. Its figures mean little. */
export const quickAbuse: Scenario = {
  name: 'quick-abuse',
  description: 'one that floods, and one that asks for much: what others lose by it only',
  brief: { ...quickBrief, abuse: ['flood', 'history'], attackers: [1] },
  cases: abuse.cases,
};

function casesOf(settings: Settings): Case[] {
  const chosen = kinds.filter(({ name }) => settings.abuse?.includes(name) ?? true);
  const targets = settings.targets ?? named(withLimits);
  return chosen.flatMap((kind) => settings.attackers.map((attackers) => abuseCase(settings, targets, kind, attackers)));
}

function abuseCase({ seconds }: Settings, targets: readonly Target[], kind: Kind, attackers: number): Case {
  return {
    scenario: 'abuse',
    title: `abuse: ${kind.name}, ${attackers === 1 ? 'one attacker' : `${attackers} attackers`}: ${kind.description}`,
    traits: { [kind.name]: true, attackers },
    targets,
    control: targets[0]?.name ?? '',
    columns,
    async measure(chosen) {
      const measurements: Measurement[] = [];
      for (const target of chosen)
        measurements.push(await measure(target, kind, attackers, seconds * 1000).catch(failed));
      return measurements;
    },
  };
}

async function measure(target: Target, kind: Kind, attackers: number, duration: number): Promise<Measurement> {
  await using server = await Server.start(withOptions(target, ...(kind.options ?? [])), true);
  // It is not attacked: if it is slow as well, the machine is to blame.
  await using control = await Server.start(bare);
  await using witness: Witness = new Subprocess(witnessScript);
  await using bystanders: Attackers = new Subprocess(attackerScript);
  await using assailants: Attackers = new Subprocess(attackerScript);
  witness.yieldTo(niceness.witness);
  bystanders.yieldTo(niceness.bystanders);
  assailants.yieldTo(niceness.attackers);

  const place = { kind: kind.name, server: server.address };
  const ground = await bystanders.call({ type: 'prepare', ...place });
  await witness.call({ type: 'enter', server: server.address, control: control.address });
  await wait(settling);
  const held = await server.memory();
  const before = await witness.call({ type: 'watch', milliseconds: calm });

  using watch = new ServerWatch(server);
  await assailants.call({ type: 'attack', ...place, ground, attackers });
  const attack = wait(duration).then(() => {
    watch.markEnd();
    return assailants.call({ type: 'stop' });
  });
  const during = await witness.call({ type: 'watch', milliseconds: duration });
  const assault = await attack;

  const after = await recovered(witness, barOf({ beforeP99: before.p99 }));
  const memoryAfter = await released(server, held);
  const outcome = await witness.call({ type: 'leave' });
  const left = await bystanders.call({ type: 'count' });

  const figures = {
    ...{ p50: during.p50, p99: during.p99, longest: during.longest, noise: during.noise },
    ...{ beforeP50: before.p50, beforeP99: before.p99, afterP99: after.p99, noiseAfter: after.noise },
    ...{ memory: watch.highest - watch.first, memoryAfter },
    ...{ server: watch.busy, waiting: watch.waiting, attackers: assault.cpu / assault.duration },
  };
  const problem = watch.problem ?? lossOf(outcome, during) ?? (Number.isNaN(memoryAfter) ? standsStill : undefined);
  return {
    ...(problem === undefined ? { figures } : { problem: `${problem}; ${inWords(figures)}`, figures: {} }),
    ...{ delivered: outcome.delivered, expected: outcome.expected },
    ...(watch.busy >= full && { bottleneck: 'server' }),
    notes: [...notesOn(assault), ...(left.lost > 0 ? [`${left.lost} bystanders lost (${left.reason})`] : [])],
  };
}

/** Watches pings until they have recovered, or the attempts are used up. */
async function recovered(witness: Witness, bar: number): Promise<Watched> {
  for (let times = 1; ; times += 1) {
    await wait(recovery);
    const watched = await witness.call({ type: 'watch', milliseconds: calm });
    if (watched.p99 <= bar || times === mostRecoveries) return watched;
  }
}

/**
 * How much more memory the server holds than before, once it has released the rest or the time is up; NaN if unknown.
 */
async function released(server: Server, before: number): Promise<number> {
  const end = performance.now() + graceAndMore;
  while (server.isRunning) {
    const held = await Promise.race([server.memory(), wait(graceAndMore, Number.NaN)]);
    const isOver = Number.isNaN(held) || performance.now() > end;
    if (isOver || held - before <= mostMemoryAfter) return held - before;
    await wait(recovery);
  }
  return Number.NaN;
}

/** The losses of the well-behaved clients. */
function lossOf({ lost, missingAcks, delivered, expected, disorder }: Outcome, during: Watched): string | undefined {
  if (lost !== undefined) return `a well-behaved client was lost (${lost})`;
  if (during.unanswered > 0) return `${during.unanswered} pings were not answered`;
  if (missingAcks > 0) return `${missingAcks} messages were not acknowledged`;
  if (delivered !== expected) return `${count(expected - delivered)} messages were lost`;
  return disorder > 0 ? `${disorder} messages out of order` : undefined;
}

function notesOn({ opened, ends, written, read, frames, unanswered, loopP99 }: Assault): string[] {
  const how = Object.entries(ends).map(([reason, times]) => `${count(times)} × ${reason}`);
  return [
    `${count(opened)} connections, ${mebibytes(written)} written, ${mebibytes(read)} and ${count(frames)} frames came`,
    ...(how.length > 0 ? [how.join(', ')] : []),
    ...(unanswered ? [`${count(unanswered.missing)} of ${count(unanswered.asked)} not answered`] : []),
    ...(loopP99 > slowLoop ? [`the attackers' own loop was late by ${milliseconds(loopP99)}`] : []),
  ];
}
