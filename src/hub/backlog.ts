/**
 * What takes longer than a turn of the loop may: a long frame for many goes out bit by bit, a bounded amount in each
 * turn. What comes after it in the same room waits until it is out, so that everyone still gets everything in order;
 * other rooms go on meanwhile.
 */
/** What is to be done step by step; each step yields what it took, in units (see `Work`). */
export interface Job {
  /** What it takes in all, about. */
  readonly units: number;
  readonly steps: Generator<number, void>;
}

/** How much is done in one turn, in units. */
const turnUnits = 1500;

/** What a step counts at least. */
const leastUnits = 2;

/** A room in which so much is still to be done takes no more: an eighth of a second. */
const fullUnits = 125_000;

interface Queue {
  readonly jobs: Job[];
  /** Of all jobs. */
  units: number;
}

export class Backlog {
  readonly #soon: (then: () => void) => void;
  readonly #failed: (error: unknown) => void;
  /** By room; the one whose turn is next comes first. */
  readonly #queues = new Map<string, Queue>();

  /** @param soon does something in another turn of the loop. */
  constructor(soon: (then: () => void) => void, failed: (error: unknown) => void) {
    this.#soon = soon;
    this.#failed = failed;
  }

  /** Whether so much is to be sent in a room that it must not become more. */
  isFull(room: string): boolean {
    return this.#queues.size > 0 && (this.#queues.get(room)?.units ?? 0) > fullUnits;
  }

  /** Whether something is being sent in a room: what has to come after it is to be added. */
  isBehind(room: string): boolean {
    return this.#queues.size > 0 && this.#queues.has(room);
  }

  add(room: string, job: Job): void {
    const queue = this.#queues.get(room) ?? { jobs: [], units: 0 };
    queue.jobs.push(job);
    queue.units += job.units;
    this.#queues.set(room, queue);
    if (this.#queues.size === 1 && queue.jobs.length === 1) this.#soon(() => this.#turn());
  }

  #turn(): void {
    let left = turnUnits;
    for (const [room, queue] of [...this.#queues]) {
      left = this.#proceed(queue, left);
      this.#queues.delete(room);
      if (queue.jobs.length > 0) this.#queues.set(room, queue);
      if (left <= 0) break;
    }
    if (this.#queues.size > 0) this.#soon(() => this.#turn());
  }

  /** @returns what is left of the turn. */
  #proceed(queue: Queue, left: number): number {
    for (let [job] = queue.jobs; job && left > 0; [job] = queue.jobs) {
      const done = this.#step(job);
      left -= Math.max(leastUnits, done ?? 0);
      if (done !== undefined) continue;
      queue.jobs.shift();
      queue.units -= job.units;
    }
    return left;
  }

  /** @returns what it took; undefined if that was all. */
  #step({ steps }: Job): number | undefined {
    try {
      const { done, value } = steps.next();
      return done ? undefined : value;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }
}
