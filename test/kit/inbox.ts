/** How long to wait for expected items, in milliseconds. */
const patience = 30_000;

/** A queue that can be awaited: items are kept until they are taken. */
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

  /** Settles when an item has arrived, or the time is up. */
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
