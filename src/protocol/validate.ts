import type { ClientFrame, ServerFrame } from './generated/frames.ts';
import { clientValidators, serverValidators } from './generated/validators.ts';
import { Refusal } from './refusal.ts';

/** What ajv reports of a thing that does not fit. */
interface ValidationError {
  instancePath: string;
  keyword: string;
  params: Record<string, unknown>;
  message?: string;
  parentSchema?: { $comment?: string };
}
type Validator = ((value: unknown) => boolean) & { errors?: ValidationError[] | null };

const client = clientValidators as unknown as Record<string, Validator | undefined>;
const server = serverValidators as unknown as Record<string, Validator | undefined>;

/** How deep a body may be nested; deeper values could exhaust the stack of whoever handles them. */
export const maxDepth = 64;

/** The frame, if `value` is one a client may send. The branch is picked by `type`, so one validator runs, once. */
export function validateClientFrame(value: unknown): ClientFrame | Refusal {
  const refusal = validate(client, value);
  if (refusal) return refusal;
  const { body } = value as { body?: unknown };
  if (typeof body === 'object' && body !== null && !(body instanceof Uint8Array)) {
    const wrong = findUnfit(body);
    if (wrong) return wrong;
  } else if (typeof body === 'number' && !Number.isFinite(body)) {
    return outOfRange();
  }
  return value as ClientFrame;
}

/** Why `frame` is not one the server may send, if so: for tests and debugging. */
export function validateServerFrame(frame: ServerFrame): Refusal | undefined {
  return validate(server, frame);
}

function validate(validators: Record<string, Validator | undefined>, value: unknown): Refusal | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return new Refusal('invalid_frame', 'a frame must be a JSON object', { path: '' });
  }
  const { type } = value as { type?: unknown };
  if (type === undefined) return new Refusal('invalid_frame', 'type is required', { path: '/type' });
  if (typeof type !== 'string') return new Refusal('invalid_frame', 'type must be a string', { path: '/type' });
  const validator = validators[type];
  if (!validator) {
    const types = Object.keys(validators).join(', ');
    return new Refusal('unknown_type', `there is no type ${quote(type)}; there are ${types}`, { path: '/type' });
  }
  if (validator(value)) return undefined;
  // The last one: those before it tell why each branch of a `oneOf` did not fit.
  return describe(type, validator.errors?.at(-1));
}

/** One error of ajv in words a person understands, with the path of the one field that is wrong. */
function describe(type: string, error: ValidationError | undefined): Refusal {
  if (!error) return new Refusal('invalid_frame', `this is not a valid ${type} frame`, { path: '' });
  const { keyword, params, instancePath, parentSchema } = error;
  const at = (property: unknown) =>
    `${instancePath}/${clip(String(property)).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  if (keyword === 'required') {
    return new Refusal('invalid_frame', `${params['missingProperty']} is required`, {
      path: at(params['missingProperty']),
    });
  }
  if (keyword === 'additionalProperties') {
    const property = params['additionalProperty'];
    const message = `${quote(String(property))} is not a field of ${type}`;
    return new Refusal('invalid_frame', message, { path: at(property) });
  }
  const field = instancePath.slice(1).replaceAll('/', '.') || type;
  const words = rule(keyword, params) ?? parentSchema?.$comment ?? error.message ?? 'is not valid';
  return new Refusal('invalid_frame', `${field} ${words}`, { path: instancePath });
}

function rule(keyword: string, params: Record<string, unknown>): string | undefined {
  switch (keyword) {
    case 'type':
      return `must be ${params['type'] === 'integer' || params['type'] === 'object' ? 'an' : 'a'} ${params['type']}`;
    case 'maxLength':
      return `must have at most ${params['limit']} characters`;
    case 'minLength':
      return params['limit'] === 1 ? 'must not be empty' : `must have at least ${params['limit']} characters`;
    case 'maximum':
      return `must be at most ${params['limit']}`;
    case 'minimum':
      return `must be at least ${params['limit']}`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as string[]).join(', ')}`;
    default:
      return undefined;
  }
}

/** Finds what JSON lets through and could not be passed on unchanged: too deep a nesting, a number past a double's range. */
function findUnfit(body: object): Refusal | undefined {
  const open: { value: object; depth: number }[] = [{ value: body, depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.depth > maxDepth) {
      return new Refusal('invalid_frame', `body must not be nested deeper than ${maxDepth} levels`, { path: '/body' });
    }
    for (const value of Object.values(next.value)) {
      if (typeof value === 'object' && value !== null) open.push({ value, depth: next.depth + 1 });
      else if (typeof value === 'number' && !Number.isFinite(value)) return outOfRange();
    }
  }
  return undefined;
}

function outOfRange(): Refusal {
  return new Refusal('invalid_frame', 'body has a number that is too large', { path: '/body' });
}

function quote(text: string): string {
  return JSON.stringify(clip(text));
}

function clip(text: string): string {
  return text.length > 80 ? `${[...text.slice(0, 160)].slice(0, 80).join('')}…` : text;
}
