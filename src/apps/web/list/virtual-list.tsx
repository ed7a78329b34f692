/**
 * A list that has only its visible rows in the document. Rows may have any height, which may change. The row that is
 * being read stays in its place when rows are added before it; at the end, the list stays at the end.
 */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import { type Anchor, type Offsets, offsetsOf, placeOf, type Range, rangeOf, rowAt, type Sized } from './offsets.ts';

/** How much is drawn beyond the viewport, and how close to the beginning more rows are requested, in pixels. */
const margin = { drawn: 600, start: 1200 };

/** Within this distance of the end, in pixels, the list counts as being at the end. */
const tolerance = 8;

export interface Steering {
  toEnd(): void;
  /** Scrolls by a fraction of the viewport. */
  page(pages: number): void;
}

export interface VirtualListProps<Row extends Sized> {
  readonly rows: readonly Row[];
  readonly label: string;
  /** Whether a row may be the anchor. */
  readonly isAnchor: (row: Row) => boolean;
  readonly render: (row: Row) => ComponentChildren;
  /** The row to show first; undefined for the end. */
  readonly startAt?: string | undefined;
  /** The beginning is near. */
  readonly onStart: () => void;
  readonly onEnd: (atEnd: boolean) => void;
  readonly steer: (steering: Steering) => void;
}

interface Geometry {
  readonly measured: Map<string, number>;
  /** The keys of the rows in the document, and their positions. */
  settled: { readonly keys: readonly (string | undefined)[]; readonly offsets: Offsets };
  anchor: Anchor;
  offsets: Offsets;
  viewport: number;
  /** The scroll position that this component has set. */
  placed: number;
  drawn: Range;
  atEnd: boolean | undefined;
}

export function VirtualList<Row extends Sized>(props: VirtualListProps<Row>) {
  const { rows, label, isAnchor, render, startAt, onStart, onEnd, steer } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const { current: geometry } = useRef<Geometry>({
    measured: new Map(),
    settled: { keys: [], offsets: new Float64Array(1) },
    anchor: startAt === undefined ? 'end' : { key: startAt, above: -120 },
    offsets: new Float64Array(1),
    viewport: 800,
    placed: 0,
    drawn: { from: 0, to: 0 },
    atEnd: undefined,
  });
  geometry.offsets = offsetsOf(rows, geometry.measured);
  const place = placeOf(geometry.anchor, rows, geometry.offsets, geometry.viewport) ?? geometry.placed;
  geometry.drawn = around(geometry, place);
  const { from, to } = geometry.drawn;

  // After every render: measures the drawn rows, and puts the anchor back into its place.
  useLayoutEffect(() => {
    const { current: outer } = scroller;
    const { current: inner } = list;
    if (!outer || !inner) return;
    // The person has scrolled, and the event is still to come. (At the end, the list has become shorter instead.)
    if (hasMoved(outer) && !isAtEnd(outer)) geometry.anchor = anchorAt(outer.scrollTop);
    geometry.viewport = outer.clientHeight;
    let hasChanged = false;
    for (const [index, element] of Array.from(inner.children).entries()) {
      const row = rows[from + index];
      if (!row) continue;
      const { height } = element.getBoundingClientRect();
      if (Math.abs((geometry.measured.get(row.key) ?? -1) - height) < 0.1) continue;
      geometry.measured.set(row.key, height);
      hasChanged = true;
    }
    if (hasChanged) geometry.offsets = offsetsOf(rows, geometry.measured);
    // Also without a change: Preact leaves an unchanged style as this code set it before.
    setSpace(inner, geometry.offsets, geometry.drawn);
    const wanted = placeOf(geometry.anchor, rows, geometry.offsets, geometry.viewport) ?? outer.scrollTop;
    if (Math.abs(outer.scrollTop - wanted) > 0.5) outer.scrollTop = wanted;
    geometry.placed = outer.scrollTop;
    geometry.settled = { keys: rows.map((row) => (isAnchor(row) ? row.key : undefined)), offsets: geometry.offsets };
    if (isAtEnd(outer)) geometry.anchor = 'end';
    const seen = around(geometry, wanted);
    if (seen.from < from || seen.to > to) redraw(undefined);
    report();
  });

  // Heights change later: an image has loaded, the window is narrower.
  useEffect(() => {
    const { current: outer } = scroller;
    const { current: inner } = list;
    if (!outer || !inner) return undefined;
    const observer = new ResizeObserver(() => redraw(undefined));
    observer.observe(outer);
    observer.observe(inner);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    steer({
      toEnd() {
        geometry.anchor = 'end';
        redraw(undefined);
      },
      page(pages) {
        scroller.current?.scrollBy({ top: pages * geometry.viewport * 0.9 });
      },
    });
  }, []);

  const report = () => {
    const { current: outer } = scroller;
    if (!outer) return;
    if (outer.scrollTop < margin.start) onStart();
    const atEnd = geometry.anchor === 'end';
    if (atEnd !== geometry.atEnd) onEnd(atEnd);
    geometry.atEnd = atEnd;
  };

  const scrolled = () => {
    const { current: outer } = scroller;
    if (!outer || !hasMoved(outer)) return;
    const { scrollTop } = outer;
    geometry.placed = scrollTop;
    // Read it now: when the list or the viewport becomes smaller, the browser scrolls.
    geometry.anchor = isAtEnd(outer) ? 'end' : anchorAt(scrollTop);
    const seen = rangeOf(
      geometry.offsets,
      scrollTop - margin.drawn / 2,
      scrollTop + geometry.viewport + margin.drawn / 2,
    );
    if (seen.from < geometry.drawn.from || seen.to > geometry.drawn.to) redraw(undefined);
    report();
  };

  const hasMoved = ({ scrollTop }: HTMLElement): boolean => Math.abs(scrollTop - geometry.placed) >= 1;

  /** The first visible row that may be an anchor. */
  const anchorAt = (scrollTop: number): Anchor => {
    const { keys, offsets } = geometry.settled;
    const first = rowAt(offsets, scrollTop);
    const found = keys.findIndex((key, index) => index >= first && key !== undefined);
    const key = keys[found];
    return key === undefined ? 'end' : { key, above: scrollTop - (offsets[found] ?? 0) };
  };

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keyboard users scroll with it.
    <section class="scroller" ref={scroller} onScroll={scrolled} tabIndex={0} aria-label={label}>
      <ol class="rows" ref={list} style={spaceOf(geometry.offsets, geometry.drawn)}>
        {rows.slice(from, to).map((row, index) => (
          <li key={row.key} aria-posinset={from + index + 1} aria-setsize={rows.length}>
            {render(row)}
          </li>
        ))}
      </ol>
    </section>
  );
}

function isAtEnd({ scrollTop, scrollHeight, clientHeight }: HTMLElement): boolean {
  return scrollTop >= scrollHeight - clientHeight - tolerance;
}

function around({ offsets, viewport }: Geometry, place: number): Range {
  return rangeOf(offsets, place - margin.drawn, place + viewport + margin.drawn);
}

/** The space of the rows that are not drawn. */
function spaceOf(offsets: Offsets, { from, to }: Range): { paddingTop: string; paddingBottom: string } {
  const [before, after] = [offsets[from] ?? 0, (offsets.at(-1) ?? 0) - (offsets[to] ?? 0)];
  return { paddingTop: `${before}px`, paddingBottom: `${after}px` };
}

function setSpace(list: HTMLElement, offsets: Offsets, drawn: Range): void {
  Object.assign(list.style, spaceOf(offsets, drawn));
}
