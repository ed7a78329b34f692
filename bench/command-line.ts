/** Reads the command line of `bench`. */
import { choose, commonFlags, commonHelp, list, number, parse, readGiven, settingsOf, UsageError } from './options.ts';
import { broadcast } from './scenarios/broadcast.ts';
import type { Scenario } from './scenarios/case.ts';
import { dialectsScenario } from './scenarios/dialects.ts';
import { fanOut, peers, quick } from './scenarios/fan-out.ts';
import { idle } from './scenarios/idle.ts';
import { latency } from './scenarios/latency.ts';
import { log } from './scenarios/log.ts';
import { chat } from './scenarios/rooms.ts';
import { quickSaturation, saturation } from './scenarios/saturation.ts';
import { sizesScenario } from './scenarios/sizes.ts';
import type { Settings } from './settings.ts';
import { type Target, targets } from './targets/targets.ts';

/** Those with a `brief` make up the default suite, in this order. */
export const scenarios: readonly Scenario[] = [
  fanOut,
  peers,
  log,
  saturation,
  latency,
  idle,
  chat,
  broadcast,
  dialectsScenario,
  sizesScenario,
];
export const quickScenarios: readonly Scenario[] = [quick, quickSaturation];

const flags = {
  ...commonFlags,
  quick: { type: 'boolean' },
  url: { type: 'string' },
  pid: { type: 'string' },
} as const;

/** A scenario that was asked for, and what it runs with. */
export interface Part {
  readonly scenario: Scenario;
  readonly settings: Settings;
}

export interface Request {
  readonly isQuick: boolean;
  readonly parts: readonly Part[];
}

/**
 * @returns undefined if help was asked for.
 * @throws {UsageError}
 */
export function readCommandLine(args: readonly string[]): Request | undefined {
  const { values } = parse(args, { options: flags });
  if (values.help) return undefined;
  const { settings, ...rest } = readGiven(values);
  const targets = chosenTargets(values);
  const given = { ...rest, settings: { ...settings, ...(targets && { targets }) } };
  const isQuick = values.quick ?? false;
  const chosen = isQuick ? quickScenarios : chosenScenarios(values);
  const isBrief = isQuick || values.scenarios === undefined;
  return {
    isQuick,
    parts: chosen.map((scenario) => ({ scenario, settings: settingsOf(scenario, given, isBrief) })),
  };
}

function chosenScenarios({ scenarios: names, url }: { scenarios?: string; url?: string }): readonly Scenario[] {
  if (names === 'all') return scenarios;
  if (names !== undefined) return choose('scenario', names, scenarios);
  return url === undefined ? scenarios.filter(({ brief }) => brief) : [fanOut];
}

function chosenTargets(values: { targets?: string; url?: string; pid?: string }): readonly Target[] | undefined {
  const known = values.url === undefined ? targets : withRunning(values.url, values.pid);
  if (values.targets !== undefined) return choose('target', values.targets, known);
  return values.url === undefined ? undefined : known.filter(({ running }) => running);
}

/** The targets with a server that runs already in the place of Hubbub. */
function withRunning(url: string, pid: string | undefined): Target[] {
  if (!URL.canParse(url) || new URL(url).protocol !== 'ws:') throw new UsageError('--url must be a ws:// URL');
  const running = { url: new URL(url), pid: pid === undefined ? undefined : number('pid', pid, 1, 2 ** 31) };
  return targets.map((target) => (target.name === 'hubbub' ? { ...target, running } : target));
}

export function help(): string {
  return `Measures Hubbub against controls on this machine. Usage: npm run bench -- [options]

Options:
  --quick               losses and order only, in less than 40 seconds; fails only on those
  --scenarios a,b       which of the scenarios below, as a whole, or all; without it the default suite: some of each
                        that is marked with *, in about two minutes
  --targets a,b         which of the targets below; each scenario has its own
${commonHelp}
  --url ws://host:port  a Hubbub that runs already, without rate limits, in place of one that is started
  --pid n               its process on this machine, for its CPU time

Scenarios:
${list(scenarios.map(({ name, description, brief }) => ({ name: brief ? `${name} *` : name, description })))}

Targets:
${list(targets)}
`;
}
