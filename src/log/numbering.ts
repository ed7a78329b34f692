/**
 * Which numbers of a room may be given to messages. A message is sent to others before it is committed, and the process
 * may be killed in between: its number must not be given to another message. So numbers are reserved in advance.
 *
 * A room's record in the store has a checkpoint, `next`. A process gives out numbers up to `block` above the last
 * checkpoint that is committed; long before it gets there it writes another one. If the store was not closed, the next
 * process starts `jump` above the checkpoint it finds, once for each time that has happened since the checkpoint was
 * written. So opening a room writes nothing and waits for nothing.
 *
 * `jump` is twice a block, because a power loss may undo the last commit, and a checkpoint with it: the lost checkpoint
 * was up to a block above the one before, and messages up to a block above the lost one.
 */
export const block = 100_000;
export const jump = 2 * block;

/** After how many numbers a new checkpoint is written. */
const stride = block / 2;

/** The first number that was certainly never given out. */
export function resume(checkpoint: { next: number; crashes: number }, crashes: number): number {
  return checkpoint.next + (crashes - checkpoint.crashes) * jump;
}

export class Numbering {
  /** The first number not given out yet. */
  next: number;
  /** The last checkpoint that was written or is on its way. */
  checkpoint: number;
  /** No number from here on may be given out. */
  #limit: number;

  /** @param checkpoint the number in the store; it differs from `next` after a crash. */
  constructor(next: number, checkpoint = next) {
    this.next = next;
    this.checkpoint = checkpoint;
    this.#limit = next + block;
  }

  /** Whether this number is reserved, or was certainly seen by nobody: in an import numbers are not consecutive. */
  allows(seq: number): boolean {
    return seq < this.#limit || seq > this.next;
  }

  /** Gives out a number. @returns whether to write a checkpoint now. */
  take(seq: number): boolean {
    const skips = seq > this.next;
    this.next = seq + 1;
    if (skips) this.#limit = Math.max(this.#limit, seq + block);
    return skips || this.next - this.checkpoint >= stride;
  }

  /** A checkpoint was committed. */
  committed(checkpoint: number): void {
    this.#limit = Math.max(this.#limit, checkpoint + block);
  }
}
