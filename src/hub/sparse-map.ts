const none: readonly never[] = [];

/** A map that takes next to no memory while it is empty, as it is in most rooms most of the time. */
export class SparseMap<K, V> {
  #map: Map<K, V> | undefined;

  get size(): number {
    return this.#map?.size ?? 0;
  }

  get(key: K): V | undefined {
    return this.#map?.get(key);
  }

  has(key: K): boolean {
    return this.#map?.has(key) ?? false;
  }

  set(key: K, value: V): void {
    this.#map ??= new Map();
    this.#map.set(key, value);
  }

  delete(key: K): boolean {
    const isGone = this.#map?.delete(key) ?? false;
    if (this.#map?.size === 0) this.#map = undefined;
    return isGone;
  }

  clear(): void {
    this.#map = undefined;
  }

  /** In the order of insertion; entries may be deleted during the iteration. */
  [Symbol.iterator](): Iterator<[K, V]> {
    return (this.#map ?? none)[Symbol.iterator]();
  }
}
