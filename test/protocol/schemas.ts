/** The schemas themselves, compiled at test time, to compare the generated validators with. */
import Ajv2020 from 'ajv/dist/2020.js';
import { loadSchemas, type Schema } from '../../scripts/generate/schemas.ts';

export const schemas = await loadSchemas(new URL('../../schemas/', import.meta.url));

const ajv = new Ajv2020.default({ schemas: schemas.files, strictRequired: false });

/** Whether `value` fits the schema with this `$id`, or the part of one that a JSON Pointer behind a `#` names. */
export function fits(reference: string, value: unknown): boolean {
  const validator = ajv.getSchema(reference) ?? ajv.compile({ $ref: reference });
  return validator(value) === true;
}

/** Whether `value` is a frame that `side` may send. */
export function fitsFrame(side: 'client' | 'server', value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { type } = value as { type?: unknown };
  if (typeof type !== 'string' || !Object.hasOwn(schemas[side], type)) return false;
  return fits(`/schemas/${side}/${type}.json`, value);
}

/** Every schema and every part of one that has examples, by its reference. */
export function* withExamples(): Generator<{ reference: string; examples: unknown[] }> {
  for (const file of schemas.files) yield* within(file, `${file['$id']}#`);
}

function* within(schema: Schema, reference: string): Generator<{ reference: string; examples: unknown[] }> {
  if (Array.isArray(schema['examples'])) yield { reference, examples: schema['examples'] };
  for (const keyword of ['properties', '$defs']) {
    const parts = (schema[keyword] ?? {}) as Record<string, Schema>;
    for (const [name, part] of Object.entries(parts)) yield* within(part, `${reference}/${keyword}/${name}`);
  }
  const items = schema['items'];
  if (typeof items === 'object' && items !== null) yield* within(items as Schema, `${reference}/items`);
}
