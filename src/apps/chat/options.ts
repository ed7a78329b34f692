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
  /** SHA-256 of the one certificate to trust: 64 hexadecimal digits, in upper case. */
  readonly fingerprint: string | undefined;
  /** Whether to trust any certificate. */
  readonly insecure: boolean;
  readonly simple: boolean;
  readonly once: boolean;
  /** Whether an empty line ends the chat, in a full terminal too. */
  readonly emptyQuits: boolean;
  readonly color: boolean;
}

const defaultUrl = 'ws://localhost:8080';
/** Of a server that is named without a scheme: where one listens that was told nothing else. */
const defaultPort = '8080';
const defaultRoom = 'lobby';

const flags = {
  name: { type: 'string' },
  room: { type: 'string', multiple: true },
  token: { type: 'string' },
  'no-remember': { type: 'boolean' },
  ca: { type: 'string' },
  fingerprint: { type: 'string' },
  insecure: { type: 'boolean' },
  simple: { type: 'boolean' },
  once: { type: 'boolean' },
  'empty-quits': { type: 'boolean' },
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
  const trusts = (['ca', 'fingerprint', 'insecure'] as const).filter((name) => values[name] !== undefined);
  if (trusts.length > 1) throw new UsageError(`${trusts.map((name) => `--${name}`).join(' and ')} exclude each other`);
  return {
    url: readUrl(url),
    name: values.name,
    rooms: values.room ?? [defaultRoom],
    token: values.token,
    remember: !values['no-remember'] && values.token === undefined,
    ca: values.ca,
    fingerprint: values.fingerprint === undefined ? undefined : readFingerprint(values.fingerprint),
    insecure: values.insecure ?? false,
    simple: (values.simple || values.once) ?? false,
    once: values.once ?? false,
    emptyQuits: values['empty-quits'] ?? false,
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

/** Accepts also `localhost`, which is at the default port of a server, and `chat.example:9000`. */
function readUrl(text: string): URL {
  const hasScheme = /^[a-z]+:\/\//i.test(text);
  const complete = hasScheme ? text : `ws://${text}`;
  if (!URL.canParse(complete)) throw new UsageError(`"${text}" is not the address of a server`);
  const url = new URL(complete.replace(/^http/i, 'ws'));
  if (!/^wss?:$/.test(url.protocol)) throw new UsageError(`"${text}" does not start with ws:// or wss://`);
  // A port 80 that was written is gone from the URL.
  if (!hasScheme && url.port === '' && !/^[^/]*:80(\/|$)/.test(text)) url.port = defaultPort;
  return url;
}

/** As the log of the server, a browser or OpenSSL shows it. */
function readFingerprint(text: string): string {
  const digits = text.replace(/^sha-?256[:/= ]/i, '').replaceAll(':', '');
  if (!/^[0-9a-f]{64}$/i.test(digits)) throw new UsageError('--fingerprint must be a SHA-256: 64 hexadecimal digits');
  return digits.toUpperCase();
}
