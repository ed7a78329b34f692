/**
 * Pages through a collection that may change in between: it is ordered by key, and the cursor is the last key of a
 * page.
 */

export const defaultLimit = 100;

export interface Page<T> {
  readonly items: T[];
  /** Where the next page starts; undefined on the last one. */
  readonly cursor: string | undefined;
}

/** @param entries those after the cursor, in order; one more is read than the page has. */
export function page<T>(entries: Iterable<T>, key: (entry: T) => string, limit = defaultLimit): Page<T> {
  const items: T[] = [];
  for (const entry of entries) {
    const last = items.at(-1);
    if (last !== undefined && items.length === limit) return { items, cursor: key(last) };
    items.push(entry);
  }
  return { items, cursor: undefined };
}
