/** The most entries in a chunk. */
const chunkSize = 128;

/**
 * A sorted list in chunks: adding or removing an entry moves few others, and a page of a hundred is found as fast among
 * a million as among a thousand.
 */
export class Sorted<T> {
  readonly #compare: (one: T, other: T) => number;
  /** No chunk is empty. */
  readonly #chunks: T[][] = [];

  /** @param compare below 0 if `one` comes before `other`; 0 only if they are the same entry. */
  constructor(compare: (one: T, other: T) => number) {
    this.#compare = compare;
  }

  /** Adds an entry that is not in the list. */
  add(entry: T): void {
    const at = this.#chunkOf((other) => this.#compare(other, entry) < 0);
    const chunk = this.#chunks[at] ?? this.#chunks.at(-1);
    const isLast = at === this.#chunks.length;
    if (!chunk || (isLast && chunk.length === chunkSize)) {
      this.#chunks.push([entry]);
      return;
    }
    const place = isLast ? chunk.length : indexIn(chunk, (other) => this.#compare(other, entry) < 0);
    chunk.splice(place, 0, entry);
    if (chunk.length > chunkSize) this.#chunks.splice(at + 1, 0, chunk.splice(chunkSize / 2));
  }

  /** Removes an entry, if it is there. */
  delete(entry: T): void {
    const at = this.#chunkOf((other) => this.#compare(other, entry) < 0);
    const chunk = this.#chunks[at];
    if (!chunk) return;
    const place = indexIn(chunk, (other) => this.#compare(other, entry) < 0);
    const found = chunk[place];
    if (found === undefined || this.#compare(found, entry) !== 0) return;
    chunk.splice(place, 1);
    const next = this.#chunks[at + 1];
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    else if (next && chunk.length + next.length <= chunkSize / 2) this.#chunks.splice(at, 2, chunk.concat(next));
  }

  /**
   * The entries from a place on; none may be added or removed while they are read.
   * @param isBefore whether an entry comes before that place: true for the first ones, and for no other.
   */
  *from(isBefore: (entry: T) => boolean): Generator<T> {
    const first = this.#chunkOf(isBefore);
    for (let at = first; at < this.#chunks.length; at += 1) {
      const chunk = this.#chunks[at] ?? [];
      const start = at === first ? indexIn(chunk, isBefore) : 0;
      for (let index = start; index < chunk.length; index += 1) yield chunk[index] as T;
    }
  }

  /** The first chunk that has an entry which is not before; the number of chunks if none has. */
  #chunkOf(isBefore: (entry: T) => boolean): number {
    return indexIn(this.#chunks, (chunk) => isBefore(chunk[chunk.length - 1] as T));
  }
}

/** Compares texts by their UTF-16 code units. */
export function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** The index of the first entry that is not before. */
function indexIn<T>(entries: readonly T[], isBefore: (entry: T) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(entries[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
