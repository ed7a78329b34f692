/** Reads the command line of the benchmark. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { shortestBody } from './load/body.ts';
import type { Scenario } from './scenarios/case.ts';
import { fanOut, peers, quick } from './scenarios/fan-out.ts';
import { idle } from './scenarios/idle.ts';
import { latency } from './scenarios/latency.ts';
import { log } from './scenarios/log.ts';
import { quickSaturation, saturation } from './scenarios/saturation.ts';
import { threads } from './scenarios/threads.ts';
import type { Settings } from './settings.ts';
import { type Target, targets } from './targets/targets.ts';

export const scenarios: readonly Scenario[] = [fanOut, peers, log, saturation, latency, idle, threads];
export const quickScenarios: readonly Scenario[] = [quick, quickSaturation];

const flags = {
  help: { type: 'boolean', short: 'h' },
  quick: { type: 'boolean' },
  scenarios: { type: 'string' },
  targets: { type: 'string' },
  members: { type: 'string' },
  bursts: { type: 'string', default: '32,1' },
  ids: { type: 'string', default: 'without,with' },
  messages: { type: 'string' },
  'message-size': { type: 'string', default: '128' },
  seconds: { type: 'string', default: '3' },
  rounds: { type: 'string', default: '3' },
  workers: { type: 'string', default: String(Math.max(2, Math.min(8, cpus().length - 1))) },
  url: { type: 'string' },
  pid: { type: 'string' },
} as const;

/** Thrown for what cannot be done as it was asked. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Request {
  readonly scenarios: readonly Scenario[];
  readonly settings: Settings;
}

/** @returns undefined if help was asked for. */
export function readCommandLine(args: readonly string[]): Request | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  const known = values.url === undefined ? targets : withRunning(values.url, values.pid);
  const receivers = number('workers', values.workers, 1, 64);
  const own = values.quick
    ? { seconds: 1, rounds: 1, warmUp: 2000 }
    : {
        seconds: number('seconds', values.seconds, 1, 600),
        rounds: number('rounds', values.rounds, 1, 100),
        warmUp: 20_000,
      };
  return {
    scenarios: values.quick ? quickScenarios : choose('scenario', values.scenarios, scenarios),
    settings: {
      ...own,
      targets: values.targets === undefined && values.url === undefined ? undefined : chooseTargets(values, known),
      members: values.members?.split(',').map((text) => number('members', text, 1, 1_000_000)),
      bursts: values.bursts.split(',').map((text) => number('bursts', text, 1, 1000)),
      ids: values.ids.split(',').map(readIds),
      messages: values.messages === undefined ? undefined : number('messages', values.messages, 1, 100_000_000),
      messageSize: number('message-size', values['message-size'], shortestBody, 60_000),
      receivers,
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function chooseTargets(values: { targets?: string; url?: string }, known: readonly Target[]): readonly Target[] {
  return values.targets === undefined
    ? known.filter(({ running }) => running)
    : choose('target', values.targets, known);
}

/** The targets with a server that runs already in the place of Hubbub. */
function withRunning(url: string, pid: string | undefined): Target[] {
  if (!URL.canParse(url) || new URL(url).protocol !== 'ws:') throw new UsageError('--url must be a ws:// URL');
  const running = { url: new URL(url), pid: pid === undefined ? undefined : number('pid', pid, 1, 2 ** 31) };
  return targets.map((target) => (target.name === 'hubbub' ? { ...target, running } : target));
}

function choose<T extends { name: string }>(what: string, names: string | undefined, all: readonly T[]): readonly T[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (!found) throw new UsageError(`there is no ${what} ${name}; there are ${all.map((one) => one.name).join(', ')}`);
    return found;
  });
}

function readIds(word: string): boolean {
  if (word !== 'with' && word !== 'without') throw new UsageError('--ids must be with, without, or both');
  return word === 'with';
}

function number(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new UsageError(`--${flag} must be a number from ${least} to ${most}`);
  return value;
}

export function help(): string {
  const list = (all: readonly { name: string; description: string }[]) =>
    all.map(({ name, description }) => `  ${name.padEnd(16)} ${description}`).join('\n');
  return `Measures Hubbub against controls on this machine. Usage: npm run bench -- [options]

Options:
  --quick               losses and order only, in less than 40 seconds; fails only on those
  --scenarios a,b       which of the scenarios below; all of them
  --targets a,b         which of the targets below; each scenario has its own
  --members n,m         sizes of the room; each scenario has its own
  --bursts k,l          how many messages go into one write; ${flags.bursts.default}
  --ids with,without    whether fan-out asks for acknowledgements; ${flags.ids.default}
  --messages n          messages in one run, at an even pace; each scenario has its own load
  --message-size n      bytes of a message's body; ${flags['message-size'].default}
  --seconds n           how long a run is measured; ${flags.seconds.default}
  --rounds n            rounds, in each of which every target runs; ${flags.rounds.default}
  --workers n           load processes that hold members, besides the one that sends; ${flags.workers.default}
  --url ws://host:port  a Hubbub that runs already, without rate limits, in place of one that is started
  --pid n               its process on this machine, for its CPU time

Scenarios:
${list(scenarios)}

Targets:
${list(targets)}
`;
}
