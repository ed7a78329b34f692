import type { Retention } from '../log/port.ts';
import type { Refusal } from '../protocol/refusal.ts';

/** What the operator has laid down for a room. */
export interface RoomPolicy {
  /** How much of its log is kept; undefined: it has none. */
  readonly retention: Retention | undefined;
  /** Why a body may not be sent in the room, with its path in the frame (`/body/…`); undefined: any may. */
  readonly check: ((body: unknown) => Refusal | undefined) | undefined;
}
