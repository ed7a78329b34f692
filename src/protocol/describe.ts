/** Explains in plain words why a value does not fit its schema. */
import { closest } from './closest.ts';
import { Refusal } from './refusal.ts';

/** No field is longer; to look for one that is near would take long. */
const longName = 40;

/** An error of ajv. */
export interface ValidationError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** With ajv's option `verbose` only. */
  readonly parentSchema?: Readonly<Record<string, unknown>>;
}

/** The value that was validated. */
export interface Subject {
  /** Its name as a whole: `join`, `body`. */
  readonly name: string;
  /** Its place in the frame: a JSON Pointer (RFC 6901), empty for the frame itself. */
  readonly path: string;
}

/**
 * A refusal with the path of the one field that is wrong.
 *
 * @param errors - the errors of ajv
 */
export function describe(errors: readonly ValidationError[] | null | undefined, { name, path }: Subject): Refusal {
  // The last error: earlier ones explain why each branch of a `oneOf` did not fit. But an `if` does not explain itself.
  const error = errors?.findLast(({ keyword }) => keyword !== 'if');
  if (!error) return new Refusal('invalid_frame', `${name} is not valid`, { path });
  const { keyword, params } = error;
  const steps = `${path}${error.instancePath}`.split('/').slice(1).map(decoded);
  const refusal = (at: readonly string[], words: string) => {
    return new Refusal('invalid_frame', `${fieldName(at, name)} ${words}`, { path: pointer(at) });
  };
  const missing = params['missingProperty'];
  if (missing !== undefined) return refusal([...steps, String(missing)], 'is required');
  const unknown = params['additionalProperty'] ?? params['unevaluatedProperty'] ?? params['propertyName'];
  if (unknown !== undefined) {
    const meant = nearest(String(unknown), error);
    const question = meant === undefined ? '' : `; did you mean ${quote(meant)}?`;
    const message = `${quote(String(unknown))} is not a field of ${fieldName(steps, name)}${question}`;
    return new Refusal('invalid_frame', message, { path: pointer([...steps, String(unknown)]) });
  }
  if (keyword === 'not') return refusal(steps, commentOf(error) ?? 'is not allowed');
  return refusal(steps, rule(keyword, params) ?? commentOf(error) ?? error.message ?? 'is not valid');
}

/** The field that was probably meant. */
function nearest(unknown: string, { parentSchema }: ValidationError): string | undefined {
  const fields = parentSchema?.['properties'];
  if (unknown.length > longName || typeof fields !== 'object' || fields === null) return undefined;
  return closest(unknown, Object.keys(fields));
}

/** In quotes, and not too long. */
export function quote(text: string): string {
  return JSON.stringify(clip(text));
}

function rule(keyword: string, params: Readonly<Record<string, unknown>>): string | undefined {
  switch (keyword) {
    case 'type':
      return `must be ${[params['type']].flat().map(withArticle).join(' or ')}`;
    case 'maxLength':
      return `must have at most ${params['limit']} characters`;
    case 'minLength':
      return params['limit'] === 1 ? 'must not be empty' : `must have at least ${params['limit']} characters`;
    case 'maxItems':
      return `must have at most ${params['limit']} items`;
    case 'minItems':
      return params['limit'] === 1 ? 'must not be empty' : `must have at least ${params['limit']} items`;
    case 'maximum':
      return `must be at most ${params['limit']}`;
    case 'minimum':
      return `must be at least ${params['limit']}`;
    case 'exclusiveMaximum':
      return `must be less than ${params['limit']}`;
    case 'exclusiveMinimum':
      return `must be more than ${params['limit']}`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map(written).join(', ')}`;
    case 'const':
      return `must be ${written(params['allowedValue'])}`;
    case 'false schema':
      return 'is not allowed';
    default:
      return undefined;
  }
}

/** The meaning of a pattern or a choice, if the schema has it in words. */
function commentOf({ parentSchema }: ValidationError): string | undefined {
  const comment = parentSchema?.['$comment'];
  return typeof comment === 'string' ? comment : undefined;
}

function withArticle(type: unknown): string {
  if (type === 'null') return type;
  return type === 'integer' || type === 'object' || type === 'array' ? `an ${type}` : `a ${type}`;
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `body.authors.0`, or the name of the whole. */
function fieldName(steps: readonly string[], whole: string): string {
  return steps.map(clip).join('.') || whole;
}

function pointer(steps: readonly string[]): string {
  return steps.map((step) => `/${clip(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function decoded(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

function clip(text: string): string {
  return text.length > 80 ? `${[...text.slice(0, 160)].slice(0, 80).join('')}…` : text;
}
