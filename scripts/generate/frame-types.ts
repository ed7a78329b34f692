import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { definitionName, pascalCase, rewrite, type Schema, type Schemas } from './schemas.ts';

const banner = '// Made from schemas/ by `npm run generate`. Do not edit.\n';

/** TypeScript types of all frames and definitions, and the unions `ClientFrame` and `ServerFrame`. */
export async function frameTypes({ definitions, client, server }: Schemas): Promise<string> {
  const $defs: Record<string, unknown> = {};
  const add = (name: string, schema: Schema) => {
    const drop = ['$schema', '$id', '$comment', 'title', 'examples', 'default', 'oneOf', 'not'];
    $defs[name] = rewrite(schema, (ref) => `#/$defs/${pascalCase(definitionName(ref))}`, drop);
  };
  for (const [name, schema] of Object.entries(definitions)) add(pascalCase(name), schema);
  $defs['Body'] = { description: definitions['body']?.['description'], tsType: 'unknown' };
  for (const [name, schema] of Object.entries(client)) add(`Client${pascalCase(name)}`, schema);
  for (const [name, schema] of Object.entries(server)) add(`Server${pascalCase(name)}`, schema);

  const types = await compile({ $defs } as JSONSchema, 'Unused', {
    bannerComment: banner,
    unreachableDefinitions: true,
    additionalProperties: false,
    format: true,
    style: { singleQuote: true, printWidth: 120 },
  });
  const own = types
    .replace(/export interface Unused \{[^}]*\}\n/, '')
    .replace(/^ \* This interface was referenced by `Unused`'s JSON-Schema\n \* via the `definition` ".*"\.\n/gm, '')
    .replace(/^\/\*\*\n \*\/\n/gm, '')
    .replace(/^ \*\n \*\/\n/gm, ' */\n');
  return `${own}
/** Any frame a client may send. */
export type ClientFrame =
${union('Client', client)};

/** Any frame the server may send. */
export type ServerFrame =
${union('Server', server)};
`;
}

function union(side: string, frames: Record<string, Schema>): string {
  return Object.keys(frames)
    .map((name) => `  | ${side}${pascalCase(name)}`)
    .join('\n');
}
