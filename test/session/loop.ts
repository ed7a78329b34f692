import { Work } from '../../src/hub/work.ts';
import { Turns, type Waiting } from '../../src/session/turns.ts';

/** An event loop whose turns and clock the test controls. */
export class Loop {
  readonly work = new Work();
  now = 0;
  #soon: (() => void)[] = [];
  readonly failures: unknown[] = [];
  #later: { then: () => void; at: number }[] = [];
  readonly turns = new Turns(this.work, {
    now: () => this.now,
    soon: (then) => this.#soon.push(then),
    later: (then, delay) => this.#later.push({ then, at: this.now + delay }),
    failed: (error) => this.failures.push(error),
  });

  /** One turn of the loop. @returns whether anything was planned for it. */
  turn(): boolean {
    const due = this.#later.filter(({ at }) => at <= this.now);
    this.#later = this.#later.filter(({ at }) => at > this.now);
    const planned = [...due.map(({ then }) => then), ...this.#soon.splice(0)];
    for (const then of planned) then();
    return planned.length > 0;
  }

  /** A connection with `pieces` of work, each of which costs `cost` units. */
  connection(name: string, pieces: number, cost: number, used = 0): Waiting & { done: number } {
    const connection = {
      done: 0,
      demand: () => used,
      proceed: () => {
        connection.done += 1;
        this.done.push(name);
        this.work.own += cost;
        used += cost;
        return connection.done < pieces ? 0 : undefined;
      },
    };
    return connection;
  }

  readonly done: string[] = [];
}
