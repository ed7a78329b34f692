/** How long is waited for what must come, in milliseconds. */
const patience = 30_000;

/** A queue that can be waited on: what comes is kept until it is asked for. */
export class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiting = new Set<() => void>();

  push(item: T): void {
    this.#items.push(item);
    for (const wake of this.#waiting) wake();
  }

  /** Takes the first item that `wanted` accepts, waiting for it if needed; others stay. */
  async take(wanted: (item: T) => boolean, what: string): Promise<T> {
    const end = performance.now() + patience;
    for (;;) {
      const at = this.#items.findIndex(wanted);
      if (at >= 0) return this.#items.splice(at, 1)[0] as T;
      if (performance.now() >= end)
        throw new Error(`${what} did not come; there is ${JSON.stringify(this.#items).slice(0, 2000)}`);
      await this.#change(end - performance.now());
    }
  }

  /** Takes everything that is there. */
  drain(): T[] {
    return this.#items.splice(0);
  }

  /** Something has come, or the time is over. */
  #change(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeout);
      this.#waiting.add(wake);
    });
  }
}
