/**
 * What takes longer than a turn of the loop may: a long frame for many goes out bit by bit, a bounded amount in each
 * turn. What comes after it in the same room waits until it is out, so that everyone still gets everything in order;
 * other rooms go on meanwhile.
 */
/** What is to be done step by step; each step yields how many bytes it sent. */
export interface Job {
  /** How many bytes it sends in all, about. */
  readonly bytes: number;
  readonly steps: Iterator<number, void>;
}

/** How many bytes go out in one turn. */
const turnBytes = 1 << 20;

/** What a step counts at least: it takes its time, even if it sends nothing. */
const stepBytes = 1024;

/** A room that has more than so many bytes to send takes no more. */
const fullBytes = 256 << 20;

interface Queue {
  readonly jobs: Job[];
  /** Of all jobs. */
  bytes: number;
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
    return this.#queues.size > 0 && (this.#queues.get(room)?.bytes ?? 0) > fullBytes;
  }

  /** Whether something is being sent in a room: what has to come after it is to be added. */
  isBehind(room: string): boolean {
    return this.#queues.size > 0 && this.#queues.has(room);
  }

  add(room: string, job: Job): void {
    const queue = this.#queues.get(room) ?? { jobs: [], bytes: 0 };
    queue.jobs.push(job);
    queue.bytes += job.bytes;
    this.#queues.set(room, queue);
    if (this.#queues.size === 1 && queue.jobs.length === 1) this.#soon(() => this.#turn());
  }

  #turn(): void {
    let left = turnBytes;
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
      const sent = this.#step(job);
      left -= Math.max(stepBytes, sent ?? 0);
      if (sent !== undefined) continue;
      queue.jobs.shift();
      queue.bytes -= job.bytes;
    }
    return left;
  }

  /** @returns how many bytes were sent; undefined if that was all. */
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
