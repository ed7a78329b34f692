/** Reads the rules of `rooms`. */
import { isAbsolute, join } from 'node:path';
import { closest } from '../protocol/closest.ts';
import { ConfigError } from './error.ts';
import { parseJson, type ReadFile, readText } from './files.ts';
import { matchField, retentionFields } from './options.ts';
import { didYouMean, nameOf, type Setting } from './sources.ts';
import { requireValue } from './values.ts';

/**
 * The most that a room keeps: a message is removed as soon as one of the limits says so. A missing limit is no limit.
 */
export interface Retention {
  readonly count?: number;
  /** Milliseconds. */
  readonly age?: number;
  readonly bytes?: number;
}

/** The rule for rooms with certain names. */
export interface RoomRule {
  /** The user's name for the rule: `hubbub.json: "rooms[2]"`. */
  readonly origin: string;
  /** The name of a room; `*` stands for any run of characters. */
  readonly match: string;
  /** `off`: nothing is kept. Left out: the default. */
  readonly log?: Retention | 'off';
  readonly body?: BodyRule;
}

/** The JSON Schema of bodies, as the user wrote it: it is only known to be an object or a boolean. */
export interface BodyRule {
  /** The user's name for the schema: `hubbub.json: "rooms[2].body"`. */
  readonly origin: string;
  readonly schema: unknown;
}

/** The user's name for a value, or for the part of it that `within` leads to: `.log`. */
type Name = (within: string) => string;

/** Reads a file with a schema; `name` is the user's name for the field that has its path. */
type ReadSchema = (path: string, name: string) => unknown;

const fields = ['match', 'log', 'body'];

/** @throws ConfigError that names the one field that is wrong. */
export function readRules(setting: Setting, rules: readonly unknown[], readFile: ReadFile): readonly RoomRule[] {
  const readSchema: ReadSchema = (path, name) => {
    const file = isAbsolute(path) ? path : join(setting.source.directory, path);
    const schema = parseJson(`${name}: ${file}`, readText(file, name, readFile));
    if (!isSchema(schema)) throw new ConfigError(`${name}: ${file} must hold a JSON Schema (an object, true or false)`);
    return schema;
  };
  return rules.map((rule, index) => readRule(rule, (within) => nameOf(setting, `[${index}]${within}`), readSchema));
}

function readRule(raw: unknown, name: Name, readSchema: ReadSchema): RoomRule {
  const { match, log, body } = fieldsOf(raw, name, fields);
  if (match === undefined) throw new ConfigError(`${name('.match')} is missing`);
  return {
    origin: name(''),
    match: requireValue(matchField, match, name('.match')) as string,
    ...(log !== undefined && { log: readLog(log, (within) => name(`.log${within}`)) }),
    ...(body !== undefined && { body: readBody(body, name('.body'), readSchema) }),
  };
}

function readLog(raw: unknown, name: Name): Retention | 'off' {
  if (raw === 'off') return raw;
  const limits = fieldsOf(raw, name, [...retentionFields.keys()], ', or "off"');
  const given = [...retentionFields].filter(([key]) => limits[key] !== undefined);
  return Object.fromEntries(
    given.map(([key, option]) => [key, requireValue(option, limits[key], name(`.${key}`))]),
  ) as Retention;
}

function readBody(raw: unknown, name: string, readSchema: ReadSchema): BodyRule {
  if (typeof raw === 'string' && raw !== '') return { origin: `${name} (${raw})`, schema: readSchema(raw, name) };
  if (isSchema(raw)) return { origin: name, schema: raw };
  const expected = 'a JSON Schema (an object, true or false) or the path of a file with one';
  throw new ConfigError(`${name} must be ${expected}, not ${JSON.stringify(raw)}`);
}

/**
 * The fields of an object that may have no others than `names`.
 *
 * @param otherwise - what is allowed instead of an object, in words
 */
function fieldsOf(
  raw: unknown,
  name: Name,
  names: readonly string[],
  otherwise = '',
): Readonly<Record<string, unknown>> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    const expected = `an object with ${names.join(', ')}${otherwise}`;
    throw new ConfigError(`${name('')} must be ${expected}, not ${JSON.stringify(raw)}`);
  }
  const unknown = Object.keys(raw).find((key) => !names.includes(key));
  if (unknown === undefined) return raw as Readonly<Record<string, unknown>>;
  const meant = closest(unknown, names);
  const field = name(`.${JSON.stringify(unknown).slice(1, -1)}`);
  throw new ConfigError(`${field} is not a field${didYouMean(meant && `"${meant}"`)}`);
}

function isSchema(raw: unknown): boolean {
  return typeof raw === 'boolean' || (typeof raw === 'object' && raw !== null && !Array.isArray(raw));
}
