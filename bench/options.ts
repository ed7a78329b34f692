/** The common options of the commands, and the resulting settings for a scenario. */
import { cpus } from 'node:os';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { shortestBody } from './load/body.ts';
import type { Scenario } from './scenarios/case.ts';
import type { Settings } from './settings.ts';

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const commonFlags = {
  help: { type: 'boolean', short: 'h' },
  scenarios: { type: 'string' },
  targets: { type: 'string' },
  members: { type: 'string' },
  clients: { type: 'string' },
  bursts: { type: 'string' },
  ids: { type: 'string' },
  messages: { type: 'string' },
  rate: { type: 'string' },
  'message-size': { type: 'string' },
  seconds: { type: 'string' },
  rounds: { type: 'string' },
  workers: { type: 'string' },
} as const;

/** The defaults, unless the command line or the scenario has a value. */
const usual: Settings = {
  targets: undefined,
  members: undefined,
  bursts: [32, 1],
  ids: [false, true],
  shares: [0.1, 0.5, 0.8],
  messages: undefined,
  messageSize: 128,
  seconds: 3,
  rounds: 3,
  receivers: Math.max(2, Math.min(8, cpus().length - 1)),
  warmUp: 60_000,
  abuse: undefined,
  attackers: [1, 50],
};

export const commonHelp = `\
  --members n,m         sizes of the room; each scenario has its own
  --clients n,m         the same: every client is a member
  --bursts k,l          how many messages go into one write; ${usual.bursts}; with --rate 1
  --ids with,without    whether fan-out asks for acknowledgements; both
  --messages n          messages in one run, at an even pace; each scenario has its own load
  --rate n              messages a second in all, at an even pace, whether they arrive or not; each scenario has its own load
  --message-size n      bytes of a message's body; ${usual.messageSize}
  --seconds n           how long a run is measured; ${usual.seconds}
  --rounds n            rounds, in each of which every target runs; ${usual.rounds}
  --workers n           load processes that hold members, besides the one that sends; ${usual.receivers}`;

/** The values from the command line, which take precedence over those of a scenario. */
export interface Given {
  readonly settings: Partial<Settings>;
  /** Messages a second. */
  readonly rate?: number;
}

/** The values of the common flags; each command handles targets itself. */
export type CommonValues = { readonly [flag in Exclude<keyof typeof commonFlags, 'help'>]?: string | undefined };

/** @throws {UsageError} if `args` has an unknown flag. */
export function parse<T extends ParseArgsConfig>(args: readonly string[], config: T) {
  try {
    return parseArgs<T>({ ...config, args: [...args] });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws {UsageError} */
export function readGiven(values: CommonValues): Given {
  const { bursts, ids, rate, seconds, rounds, workers } = values;
  if (rate !== undefined && values.messages !== undefined && seconds !== undefined) {
    throw new UsageError('of --messages, --rate and --seconds at most two can be said');
  }
  const members = membersOf(values);
  const perSecond = rate === undefined ? undefined : number('rate', rate, 1, 10_000_000);
  const messages = values.messages === undefined ? undefined : number('messages', values.messages, 1, 100_000_000);
  const lasting = messages !== undefined && perSecond !== undefined ? Math.max(1, messages / perSecond) : undefined;
  const size = values['message-size'];
  return {
    settings: {
      ...(members && { members }),
      ...(perSecond !== undefined && { bursts: [1] }),
      ...(bursts !== undefined && { bursts: bursts.split(',').map((text) => number('bursts', text, 1, 1000)) }),
      ...(ids !== undefined && { ids: ids.split(',').map(readIds) }),
      ...(messages !== undefined && { messages }),
      ...(size !== undefined && { messageSize: number('message-size', size, shortestBody, 60_000) }),
      ...(lasting !== undefined && { seconds: lasting }),
      ...(seconds !== undefined && { seconds: number('seconds', seconds, 1, 600) }),
      ...(rounds !== undefined && { rounds: number('rounds', rounds, 1, 100) }),
      ...(workers !== undefined && { receivers: number('workers', workers, 1, 64) }),
    },
    ...(perSecond !== undefined && { rate: perSecond }),
  };
}

/** The settings of a scenario: from the command line, else from its brief in the default suite, else the defaults. */
export function settingsOf(
  { own, brief }: Pick<Scenario, 'own' | 'brief'>,
  { settings, rate }: Given,
  isBrief: boolean,
): Settings {
  const all = { ...usual, ...own, ...(isBrief && brief), ...settings };
  return rate === undefined ? all : { ...all, messages: Math.max(1, Math.round(rate * all.seconds)) };
}

/**
 * Those of `all` that have these names, which are separated by commas. @throws {UsageError} if there is none of a name.
 */
export function choose<T extends { name: string }>(what: string, names: string, all: readonly T[]): readonly T[] {
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (!found) throw new UsageError(`there is no ${what} ${name}; there are ${all.map((one) => one.name).join(', ')}`);
    return found;
  });
}

/** @throws {UsageError} */
export function number(flag: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new UsageError(`--${flag} must be a number from ${least} to ${most}`);
  return value;
}

/** Names with what they mean, for a help text. */
export function list(all: readonly { name: string; description: string }[]): string {
  return all.map(({ name, description }) => `  ${name.padEnd(16)} ${description}`).join('\n');
}

function membersOf({ members, clients }: CommonValues): number[] | undefined {
  if (members !== undefined && clients !== undefined)
    throw new UsageError('--clients is the same as --members: say one');
  const [flag, sizes] = members === undefined ? ['clients', clients] : ['members', members];
  return sizes?.split(',').map((text) => number(flag, text, 1, 1_000_000));
}

function readIds(word: string): boolean {
  if (word !== 'with' && word !== 'without') throw new UsageError('--ids must be with, without, or both');
  return word === 'with';
}
