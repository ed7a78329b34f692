/** The policies of rooms by the operator's rules: what they keep, and which bodies may be sent in them. */
import type { RoomPolicy } from '../hub/room-policy.ts';
import type { Retention } from '../log/port.ts';
import { compileBody } from './body.ts';
import { PolicyError } from './error.ts';
import { matcher } from './match.ts';

/** A rule for rooms with certain names. Fields that are left out have the default of a room without a rule. */
export interface RoomRule {
  /** Names the rule in errors. */
  readonly origin: string;
  /** The name of a room; `*` stands for any run of characters, also for none. */
  readonly match: string;
  readonly log?: Retention | 'off';
  /** The JSON Schema of the bodies; `origin` names it in errors. */
  readonly body?: { readonly origin: string; readonly schema: unknown };
}

/** The policy of a room, with the schema for clients that ask for it. */
export interface Policy extends RoomPolicy {
  /** The JSON Schema of the bodies, as the operator wrote it. */
  readonly schema: unknown | undefined;
}

const day = 24 * 60 * 60 * 1000;

/** For a room without a rule about it. */
const defaultRetention: Retention = { count: 10_000, age: 30 * day };

const noRule: Policy = { retention: defaultRetention, check: undefined, schema: undefined };

export class Policies {
  readonly #rules: readonly { readonly matches: (room: string) => boolean; readonly policy: Policy }[];

  /**
   * @param rules - the first one that matches a room counts
   * @throws PolicyError if a schema cannot be used, or an earlier rule matches all rooms of a later one
   */
  constructor(rules: readonly RoomRule[]) {
    for (const [index, rule] of rules.entries()) checkReached(rule, rules.slice(0, index));
    this.#rules = rules.map((rule) => ({ matches: matcher(rule.match), policy: toPolicy(rule) }));
  }

  /** The policy of the room of this name. Rooms of one rule share one policy. */
  of(room: string): Policy {
    return this.#rules.find(({ matches }) => matches(room))?.policy ?? noRule;
  }
}

function toPolicy({ match, log = defaultRetention, body }: RoomRule): Policy {
  return {
    retention: log === 'off' ? undefined : log,
    check: body && compileBody(body.schema, `${body.origin}, for "${match}"`),
    schema: body?.schema,
  };
}

/** A pattern that matches another pattern as text matches every name that the other one matches. */
function checkReached({ origin, match }: RoomRule, before: readonly RoomRule[]): void {
  const first = before.find((rule) => matcher(rule.match)(match));
  if (first) throw new PolicyError(`${origin} never applies: "${first.match}" before it matches all of "${match}"`);
}
