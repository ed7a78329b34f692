import { describe, quote, type ValidationError } from './describe.ts';
import type { ClientFrame, ServerFrame } from './generated/frames.ts';
import { clientValidators, serverValidators } from './generated/validators.ts';
import { Refusal } from './refusal.ts';

type Validator = ((value: unknown) => boolean) & { errors?: ValidationError[] | null };

const client = clientValidators as unknown as Record<string, Validator | undefined>;
const server = serverValidators as unknown as Record<string, Validator | undefined>;

/** How deep a body may be nested; deeper values could exhaust the stack of a receiver. */
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

/** Why the server must not send `frame`, or undefined: for tests and debugging. */
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
  return validator(value) ? undefined : describe(validator.errors, { name: type, path: '' });
}

/** Finds valid JSON that cannot be passed on unchanged: too deep a nesting, a number beyond the range of a double. */
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
