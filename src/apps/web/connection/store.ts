/** The state, and its listeners. */
import { type Happening, reduce } from '../state/reduce.ts';
import { initial, type State } from '../state/state.ts';

export class Store {
  #state: State;
  readonly #listeners = new Set<(state: State, before: State) => void>();

  constructor(state: State = initial) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  tell(happening: Happening): void {
    const before = this.#state;
    this.#state = reduce(before, happening);
    if (this.#state === before) return;
    for (const listener of this.#listeners) listener(this.#state, before);
  }

  /** @returns a function that removes the listener. */
  watch(listener: (state: State, before: State) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
