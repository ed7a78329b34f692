import { ConfigError } from './error.ts';
import { configFile, options } from './options.ts';
import {
  defaults,
  fromArguments,
  fromDefaults,
  fromEnvironment,
  fromFile,
  type Setting,
  type Settings,
} from './sources.ts';
import type { Rate } from './units.ts';
import { expectation, readValue, type Value } from './values.ts';

export { ConfigError };

/** The options of `schemas/config.json`: durations are in milliseconds, sizes in bytes; a rate that is off is undefined. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly cert?: string;
  readonly key?: string;
  readonly data: string;
  readonly autoJoin: readonly string[];
  readonly maxFrame: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly trustProxy: boolean;
  readonly rate: Rate | undefined;
  readonly rateBytes: Rate | undefined;
  readonly maxRooms: number;
  readonly buffer: number;
  readonly signalBuffer: number;
  readonly idleTimeout: number;
  readonly grace: number;
  readonly presenceLimit: number;
  readonly drainTimeout: number;
  readonly broadcast: boolean;
  readonly ticketSecret?: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'auto' | 'pretty' | 'json';
  readonly checkFrames: boolean;
}

/**
 * Reads the configuration: flags go before the environment, that before the file, that before the defaults.
 *
 * @param args - the command line, without the program and without `--help` and `--version`
 * @param readFile - reads the file that `--config` names; may throw
 * @throws ConfigError when anything in it cannot be used
 */
export function loadConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
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
  const values = [...settings].map(([key, setting]) => [key, readSetting(setting)]);
  // The schema decides what is in it; a test proves that the interface says the same.
  const config = Object.fromEntries(values) as Config;
  checkTls(config, settings);
  checkSizes(config, settings);
  return config;
}

function readSettings(file: Setting, readFile: (path: string) => string): Settings {
  const path = readSetting(file) as string;
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${nameOf(file)}: cannot read "${path}" (${reason})`);
  }
  return fromFile(path, content);
}

function readSetting(setting: Setting): Value {
  const { option, raw } = setting;
  const read = readValue(option, raw);
  if (read !== undefined) return read.value;
  const actual = option.secret ? '' : `, not ${JSON.stringify(raw)}`;
  throw new ConfigError(`${nameOf(setting)} must be ${expectation(option)}${actual}`);
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

/** An option as the user wrote it. */
function nameOf({ option, source }: Setting): string {
  return source.prefix + source.spell(option);
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
