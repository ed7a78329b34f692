import { ConfigError } from '../config/error.ts';
import { closest } from '../protocol/closest.ts';

/** The arguments that a command accepts. */
export interface Accepted {
  /** Each takes a value. */
  readonly flags: readonly string[];
  /** Whether it also takes the name of a file. */
  readonly file: boolean;
}

export interface Arguments {
  /** The values, in the order of the command line. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly file: string | undefined;
}

/**
 * Reads `--data there`, `--data=there` and `file`, in any order.
 * @throws ConfigError at the first argument that cannot be used.
 */
export function readArguments(args: readonly string[], accepted: Accepted): Arguments {
  const flags = new Map<string, string[]>();
  const rest = [...args];
  let file: string | undefined;
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg.startsWith('--')) {
      const { name, value } = readFlag(arg, rest, accepted.flags);
      flags.set(name, [...(flags.get(name) ?? []), value]);
    } else {
      if (!accepted.file || file !== undefined) throw new ConfigError(`unexpected argument "${arg}"`);
      file = arg;
    }
  }
  return { flags, file };
}

/** Takes the value from `rest` if it is an argument of its own. */
function readFlag(arg: string, rest: string[], known: readonly string[]): { name: string; value: string } {
  const [, name = arg, inline] = /^(.+?)=(.*)$/s.exec(arg) ?? [];
  if (!known.includes(name)) {
    const meant = closest(name, known);
    throw new ConfigError(`unknown option ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }
  const value = inline ?? (rest[0]?.startsWith('--') ? undefined : rest.shift());
  if (value === undefined) throw new ConfigError(`${name} needs a value`);
  return { name, value };
}
