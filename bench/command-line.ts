/** Reads the command line of `bench`. */
import { kinds } from './abuse/kinds.ts';
import type { DialectName } from './load/dialects.ts';
import { choose, commonFlags, commonHelp, list, number, parse, readGiven, settingsOf, UsageError } from './options.ts';
import { abuse, quickAbuse } from './scenarios/abuse.ts';
import { broadcast } from './scenarios/broadcast.ts';
import type { Scenario } from './scenarios/case.ts';
import { connect } from './scenarios/connect.ts';
import { dialectsScenario } from './scenarios/dialects.ts';
import { edges } from './scenarios/edges.ts';
import { fanOut, peers, quick } from './scenarios/fan-out.ts';
import { idle } from './scenarios/idle.ts';
import { joinStorm } from './scenarios/join-storm.ts';
import { latency } from './scenarios/latency.ts';
import { log } from './scenarios/log.ts';
import { chat, quickChat } from './scenarios/rooms.ts';
import { quickSaturation, saturation } from './scenarios/saturation.ts';
import { sizesScenario } from './scenarios/sizes.ts';
import { slowReader } from './scenarios/slow-reader.ts';
import type { Settings } from './settings.ts';
import { type Target, targets } from './targets/targets.ts';

/** Scenarios with a `brief` make up the default suite, in this order. */
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
  slowReader,
  connect,
  joinStorm,
  edges,
  abuse,
];
/** The most telling ones come first: on a slow machine the last may be left out. */
export const quickScenarios: readonly Scenario[] = [quickChat, quickSaturation, quick, quickAbuse];

const flags = {
  ...commonFlags,
  quick: { type: 'boolean' },
  abuse: { type: 'string' },
  attackers: { type: 'string' },
  url: { type: 'string' },
  dialect: { type: 'string' },
  'app-key': { type: 'string' },
  'app-secret': { type: 'string' },
  token: { type: 'string' },
  pid: { type: 'string' },
} as const;

/** The dialects for a server that is already running. */
const runningDialects: readonly { name: DialectName; description: string }[] = [
  { name: 'hubbub', description: 'as PROTOCOL.md says; the server must be without rate limits' },
  { name: 'raw', description: 'what a client sends comes back to all as it is, as from bare uWebSockets.js' },
  { name: 'socket.io', description: 'Socket.IO 4 over WebSocket; the server gives "message" events to all of a room' },
  {
    name: 'pusher',
    description: 'Pusher 7 (Soketi, Sockudo): client events on a private channel, which the app must allow',
  },
  { name: 'centrifugo', description: 'Centrifugo in JSON; subscribing and publishing must be allowed to clients' },
];

interface Running {
  readonly url?: string;
  readonly dialect?: string;
  readonly 'app-key'?: string;
  readonly 'app-secret'?: string;
  readonly token?: string;
  readonly pid?: string;
}

/** A requested scenario, and its settings. */
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
  const given = { ...rest, settings: { ...settings, ...(targets && { targets }), ...readAbuse(values) } };
  const isQuick = values.quick ?? false;
  const chosen = isQuick ? quickScenarios : chosenScenarios(values);
  const isBrief = isQuick || values.scenarios === undefined;
  return {
    isQuick,
    parts: chosen.map((scenario) => ({ scenario, settings: settingsOf(scenario, given, isBrief) })),
  };
}

interface Choice extends AbuseValues {
  readonly scenarios?: string;
  readonly url?: string;
}

function chosenScenarios({ scenarios: names, url, abuse: kinds, attackers }: Choice): readonly Scenario[] {
  if (names === 'all') return scenarios;
  if (names !== undefined) return choose('scenario', names, scenarios);
  if (kinds !== undefined || attackers !== undefined) return [abuse];
  return url === undefined ? scenarios.filter(({ brief }) => brief) : [fanOut];
}

interface AbuseValues {
  readonly abuse?: string;
  readonly attackers?: string;
}

function readAbuse({ abuse: names, attackers }: AbuseValues): Partial<Pick<Settings, 'abuse' | 'attackers'>> {
  const chosen = names === undefined || names === 'all' ? undefined : choose('kind of abuse', names, kinds);
  return {
    ...(chosen && { abuse: chosen.map(({ name }) => name) }),
    ...(attackers && { attackers: attackers.split(',').map((text) => number('attackers', text, 1, 200)) }),
  };
}

function chosenTargets(values: Running & { targets?: string }): readonly Target[] | undefined {
  const ofRunning = (['dialect', 'app-key', 'app-secret', 'token', 'pid'] as const).find((flag) => values[flag]);
  if (values.url === undefined && ofRunning) throw new UsageError(`--${ofRunning} is of no use without --url`);
  const known = values.url === undefined ? targets : withRunning(values.url, values);
  if (values.targets !== undefined) return choose('target', values.targets, known);
  return values.url === undefined ? undefined : known.filter(({ running }) => running);
}

/** The targets, with a running server that is named after its dialect and replaces the target of that name. */
function withRunning(url: string, { dialect: name = 'hubbub', pid, token, ...app }: Running): Target[] {
  if (!URL.canParse(url) || new URL(url).protocol !== 'ws:') throw new UsageError('--url must be a ws:// URL');
  const [dialect, ...others] = choose('dialect', name, runningDialects);
  if (!dialect || others.length > 0) throw new UsageError('--dialect must be one');
  const running = {
    url: new URL(url),
    pid: pid === undefined ? undefined : number('pid', pid, 1, 2 ** 31),
    credentials: { token, appKey: app['app-key'], appSecret: app['app-secret'] },
  };
  const target: Target = { name, description: `the server at ${url}`, dialect: dialect.name, command: [], running };
  return [target, ...targets.filter((other) => other.name !== name)];
}

/** The command line as it can be shown to others. */
export function withoutSecrets(args: readonly string[]): string[] {
  return args.map((arg, at) => {
    if (/^--(app-secret|token)$/.test(args[at - 1] ?? '')) return '…';
    return arg.replace(/^(--(?:app-secret|token)=).*/s, '$1…');
  });
}

export function help(): string {
  return `Measures Hubbub against controls on this machine. Usage: npm run bench -- [options]

Options:
  --quick               losses and order only, in about 40 seconds; fails only on those
  --scenarios a,b       which of the scenarios below, as a whole, or all; without it the default suite: some of each
                        that is marked with *, in about four minutes
  --targets a,b         which of the targets below; each scenario has its own
${commonHelp}
  --abuse a,b           which of the kinds of abuse below, or all; without --scenarios nothing else is run
  --attackers n,m       how many attackers there are in abuse; 1,50

A server that runs already:
  --url ws://host:port  measures it, by fan-out; with --targets, beside servers that are started. A path, if there is one, is
                        used in place of the dialect's own
  --dialect name        how it is spoken to, and what it is called as a target: see below; hubbub
  --app-key, --app-secret  of the app, for pusher; those Soketi has by default
  --token jwt           for centrifugo; none
  --pid n               its process on this machine, for its CPU time; without it there are only rates and latencies

Scenarios:
${list(scenarios.map(({ name, description, brief }) => ({ name: brief ? `${name} *` : name, description })))}

Targets:
${list(targets)}

Kinds of abuse:
${list(kinds)}

Dialects:
${list(runningDialects)}
`;
}
