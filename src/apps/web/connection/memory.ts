/** Data that outlives the page: in `localStorage`, for all tabs of this browser, and in `sessionStorage`, for one. */
import type { Position } from '../../../protocol/generated/frames.ts';

export interface Remembered {
  /** A credential: brings the same user back. */
  readonly ticket?: string;
  readonly name?: string;
  /** undefined at the first visit. */
  readonly rooms?: readonly string[];
  /** The position up to which each room was read. */
  readonly read?: Readonly<Record<string, Position>>;
  readonly theme?: 'light' | 'dark';
  /** A credential: gives access to the figures of the server. */
  readonly statusKey?: string;
}

export class Memory {
  readonly #storage: Storage | undefined;
  readonly #prefix: string;

  /** @param root the path of the server: several servers may share an origin, and each has its own memory. */
  constructor(storage: () => Storage, root: string) {
    this.#storage = accessible(storage);
    this.#prefix = root === '/' ? 'hubbub.' : `hubbub${root}.`;
  }

  get<Name extends keyof Remembered>(name: Name): Remembered[Name] {
    try {
      const value: unknown = JSON.parse(this.#storage?.getItem(this.#prefix + name) ?? 'null');
      return (value ?? undefined) as Remembered[Name];
    } catch {
      return undefined as Remembered[Name];
    }
  }

  set<Name extends keyof Remembered>(name: Name, value: Remembered[Name]): void {
    try {
      if (value === undefined) this.#storage?.removeItem(this.#prefix + name);
      else this.#storage?.setItem(this.#prefix + name, JSON.stringify(value));
    } catch (error) {
      console.warn('The browser does not keep this:', name, error);
    }
  }

  /** Replaces a value by one that is computed from the stored value, which another tab may have changed. */
  change<Name extends keyof Remembered>(name: Name, how: (value: Remembered[Name]) => Remembered[Name]): void {
    this.set(name, how(this.get(name)));
  }
}

/** A browser may forbid access altogether. */
function accessible(storage: () => Storage): Storage | undefined {
  try {
    return storage();
  } catch {
    return undefined;
  }
}
