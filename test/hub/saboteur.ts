import { type RoomCommand, step } from '../../src/hub/room.ts';

/** Makes room x fail: at the next command of this type, before or after the room has changed. */
export class Saboteur {
  #when: { type: RoomCommand['type']; after: boolean } | undefined;
  /** Whether it fails every time. */
  forever = false;

  next(type: RoomCommand['type'], after = false): void {
    this.#when = { type, after };
  }

  readonly step: typeof step = (room, command, now) => {
    const when = this.#when;
    if (room.name !== 'x' || when?.type !== command.type) return step(room, command, now);
    if (!this.forever) this.#when = undefined;
    if (when.after) step(room, command, now);
    throw new Error(`sabotage of ${command.type}`);
  };
}

/** Throws when this property is accessed: a defect outside of a room's step. */
export function sabotaged<Target extends object>(target: Target, part: string): Target {
  const get = () => {
    throw new Error(`sabotage of ${part}`);
  };
  return Object.defineProperty({ ...target }, part, { get, enumerable: false });
}
