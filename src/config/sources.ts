import { dirname } from 'node:path';
import { closest } from '../protocol/closest.ts';
import { ConfigError } from './error.ts';
import { parseJson } from './files.ts';
import { configFile, isSwitch, type Option, options } from './options.ts';
import { fromText } from './values.ts';

/** Where a setting was written, so that an error can name it as the user did. */
export interface Source {
  /** The beginning of every name: `config.json: ` */
  readonly prefix: string;
  /** The name of an option in this source, or of something within its value: `[2].log`. */
  spell(option: Option, within?: string): string;
  /** Paths of schemas are relative to this directory. */
  readonly directory: string;
}

/** The value of an option in one source; `raw` is in the form of the configuration file. */
export interface Setting {
  readonly option: Option;
  readonly raw: unknown;
  readonly source: Source;
}

/** Settings by the key of their option. */
export type Settings = Map<string, Setting>;

interface Flag {
  readonly option: Option;
  /** The value of a flag that has none. */
  readonly implied?: boolean;
  readonly takesValue: boolean;
}

export const defaults: Source = { prefix: '', spell: ({ flag }, within = '') => flag + within, directory: '.' };
const commandLine: Source = { ...defaults };
const environment: Source = { ...defaults, spell: ({ env }, within = '') => env + within };

const everyOption = [...options.values(), configFile];
const flags = new Map(everyOption.flatMap(flagsOf));
const variables = new Map(everyOption.map((option) => [option.env, option]));

/** Names of options that had another name before. */
const formerNames = new Map([
  ['--threads', '--edges'],
  ['HUBBUB_THREADS', 'HUBBUB_EDGES'],
  ['threads', 'edges'],
]);

/** An option, or something within its value, as the user wrote it. */
export function nameOf({ option, source }: Setting, within?: string): string {
  return source.prefix + source.spell(option, within);
}

export function fromDefaults(): Settings {
  const settings: Settings = new Map();
  for (const [key, option] of options) {
    if (option.default !== undefined) settings.set(key, { option, raw: option.default, source: defaults });
  }
  return settings;
}

/** Reads `--port 9000`, `--port=9000`, `--tls`, `--no-tls`. Of a repeated flag the last one counts. */
export function fromArguments(args: readonly string[]): Settings {
  const settings: Settings = new Map();
  const rest = [...args];
  let previous: Option | undefined;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    // An argument after a secret may be the rest of a secret with a space in it: it is not shown.
    if (previous?.secret && !arg.startsWith('--')) throw new ConfigError(`unexpected argument after ${previous.flag}`);
    const { option, raw } = readFlag(arg, rest);
    settings.set(option.key, { option, raw, source: commandLine });
    previous = option;
  }
  return settings;
}

/** Variables that Kubernetes sets in every container beside a Service called "hubbub": not meant for the server. */
const serviceLink = /^HUBBUB_(SERVICE_|PORT_\d+_)|^HUBBUB_PORT=tcp:/;

/** Reads the variables that start with HUBBUB_. */
export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Settings {
  const settings: Settings = new Map();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('HUBBUB_') || text === undefined || serviceLink.test(`${name}=${text}`)) continue;
    const option = variables.get(name);
    if (option === undefined) {
      throw new ConfigError(`unknown environment variable ${name}${didYouMean(meant(name, variables.keys()))}`);
    }
    settings.set(option.key, { option, raw: fromText(option, text), source: environment });
  }
  return settings;
}

/** Reads the content of the configuration file. */
export function fromFile(path: string, content: string): Settings {
  const source: Source = {
    prefix: `${path}: `,
    spell: ({ key }, within = '') => `"${key}${within}"`,
    directory: dirname(path),
  };
  const settings: Settings = new Map();
  for (const [key, raw] of Object.entries(parseObject(path, content))) {
    const option = options.get(key);
    if (option === undefined) {
      const other = meant(key, options.keys());
      throw new ConfigError(`${path}: ${JSON.stringify(key)} is not an option${didYouMean(other && `"${other}"`)}`);
    }
    settings.set(key, { option, raw, source });
  }
  return settings;
}

function flagsOf(option: Option): [string, Flag][] {
  if (!isSwitch(option)) return [[option.flag, { option, takesValue: true }]];
  return [
    [option.flag, { option, implied: true, takesValue: option.kind !== 'boolean' }],
    [option.flag.replace('--', '--no-'), { option, implied: false, takesValue: false }],
  ];
}

/** Takes the value from `rest` if it is an argument of its own. */
function readFlag(arg: string, rest: string[]): { readonly option: Option; readonly raw: unknown } {
  if (!arg.startsWith('-')) throw new ConfigError(`unexpected argument "${arg}"`);
  const [, name = arg, inline] = /^(.+?)=(.*)$/s.exec(arg) ?? [];
  const flag = flags.get(name);
  if (flag === undefined) {
    throw new ConfigError(`unknown option ${name}${didYouMean(meant(name, [...flags.keys(), '--help', '--version']))}`);
  }
  const { option, implied, takesValue } = flag;
  const isAlone = inline === undefined && (rest[0] === undefined || rest[0].startsWith('--'));
  if (implied !== undefined && inline === undefined && (isAlone || !takesValue)) return { option, raw: implied };
  if (!takesValue) {
    const spellings = flagsOf(option).map(([spelling]) => spelling);
    throw new ConfigError(`${name} takes no value: write ${spellings.join(' or ')}`);
  }
  if (isAlone) throw new ConfigError(`${name} needs a value`);
  return { option, raw: fromText(option, inline ?? rest.shift() ?? '') };
}

function parseObject(path: string, content: string): object {
  const parsed = parseJson(path, content);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ConfigError(`${path} must hold a JSON object`);
  }
  return parsed;
}

/** The name that was probably meant by an unknown one. */
function meant(name: string, names: Iterable<string>): string | undefined {
  return formerNames.get(name) ?? closest(name, names);
}

export function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : `; did you mean ${name}?`;
}
