/** Pages through a collection that changes meanwhile: ordered by key, the cursor is the last key of the page before. */

export const defaultLimit = 100;

export interface Page<T> {
  readonly items: T[];
  /** Where the next page starts; undefined on the last one. */
  readonly cursor: string | undefined;
}

/** The `limit` entries that follow `after` in the order of their keys (UTF-16 code units), in one pass over all. */
export function page<T>(entries: Iterable<T>, key: (entry: T) => string, after = '', limit = defaultLimit): Page<T> {
  const found: T[] = [];
  for (const entry of entries) {
    const own = key(entry);
    if (own <= after) continue;
    const last = found.at(-1);
    if (found.length > limit && last !== undefined && own >= key(last)) continue;
    insert(found, entry, own, key);
    if (found.length > limit + 1) found.pop();
  }
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return { items, cursor: found.length > limit && last !== undefined ? key(last) : undefined };
}

function insert<T>(sorted: T[], entry: T, own: string, key: (entry: T) => string): void {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (key(sorted[middle] as T) < own) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, entry);
}
