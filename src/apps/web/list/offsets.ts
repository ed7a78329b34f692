/** The positions of the rows of a list, from their measured or, before that, estimated heights. */

export interface Sized {
  readonly key: string;
  /** An estimate, in pixels. */
  readonly height: number;
}

/** Where each row starts, in pixels; after the last one, where the list ends. */
export type Offsets = Float64Array;

export function offsetsOf(rows: readonly Sized[], measured: ReadonlyMap<string, number>): Offsets {
  const offsets = new Float64Array(rows.length + 1);
  let end = 0;
  for (const [index, row] of rows.entries()) {
    end += measured.get(row.key) ?? row.height;
    offsets[index + 1] = end;
  }
  return offsets;
}

/** The row at an offset: the last one that starts there or before. */
export function rowAt(offsets: Offsets, place: number): number {
  let low = 0;
  let high = offsets.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

/** From one row up to another, which is not included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The rows that overlap the area between `top` and `bottom`. */
export function rangeOf(offsets: Offsets, top: number, bottom: number): Range {
  if (offsets.length < 2) return { from: 0, to: 0 };
  return { from: rowAt(offsets, top), to: rowAt(offsets, bottom) + 1 };
}

/** What stays in its place when the list changes: its end, or a row at a distance above the top of the viewport. */
export type Anchor = 'end' | { readonly key: string; readonly above: number };

/** @returns how far to scroll the list; undefined if the anchor is gone. */
export function placeOf(
  anchor: Anchor,
  rows: readonly Sized[],
  offsets: Offsets,
  viewport: number,
): number | undefined {
  const end = Math.max(0, (offsets.at(-1) ?? 0) - viewport);
  if (anchor === 'end') return end;
  const index = rows.findIndex(({ key }) => key === anchor.key);
  return index < 0 ? undefined : Math.min(end, Math.max(0, (offsets[index] ?? 0) + anchor.above));
}
