/** The command line of `hubbub chat`. */
import { parseArgs } from 'node:util';
import { UsageError } from '../surroundings.ts';

export interface Options {
  readonly url: URL;
  readonly name: string | undefined;
  readonly rooms: readonly string[];
  readonly token: string | undefined;
  /** Whether the ticket is kept for the next time. */
  readonly remember: boolean;
  /** File with certificates to trust. */
  readonly ca: string | undefined;
  /** Whether to trust any certificate. */
  readonly insecure: boolean;
  readonly simple: boolean;
  readonly once: boolean;
  readonly color: boolean;
}

const defaultUrl = 'ws://localhost:8080';
const defaultRoom = 'lobby';

const flags = {
  name: { type: 'string' },
  room: { type: 'string', multiple: true },
  token: { type: 'string' },
  'no-remember': { type: 'boolean' },
  ca: { type: 'string' },
  insecure: { type: 'boolean' },
  simple: { type: 'boolean' },
  once: { type: 'boolean' },
  'no-color': { type: 'boolean' },
} as const;

/** @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parsed(args);
  const [url = defaultUrl, extra] = positionals;
  if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
  if (values.name === '') throw new UsageError('--name must not be empty');
  for (const room of values.room ?? []) {
    if (!/^\S+$/.test(room)) throw new UsageError(`"${room}" cannot be the name of a room`);
  }
  if (values.ca !== undefined && values.insecure) throw new UsageError('--ca and --insecure exclude each other');
  return {
    url: readUrl(url),
    name: values.name,
    rooms: values.room ?? [defaultRoom],
    token: values.token,
    remember: !values['no-remember'] && values.token === undefined,
    ca: values.ca,
    insecure: values.insecure ?? false,
    simple: (values.simple || values.once) ?? false,
    once: values.once ?? false,
    color: !values['no-color'],
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: true });
  } catch (error) {
    // Such as: Unknown option '--nam'. To specify a positional argument starting with a '-', …
    const [sentence = ''] = (error as Error).message.split(/\.\s|\.$/);
    throw new UsageError(`${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}; --help lists what there is`);
  }
}

/** Accepts also `chat.example` and `localhost:8080`. */
function readUrl(text: string): URL {
  const complete = /^[a-z]+:\/\//i.test(text) ? text : `ws://${text}`;
  if (!URL.canParse(complete)) throw new UsageError(`"${text}" is not the address of a server`);
  const url = new URL(complete.replace(/^http/i, 'ws'));
  if (!/^wss?:$/.test(url.protocol)) throw new UsageError(`"${text}" does not start with ws:// or wss://`);
  return url;
}
