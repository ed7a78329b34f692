import { readFileSync } from 'node:fs';

/** How the value of an option is written and read. */
export type Kind =
  | 'boolean'
  | 'integer'
  | 'string'
  | 'path'
  | 'choice'
  | 'list'
  | 'duration'
  | 'size'
  | 'rate'
  | 'byteRate'
  | 'count'
  | 'proxies'
  | 'rules';

/** The rules for a text, such as the name of a room. */
export interface TextRules {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** The meaning of the pattern, in words. */
  readonly $comment?: string;
}

/** One option of the server, in all its spellings. */
export interface Option {
  /** As in the configuration file: `maxFrame`. */
  readonly key: string;
  /** `--max-frame` */
  readonly flag: string;
  /** `HUBBUB_MAX_FRAME` */
  readonly env: string;
  readonly kind: Kind;
  readonly description: string;
  /** As written in the configuration file; undefined if there is none. */
  readonly default: unknown;
  /** Its value is never shown. */
  readonly secret: boolean;
  /** A duration or a size is limited by a text in its own unit. */
  readonly minimum: number | string | undefined;
  readonly maximum: number | string | undefined;
  readonly choices: readonly string[];
  /** For a text, or for each item of a list. */
  readonly text: TextRules;
}

interface PropertySchema extends TextRules {
  readonly description: string;
  readonly type: string | readonly string[];
  readonly $ref?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly items?: { readonly $ref?: string };
  readonly minimum?: number;
  readonly maximum?: number;
  readonly writeOnly?: boolean;
  readonly 'x-unit'?: Kind;
  readonly 'x-minimum'?: string;
  readonly 'x-maximum'?: string;
}

/** Every option of `schemas/config.json` by its key, in the order of the file. */
export const options: ReadonlyMap<string, Option> = readOptions('config.json#/properties');

/** The fields of a rule of `rooms`, `match` and those of `log`, which are read like options. */
export const matchField: Option = toOption(
  'match',
  resolve('config.json#/$defs/rule/properties/match') as PropertySchema,
);
export const retentionFields: ReadonlyMap<string, Option> = readOptions('config.json#/$defs/retention/properties');

/** The option that names the configuration file. It makes no sense in that file, so the schema does not have it. */
export const configFile: Option = toOption('config', {
  description:
    'JSON file with options, named as in schemas/config.json; flags and environment variables take precedence over it.',
  type: 'string',
  'x-unit': 'path',
  minLength: 1,
});

/** Whether its flag needs no value, and there is one with `--no-`. */
export function isSwitch({ kind }: Option): boolean {
  return kind === 'boolean' || kind === 'proxies';
}

/** @param $ref - leads to the `properties` of a schema */
function readOptions($ref: string): ReadonlyMap<string, Option> {
  const properties = resolve($ref) as Record<string, PropertySchema>;
  return new Map(Object.entries(properties).map(([key, schema]) => [key, toOption(key, schema)]));
}

function toOption(key: string, schema: PropertySchema): Option {
  const words = key.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
  return {
    key,
    flag: `--${words}`,
    env: `HUBBUB_${words.replaceAll('-', '_').toUpperCase()}`,
    kind: schema['x-unit'] ?? kindOf(schema),
    description: schema.description,
    default: schema.default,
    secret: schema.writeOnly ?? false,
    minimum: schema.minimum ?? schema['x-minimum'],
    maximum: schema.maximum ?? schema['x-maximum'],
    choices: schema.enum ?? [],
    text: textRules(schema),
  };
}

function textRules(schema: PropertySchema): TextRules {
  const $ref = schema.$ref ?? schema.items?.$ref;
  return $ref === undefined ? schema : (resolve($ref) as TextRules);
}

function kindOf({ enum: choices, type }: PropertySchema): Kind {
  if (choices !== undefined) return 'choice';
  return type === 'array' ? 'list' : (type as 'boolean' | 'integer' | 'string');
}

function resolve($ref: string): unknown {
  const [file = '', pointer = ''] = $ref.split('#');
  const steps = pointer.split('/').slice(1);
  return steps.reduce((node, step) => (node as Record<string, unknown>)[step], readSchema(file));
}

function readSchema(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8'));
}
