/** The generated parts of PROTOCOL.md: a section per frame, and the tables of codes. */
import { closeCodes, errorCodes } from '../../src/protocol/codes.ts';
import type { ClientFrame, ServerFrame } from '../../src/protocol/generated/frames.ts';
import { type FrameName, occasions, requests } from './frame-notes.ts';
import { definitionName, type Schema, type Schemas } from './schemas.ts';

/** The text in the type column for a definition whose values have a table of their own. */
const elsewhere: Readonly<Record<string, string>> = {
  errorCode: 'one of the [error codes](#error-codes)',
  closeReason: 'one of the reasons under [close codes](#close-codes)',
};

/** Examples up to this many characters are written on one line. */
const lineWidth = 120;

/** The frames of a chapter: for each its direction, what it is for, its answer and errors, its fields, an example. */
export function frameSections(names: readonly FrameName[], schemas: Schemas): string {
  const shared = new Set(commonFields(schemas).map(([key]) => key));
  return names.map((name) => section(name, schemas, shared)).join('\n\n');
}

/** The fields that mean the same in several frames. */
export function commonFieldTable(schemas: Schemas): string {
  const rows = commonFields(schemas).map(([, { field, own }]) => {
    const property = resolve(own, schemas.definitions);
    return [code(field), typeOf(property, own, schemas.definitions), String(property['description'])];
  });
  return table(['field', 'type', 'meaning'], rows);
}

interface CommonField {
  readonly field: string;
  readonly own: Schema;
  readonly uses: number;
}

/** Fields that several frames take unchanged from the definitions, by the name of the field and of its definition. */
function commonFields({ client, server }: Schemas): [string, CommonField][] {
  const found = new Map<string, CommonField>();
  for (const schema of [...Object.values(client), ...Object.values(server)]) {
    for (const [field, own] of fieldsIn(schema)) {
      const key = keyOf(field, own);
      if (key !== undefined) found.set(key, { field, own, uses: (found.get(key)?.uses ?? 0) + 1 });
    }
  }
  return [...found].filter(([, { uses }]) => uses > 1).sort(([, a], [, b]) => b.uses - a.uses);
}

/** undefined for a field with a meaning of its own in its frame. */
function keyOf(field: string, own: Schema): string | undefined {
  const { $ref: ref, description } = own;
  return ref === undefined || description !== undefined ? undefined : `${field} ${definitionName(String(ref))}`;
}

function fieldsIn(schema: Schema): [string, Schema][] {
  return Object.entries(schema['properties'] as Record<string, Schema>).filter(([field]) => field !== 'type');
}

export function errorCodeTable(): string {
  return table(
    ['code', 'meaning'],
    Object.entries(errorCodes).map(([name, meaning]) => [code(name), meaning]),
  );
}

export function closeCodeTable(): string {
  const rows = Object.entries(closeCodes).map(([why, { code: number, message, reconnect }]) => [
    String(number),
    code(why),
    yesOrNo(reconnect),
    message,
  ]);
  return table(['code', 'why', 'reconnect', 'meaning'], rows);
}

function section(name: FrameName, schemas: Schemas, shared: ReadonlySet<string>): string {
  const { definitions } = schemas;
  const [side, type] = name.split(' ') as ['client' | 'server', string];
  const schema = schemas[side][type];
  if (!schema) throw new Error(`there is no schema of ${name}`);
  const required = new Set(schema['required'] as string[]);
  const marked = (field: string) => code(required.has(field) ? field : `${field}?`);
  const isShared = ([field, own]: [string, Schema]) => shared.has(keyOf(field, own) ?? '');
  const fields = fieldsIn(schema);
  const common = fields.filter(isShared).map(([field]) => marked(field));
  const rows = fields
    .filter((entry) => !isShared(entry))
    .map(([field, own]) => {
      const property = resolve(own, definitions);
      const { description } = property;
      if (typeof description !== 'string') throw new Error(`${type}.${field} has no description`);
      return [marked(field), typeOf(property, own, definitions), description];
    });
  const rule = schema['$comment'] === undefined ? '' : ` It ${schema['$comment']}.`;
  return [
    `### ${code(type)}, from the ${side}`,
    `${schema['description']}${rule}`,
    side === 'client' ? answerOf(type as ClientFrame['type']) : `Sent ${occasions[type as ServerFrame['type']]}.`,
    ...(common.length > 0 ? [`[Common fields](#common-fields): ${common.join(', ')}`] : []),
    ...(rows.length > 0 ? [table(['field', 'type', 'meaning'], rows)] : []),
    `\`\`\`json\n${written((schema['examples'] as [object])[0])}\n\`\`\``,
  ].join('\n\n');
}

function answerOf(type: ClientFrame['type']): string {
  const { answer, errors = [] } = requests[type];
  return `Answer: ${answer}.${errors.length > 0 ? ` Errors: ${errors.map(code).join(', ')}.` : ''}`;
}

/** The definition behind a `$ref`; keywords beside the `$ref` take precedence. */
function resolve(schema: Schema, definitions: Record<string, Schema>): Schema {
  const ref = schema['$ref'];
  return ref === undefined ? schema : { ...definitions[definitionName(ref as string)], ...schema };
}

/** The type and its limits in words. */
function typeOf(property: Schema, own: Schema, definitions: Record<string, Schema>): string {
  const named = elsewhere[definitionName(String(own['$ref'] ?? ''))];
  if (named !== undefined) return named;
  const { type, enum: choices } = property;
  if (choices !== undefined) return `one of ${(choices as string[]).map(code).join(', ')}`;
  if (type === undefined) return 'any JSON value';
  if (type === 'string') return `string${between(property['minLength'], property['maxLength'], ' characters')}`;
  if (type === 'integer') return `integer${between(property['minimum'], property['maximum'], '')}`;
  if (type === 'object') return `object: ${fieldsOf(property, definitions)}`;
  if (type !== 'array') return String(type);
  const items = resolve(property['items'] as Schema, definitions);
  return items['type'] === 'object'
    ? `array of objects: ${fieldsOf(items, definitions)}`
    : `array of ${items['type']}s`;
}

/** The names of an object's fields, a question mark behind those that may be missing. */
function fieldsOf(schema: Schema, definitions: Record<string, Schema>): string {
  const required = schema['required'] as string[];
  return Object.entries(schema['properties'] as Record<string, Schema>)
    .map(([name, own]) => {
      const mark = required.includes(name) ? '' : '?';
      const property = resolve(own, definitions);
      const inner = property['type'] === 'object' ? ` (${fieldsOf(property, definitions)})` : '';
      return `${code(`${name}${mark}`)}${inner}`;
    })
    .join(', ');
}

function between(from: unknown, to: unknown, unit: string): string {
  const least = from === undefined || (from === 0 && unit !== '') ? undefined : from;
  const most = to === Number.MAX_SAFE_INTEGER ? undefined : to;
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}${unit}`;
  if (most !== undefined) return `, at most ${most}${unit}`;
  return least === undefined ? '' : `, at least ${least}${unit}`;
}

/** On one line or, if that is too long, with a line for each field. */
function written(example: object): string {
  const line = JSON.stringify(example);
  if (line.length <= lineWidth) return line;
  const fields = Object.entries(example).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${fields.join(',\n')}\n}`;
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((cells) => cells.map(escaped))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}

function code(text: string): string {
  return `\`${text}\``;
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
