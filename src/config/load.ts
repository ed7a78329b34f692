import { ConfigError } from './error.ts';
import { type ReadFile, readText } from './files.ts';
import { configFile, options } from './options.ts';
import { type RoomRule, readRules } from './rules.ts';
import {
  defaults,
  fromArguments,
  fromDefaults,
  fromEnvironment,
  fromFile,
  nameOf,
  type Setting,
  type Settings,
} from './sources.ts';
import type { Rate } from './units.ts';
import { requireValue, type Value } from './values.ts';

export { ConfigError, type RoomRule };

/**
 * The options of `schemas/config.json`: durations are in milliseconds, sizes in bytes; a rate that is off is undefined.
 */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly basePath: string;
  readonly tls: boolean;
  readonly cert?: string;
  readonly key?: string;
  readonly data: string;
  readonly log: 'lmdb' | 'memory' | 'off';
  readonly durability: 'process' | 'disk' | 'none';
  readonly fanout: 'at-once' | 'after-commit';
  readonly logLimit: number;
  readonly idWindowTime: number;
  readonly idWindowCount: number;
  readonly autoJoin: readonly string[];
  readonly rooms: readonly RoomRule[];
  readonly maxFrame: number;
  readonly maxConnections: number | 'auto';
  readonly maxConnectionsPerAddress: number;
  readonly edges: number | 'auto';
  readonly edge: 'auto' | 'uws' | 'portable';
  /** How many proxies there are, or their networks. */
  readonly trustProxy: number | readonly string[];
  readonly proxyProtocol: boolean;
  readonly rate: Rate | undefined;
  readonly rateBytes: Rate | undefined;
  readonly httpRate: Rate | undefined;
  readonly maxRooms: number;
  readonly maxOpenRooms: number;
  readonly buffer: number;
  readonly signalBuffer: number;
  readonly idleTimeout: number;
  readonly grace: number;
  readonly presenceLimit: number;
  readonly drainTimeout: number;
  readonly broadcast: boolean;
  readonly ticketSecret?: string;
  readonly statusKey?: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'auto' | 'pretty' | 'json';
  readonly checkFrames: boolean;
}

/**
 * Reads the configuration: flags take precedence over the environment, that over the file, that over the defaults.
 *
 * @param args - the command line, without the program and without `--help` and `--version`
 * @param readFile - reads the file that `--config` names, and the schemas that rules of `rooms` name
 * @throws ConfigError when anything in it cannot be used
 */
export function loadConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  readFile: ReadFile,
): Config {
  const flags = fromArguments(args);
  const variables = fromEnvironment(env);
  const file = flags.get(configFile.key) ?? variables.get(configFile.key);
  const settings: Settings = new Map([
    ...fromDefaults(),
    ...(file === undefined ? [] : readSettings(file, readFile)),
    ...variables,
    ...flags,
  ]);
  settings.delete(configFile.key);
  const values = [...settings].map(([key, setting]) => [key, readSetting(setting, readFile)]);
  // The schema decides the content; a test proves that the interface agrees with it.
  const config = Object.fromEntries(values) as Config;
  checkTls(config, settings);
  checkProxyProtocol(config, settings);
  checkSizes(config, settings);
  return config;
}

function readSettings(file: Setting, readFile: ReadFile): Settings {
  const path = readSetting(file, readFile) as string;
  return fromFile(path, readText(path, nameOf(file), readFile));
}

function readSetting(setting: Setting, readFile: ReadFile): Value {
  const value = requireValue(setting.option, setting.raw, nameOf(setting));
  return setting.option.kind === 'rules' ? readRules(setting, value as readonly unknown[], readFile) : value;
}

function checkTls(config: Config, settings: Settings): void {
  for (const [key, other] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    const setting = settings.get(key);
    if (setting === undefined) continue;
    if (!settings.has(other)) throw new ConfigError(`${nameOf(setting)} needs ${spell(setting, other)} as well`);
    if (!config.tls) throw new ConfigError(`${nameOf(setting)} needs TLS: turn it on with ${spell(setting, 'tls')}`);
  }
}

function checkProxyProtocol({ proxyProtocol, trustProxy, tls }: Config, settings: Settings): void {
  const setting = settings.get('proxyProtocol');
  if (!proxyProtocol || setting === undefined) return;
  if (trustProxy === 0) {
    throw new ConfigError(
      `${nameOf(setting)} needs proxies to believe: name them with ${spell(setting, 'trustProxy')}`,
    );
  }
  if (tls) throw new ConfigError(`${nameOf(setting)} does not go with TLS: leave out ${spell(setting, 'tls')}`);
}

function checkSizes(config: Config, settings: Settings): void {
  if (config.signalBuffer >= config.buffer) {
    throw new ConfigError(`${show(settings, 'signalBuffer')} must be less than ${show(settings, 'buffer')}`);
  }
  if (config.buffer < config.maxFrame) {
    throw new ConfigError(`${show(settings, 'buffer')} must be at least ${show(settings, 'maxFrame')}`);
  }
  if (config.rateBytes !== undefined && config.rateBytes.burst < config.maxFrame) {
    const [rateBytes, maxFrame] = [show(settings, 'rateBytes'), show(settings, 'maxFrame')];
    throw new ConfigError(`${rateBytes} must have a burst of at least ${maxFrame}`);
  }
}

/** Another option, as the user would have written it in the same place. */
function spell({ source }: Setting, key: keyof Config): string {
  const option = options.get(key);
  return option === undefined ? key : source.spell(option);
}

function show(settings: Settings, key: keyof Config): string {
  const setting = settings.get(key);
  if (setting === undefined) return key;
  return `${nameOf(setting)} (${setting.source === defaults ? 'default ' : ''}${setting.raw})`;
}
