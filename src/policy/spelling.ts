/** Names of schemas, by name. */
const maps = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies']);

/** A schema, or a list of schemas. */
const parts = new Set([
  ...['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
  ...['items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'contains'],
  ...['additionalProperties', 'unevaluatedProperties', 'propertyNames', 'contentSchema'],
]);

/** The keywords and formats that a schema can use. */
export interface Vocabulary {
  readonly keywords: ReadonlySet<string>;
  readonly formats: ReadonlySet<string>;
}

/**
 * Finds the first unknown keyword or format: it is probably misspelt, and would be ignored. ajv refuses it as well, but
 * does not say where a keyword is.
 *
 * @returns the fault, in words; undefined if there is none
 */
export function misspelt(schema: unknown, { keywords, formats }: Vocabulary): string | undefined {
  for (const [name, part] of schemasIn(schema, '')) {
    const keyword = Object.keys(part).find((key) => !keywords.has(key));
    if (keyword !== undefined) return `${name}${keyword} is not a keyword of JSON Schema`;
    const { format } = part as { format?: unknown };
    if (typeof format === 'string' && !formats.has(format)) {
      return `${name}format must be one of ${[...formats].join(', ')}, not ${JSON.stringify(format)}`;
    }
  }
  return undefined;
}

/** All schemas within `value`, itself included, each with the path to its keywords. */
function* schemasIn(value: unknown, name: string): Generator<[name: string, part: object]> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    yield* within(value, name);
    return;
  }
  yield [name, value];
  for (const [key, content] of Object.entries(value)) {
    if (parts.has(key)) yield* schemasIn(content, `${name}${key}.`);
    else if (maps.has(key)) yield* within(content, `${name}${key}.`);
  }
}

function* within(schemas: object, name: string): Generator<[name: string, part: object]> {
  for (const [key, schema] of Object.entries(schemas)) yield* schemasIn(schema, `${name}${key}.`);
}
