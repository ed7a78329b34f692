/**
 * Listeners by event. A listener that throws is reported like an error in any event handler, and does not stop others.
 */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  on<Event extends keyof Events>(event: Event, listener: (event: Events[Event]) => void): () => void {
    // A new function per call: the same listener may be added twice.
    const own = (value: Events[Event]) => listener(value);
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(own));
    return () => listeners.delete(own);
  }

  emit<Event extends keyof Events>(event: Event, value: Events[Event]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      call(listener as (event: Events[Event]) => void, value);
    }
  }
}

export function call<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
