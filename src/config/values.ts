import { ConfigError } from './error.ts';
import { parseNetwork } from './networks.ts';
import type { Option, TextRules } from './options.ts';
import { parseByteRate, parseDuration, parseRate, parseSize, type Rate } from './units.ts';

/**
 * Durations in milliseconds, sizes in bytes; a rate that is off is undefined. The content of a list of rules is not
 * checked.
 */
export type Value = string | number | boolean | readonly unknown[] | Rate | undefined;

const booleans = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** The text of a flag or an environment variable as a value of the configuration file. */
export function fromText(option: Option, text: string): unknown {
  switch (option.kind) {
    case 'boolean':
      return booleans.get(text) ?? text;
    case 'integer':
    case 'count':
      return /^-?\d+$/.test(text) ? Number(text) : text;
    case 'proxies':
      return booleans.get(text) ?? (/^-?\d+$/.test(text) ? Number(text) : items(text));
    case 'list':
      return items(text);
    case 'rules':
      return parsed(text);
    default:
      return text;
  }
}

/** Reads a value of the configuration file. Undefined (not `{ value: undefined }`) if it is not allowed. */
export function readValue(option: Option, raw: unknown): { readonly value: Value } | undefined {
  switch (option.kind) {
    case 'boolean':
      return typeof raw === 'boolean' ? { value: raw } : undefined;
    case 'integer':
      return Number.isSafeInteger(raw) ? withinLimits(option, raw as number) : undefined;
    case 'count':
      if (raw === 'auto') return { value: raw };
      return Number.isSafeInteger(raw) ? withinLimits(option, raw as number) : undefined;
    case 'proxies':
      return readProxies(option, raw);
    case 'size':
      return typeof raw === 'string' || typeof raw === 'number'
        ? withinLimits(option, parseSize(String(raw)))
        : undefined;
    case 'duration':
      return typeof raw === 'string' ? withinLimits(option, parseDuration(raw)) : undefined;
    case 'rate':
      return readRate(raw, parseRate);
    case 'byteRate':
      return readRate(raw, parseByteRate);
    case 'choice':
      return typeof raw === 'string' && option.choices.includes(raw) ? { value: raw } : undefined;
    case 'list':
      return isList(raw, option.text) ? { value: raw } : undefined;
    case 'string':
    case 'path':
      return isText(raw, option.text) ? { value: raw } : undefined;
    case 'rules':
      return Array.isArray(raw) ? { value: raw } : undefined;
  }
}

/** @throws ConfigError if the value is not allowed; `name` is the user's name for the option. */
export function requireValue(option: Option, raw: unknown, name: string): Value {
  const read = readValue(option, raw);
  if (read !== undefined) return read.value;
  const actual = option.secret ? '' : `, not ${JSON.stringify(raw)}`;
  throw new ConfigError(`${name} must be ${expectation(option)}${actual}`);
}

/** What the value must be: the end of a sentence that begins with "must be". */
export function expectation(option: Option): string {
  const limits = describeLimits(option);
  switch (option.kind) {
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'count': {
      const number = `an integer ${option.maximum === undefined ? 'of ' : ''}${limits}`;
      return option.kind === 'count' ? `${number} or auto` : number;
    }
    case 'proxies':
      return 'true, false, how many there are, or a list of their addresses and networks such as 10.0.0.0/8';
    case 'size':
      return `a size such as 64KiB${limits && `, ${limits}`}`;
    case 'duration':
      return `a duration such as 500ms, 10s or 5m${limits && `, ${limits}`}`;
    case 'rate':
      return 'a rate such as 100:500 (per second : at once) or off';
    case 'byteRate':
      return 'a rate such as 1MiB:4MiB (per second : at once) or off';
    case 'choice':
      return `one of ${option.choices.join(', ')}`;
    case 'list':
      return `a list of different names ${describeText(option.text)}`;
    case 'string':
    case 'path':
      return `a text ${describeText(option.text)}`;
    case 'rules':
      return 'a list of rules such as [{"match":"news.*","log":{"age":"30d"}}]';
  }
}

/** `from 8s to 960s`; empty when there are no limits. */
export function describeLimits({ minimum, maximum }: Option): string {
  if (minimum === undefined) return maximum === undefined ? '' : `at most ${maximum}`;
  return maximum === undefined ? `at least ${minimum}` : `from ${minimum} to ${maximum}`;
}

function describeText({ minLength = 0, maxLength, $comment }: TextRules): string {
  if (minLength === 1 && maxLength === undefined) return 'that is not empty';
  const length = maxLength === undefined ? `at least ${minLength}` : `${minLength} to ${maxLength}`;
  return `of ${length} characters${$comment === undefined ? '' : ` which ${$comment}`}`;
}

function withinLimits(option: Option, amount: number | undefined): { readonly value: number } | undefined {
  if (amount === undefined) return undefined;
  const { minimum = -Infinity, maximum = Infinity } = option;
  return amount >= toAmount(option, minimum) && amount <= toAmount(option, maximum) ? { value: amount } : undefined;
}

function toAmount({ kind, key }: Option, limit: number | string): number {
  if (typeof limit === 'number') return limit;
  const amount = kind === 'duration' ? parseDuration(limit) : parseSize(limit);
  if (amount === undefined) throw new Error(`schemas/config.json: ${key} has the limit ${limit}, which is no ${kind}`);
  return amount;
}

function items(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}

/** `true` is one proxy, `false` none. */
function readProxies(option: Option, raw: unknown): { readonly value: Value } | undefined {
  if (typeof raw === 'boolean') return { value: Number(raw) };
  if (Number.isSafeInteger(raw)) return withinLimits(option, raw as number);
  if (!Array.isArray(raw) || raw.length === 0) return undefined;
  const networks = raw.map((item) => (typeof item === 'string' ? parseNetwork(item) : undefined));
  return networks.every((network) => network !== undefined) ? { value: networks } : undefined;
}

/** The text itself if it is not JSON: then the error can quote it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readRate(
  raw: unknown,
  parse: (text: string) => Rate | undefined,
): { readonly value: Rate | undefined } | undefined {
  if (raw === 'off') return { value: undefined };
  const rate = typeof raw === 'string' ? parse(raw) : undefined;
  return rate && { value: rate };
}

function isList(raw: unknown, rules: TextRules): raw is readonly string[] {
  return Array.isArray(raw) && raw.every((item) => isText(item, rules)) && new Set(raw).size === raw.length;
}

/** Lengths are counted in code points, as in JSON Schema. */
function isText(raw: unknown, { minLength = 0, maxLength = Infinity, pattern = '' }: TextRules): raw is string {
  if (typeof raw !== 'string') return false;
  const { length } = [...raw];
  return length >= minLength && length <= maxLength && new RegExp(pattern, 'u').test(raw);
}
