/** Compiles the JSON Schemas of bodies. */
import { Ajv, MissingRefError, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe } from '../protocol/describe.ts';
import { Refusal } from '../protocol/refusal.ts';
import { PolicyError } from './error.ts';
import { misspelt, type Vocabulary } from './spelling.ts';

/** Why a body does not fit, with the path in the frame; undefined if it does. */
export type BodyCheck = (body: unknown) => Refusal | undefined;

type Schema = object | boolean;

const options: Options = {
  // Whatever JSON Schema allows is allowed, but no keyword or format is ignored.
  strictSchema: true,
  strictTypes: false,
  strictTuples: false,
  // `constructor` of the prototype is not a property of a body.
  ownProperties: true,
  // Clients choose how many errors there are: the first one is enough.
  allErrors: false,
  logger: false,
};

const latest = 'https://json-schema.org/draft/2020-12/schema';

const dialects: ReadonlyMap<unknown, () => Ajv> = new Map<unknown, () => Ajv>([
  // ajv follows `$anchor`, but does not count it among the keywords.
  [latest, () => new Ajv2020(options).addKeyword('$anchor')],
  ['http://json-schema.org/draft-07/schema', () => new Ajv(options)],
]);

/** The formats of JSON Schema that ajv-formats has. They take linear time; not all of its others do. */
const formats = [
  ...(['date-time', 'date', 'time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6'] as const),
  ...(['uri', 'uri-reference', 'uri-template', 'uuid'] as const),
  ...(['json-pointer', 'relative-json-pointer', 'regex'] as const),
];

/**
 * Nothing is fetched: a reference has to stay within the schema.
 *
 * @param origin - names the schema in errors
 * @throws PolicyError if the schema cannot be used
 */
export function compileBody(schema: unknown, origin: string): BodyCheck {
  const validate = compile(schema as Schema, origin);
  return (body) => {
    if (body instanceof Uint8Array) return refusal('must be JSON in this room, not bytes');
    try {
      return validate(body) ? undefined : describe(validate.errors, { name: 'body', path: '/body' });
    } catch {
      // A pattern can fail on a text of millions of characters.
      return refusal('is too large for the schema of this room');
    }
  };
}

function refusal(words: string): Refusal {
  return new Refusal('invalid_frame', `body ${words}`, { path: '/body' });
}

function compile(schema: Schema, origin: string): ValidateFunction {
  let reason: string;
  try {
    // One instance per schema, so that a reference cannot find another schema by its `$id`.
    const ajv = createAjv(schema);
    const flaw = findFlaw(schema, ajv);
    if (flaw === undefined) return ajv.compile(schema);
    reason = flaw;
  } catch (error) {
    reason = reasonOf(error);
  }
  throw new PolicyError(`${origin}: ${reason.replace(/\s+/g, ' ')}`);
}

function createAjv(schema: Schema): Ajv {
  const { $schema = latest } = schema as { $schema?: unknown };
  const create = dialects.get(typeof $schema === 'string' ? $schema.replace(/#$/, '') : $schema);
  if (!create) throw new Error(`$schema must be one of ${[...dialects.keys()].join(', ')}`);
  const ajv = create();
  addFormats.default(ajv, formats);
  return ajv;
}

/** @returns the fault of the schema, in words; undefined if there seems to be none. */
function findFlaw(schema: Schema, ajv: Ajv): string | undefined {
  // The first error: later ones are about alternatives that do not fit either.
  if (!ajv.validateSchema(schema)) return describe(ajv.errors?.slice(0, 1), { name: 'a schema', path: '' }).message;
  return misspelt(schema, vocabularyOf(ajv));
}

/** Without `$async`: that is ajv's own, and would make the validation asynchronous. */
function vocabularyOf(ajv: Ajv): Vocabulary {
  const keywords = Object.keys(ajv.RULES.keywords).filter((keyword) => keyword !== '$async');
  return { keywords: new Set(keywords), formats: new Set(formats) };
}

function reasonOf(error: unknown): string {
  if (error instanceof MissingRefError) {
    return `$ref ${JSON.stringify(error.missingRef)} leads nowhere in this schema, and no other one is fetched`;
  }
  return error instanceof Error ? error.message.replace(/^strict mode: /, '') : String(error);
}
