/** The parts of PROTOCOL.md that say what the schemas and the code tables say: a section per frame, and the codes. */
import { closeCodes, errorCodes } from '../../src/protocol/codes.ts';
import { definitionName, type Schema, type Schemas } from './schemas.ts';

/** What stands in the type column for a definition whose values are listed in a table of their own. */
const elsewhere: Readonly<Record<string, string>> = {
  errorCode: 'one of the [error codes](#error-codes)',
  closeReason: 'one of the reasons under [close codes](#close-codes)',
};

/** Examples up to this many characters stand on one line. */
const lineWidth = 120;

/** One section per frame: what it is for, its fields, an example. */
export function frameSections(frames: Record<string, Schema>, { definitions }: Schemas): string {
  return Object.entries(frames)
    .map(([type, schema]) => section(type, schema, definitions))
    .join('\n\n');
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

function section(type: string, schema: Schema, definitions: Record<string, Schema>): string {
  const required = schema['required'] as string[];
  const fields = Object.entries(schema['properties'] as Record<string, Schema>).filter(([field]) => field !== 'type');
  const rows = fields.map(([field, own]) => {
    const property = resolve(own, definitions);
    const { description } = property;
    if (typeof description !== 'string') throw new Error(`${type}.${field} has no description`);
    return [code(field), typeOf(property, own, definitions), yesOrNo(required.includes(field)), description];
  });
  const rule = schema['$comment'] === undefined ? '' : ` It ${schema['$comment']}.`;
  return [
    `### \`${type}\``,
    `${schema['description']}${rule}`,
    table(['field', 'type', 'required', 'meaning'], rows),
    `\`\`\`json\n${written((schema['examples'] as unknown[])[0])}\n\`\`\``,
  ].join('\n\n');
}

/** The definition behind a `$ref`; what stands beside the `$ref` goes before it. */
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
      return `${code(name)}${mark}${inner}`;
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

function written(example: unknown): string {
  const line = JSON.stringify(example);
  return line.length <= lineWidth ? line : JSON.stringify(example, null, 2);
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
