import { readdir, readFile } from 'node:fs/promises';

export type Schema = Record<string, unknown>;

/** The parsed files of `schemas/`: frames by name for each direction, and what they share. */
export interface Schemas {
  definitions: Record<string, Schema>;
  client: Record<string, Schema>;
  server: Record<string, Schema>;
  /** Every schema as in its file, for a validator that resolves references by `$id`. */
  files: Schema[];
}

export async function loadSchemas(directory: URL): Promise<Schemas> {
  const parse = async (path: string): Promise<Schema> => JSON.parse(await readFile(new URL(path, directory), 'utf8'));
  const frames = async (side: string): Promise<Record<string, Schema>> => {
    const names = (await readdir(new URL(`${side}/`, directory))).sort();
    const entries = names.map(async (name) => [name.replace(/\.json$/, ''), await parse(`${side}/${name}`)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  const definitions = await parse('definitions.json');
  const [client, server] = await Promise.all([frames('client'), frames('server')]);
  return {
    definitions: definitions['$defs'] as Record<string, Schema>,
    client,
    server,
    files: [definitions, ...Object.values(client), ...Object.values(server)],
  };
}

/** A copy of `schema` with every `$ref` rewritten by `rename`, and the keywords in `drop` left out everywhere. */
export function rewrite(schema: unknown, rename: (ref: string) => string, drop: readonly string[] = []): unknown {
  const every = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(every);
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([key]) => !drop.includes(key));
    return Object.fromEntries(kept.map(([key, item]) => [key, keyword(key, item)]));
  };
  const keyword = (key: string, value: unknown): unknown => {
    if (key === '$ref') return rename(value as string);
    if (key !== 'properties' && key !== '$defs') return every(value);
    return Object.fromEntries(Object.entries(value as object).map(([name, item]) => [name, every(item)]));
  };
  return every(schema);
}

/** `displayName` of `../definitions.json#/$defs/displayName`. */
export function definitionName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

export function pascalCase(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}
