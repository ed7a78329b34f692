import { MemoryLog } from '../../src/log/memory.ts';
import type { Commit, Entry, Unavailable } from '../../src/log/port.ts';

/** A log in memory that commits, and takes entries, when the test says so. */
export class HeldLog extends MemoryLog {
  /** Why nothing is taken now. */
  refusal: Unavailable | undefined;
  readonly #uncommitted: { readonly room: string; readonly seq: number }[] = [];

  constructor(newEpoch: () => string) {
    super({
      durability: 'process',
      maxBytes: Number.POSITIVE_INFINITY,
      maxQueue: Number.POSITIVE_INFINITY,
      idWindow: { time: 60_000, count: 1000 },
      seed: 1,
      newEpoch,
      events: { committed: () => undefined, status: () => undefined, damaged: () => undefined },
    });
  }

  override unavailable(room: string): Unavailable | undefined {
    return this.refusal ?? super.unavailable(room);
  }

  override append(room: string, entry: Entry): Unavailable | undefined {
    const unavailable = super.append(room, entry);
    if (!unavailable) this.#uncommitted.push({ room, seq: entry.seq });
    return unavailable;
  }

  /** How many entries wait. */
  get waiting(): number {
    return this.#uncommitted.length;
  }

  /** Commits what was appended first. */
  commit(count = this.#uncommitted.length): Commit[] {
    const latest = new Map(this.#uncommitted.splice(0, count).map(({ room, seq }) => [room, seq]));
    return Array.from(latest, ([room, seq]) => ({ room, seq }));
  }
}
