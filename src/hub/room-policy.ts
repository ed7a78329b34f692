import type { Retention } from '../log/port.ts';
import type { Refusal } from '../protocol/refusal.ts';

/** The operator's policy for a room. */
export interface RoomPolicy {
  /** How much of its log is kept; undefined if it has no log. */
  readonly retention: Retention | undefined;
  /** Checks a body: returns a refusal with the path in the frame (`/body/…`). undefined if any body is allowed. */
  readonly check: ((body: unknown) => Refusal | undefined) | undefined;
}
