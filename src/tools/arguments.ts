import { parseArgs } from 'node:util';
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
  const options = Object.fromEntries(accepted.flags.map((flag) => [flag.slice(2), { type: 'string' as const }]));
  // Not strict: errors are to suggest the option that was meant, and look like those of the server's own options.
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const flags = new Map<string, string[]>();
  let file: string | undefined;
  for (const token of tokens) {
    if (token.kind === 'option') {
      const { rawName: name, value, inlineValue } = token;
      if (!accepted.flags.includes(name)) throw unknown(name, accepted.flags);
      if (value === undefined || (!inlineValue && value.startsWith('--')))
        throw new ConfigError(`${name} needs a value`);
      flags.set(name, [...(flags.get(name) ?? []), value]);
    } else if (token.kind === 'positional') {
      if (!accepted.file || file !== undefined) throw new ConfigError(`unexpected argument "${token.value}"`);
      file = token.value;
    }
  }
  return { flags, file };
}

function unknown(name: string, known: readonly string[]): ConfigError {
  const meant = closest(name, known);
  return new ConfigError(`unknown option ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
}
