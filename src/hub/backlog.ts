/**
 * Work that would take longer than a turn of the loop may: a long frame for many receivers goes out in steps, a bounded
 * number in each turn. Later frames of the same room wait until it is out, so that everyone still gets everything in
 * order; other rooms go on in the meantime.
 */

/** Work in steps; each step yields its cost in units (see `Work`). */
export interface Job {
  /** The approximate total cost. */
  readonly units: number;
  readonly steps: Generator<number, void>;
}

/** How much is done in one turn, in units. */
const turnUnits = 1500;

/** The least that a step counts. */
const leastUnits = 2;

/** A room with this much waiting takes no more: an eighth of a second. */
const fullUnits = 125_000;

interface Queue {
  readonly jobs: Job[];
  /** Of all jobs. */
  units: number;
}

export class Backlog {
  readonly #soon: (then: () => void) => void;
  readonly #failed: (error: unknown) => void;
  /** By room; the next one to be served comes first. */
  readonly #queues = new Map<string, Queue>();

  /** @param soon does something in another turn of the loop. */
  constructor(soon: (then: () => void) => void, failed: (error: unknown) => void) {
    this.#soon = soon;
    this.#failed = failed;
  }

  /** Whether so much is waiting in a room that nothing may be added. */
  isFull(room: string): boolean {
    return this.#queues.size > 0 && (this.#queues.get(room)?.units ?? 0) > fullUnits;
  }

  /** Whether something is being sent in a room: later frames have to be added here. */
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

  /** @returns the units left in this turn. */
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

  /** @returns the cost of the step; undefined if the job is done. */
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
