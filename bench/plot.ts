/** Plots as SVG, without a script: lines over sizes on a logarithmic axis, and bars. */

export interface Point {
  readonly x: number;
  readonly y: number;
  /** The smallest and the largest of the rounds. */
  readonly range: readonly [number, number];
}

/** Something that has the same name and colour in all plots. */
export interface Named {
  readonly name: string;
  /** From 0, of twelve; more start again. */
  readonly colour: number;
}

export interface Series extends Named {
  readonly points: readonly Point[];
}

export interface PlotOptions {
  readonly title: string;
  /** Formats the labels of the vertical axis. */
  readonly format: (value: number) => string;
}

const size = { width: 460, height: 260 } as const;
const inner = { right: 24, top: 34, bottom: 34 } as const;
/** Between a label and what it belongs to. */
const gap = 6;
/** No less room for the labels of the vertical axis, so that most plots stand in line. */
const narrowest = 64;
/** The share of the quarters of the vertical axis. */
const quarters = [0, 0.25, 0.5, 0.75, 1];
export const colours = 12;

/** @param series with at least one point in all. */
export function linePlot(series: readonly Series[], { title, format }: PlotOptions): string {
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(({ x }) => x))].toSorted((a, b) => a - b);
  const top = niceTop(Math.max(...points.map(({ range: [, most] }) => most)));
  const [least = 1, most = 1] = [xs[0], xs.at(-1)];
  const span = Math.log(most / least) || 1;
  const left = Math.max(narrowest, gap + widest(quarters.map((share) => format(top * share))));
  const place = {
    x: (x: number) => left + (Math.log(x / least) / span) * (size.width - left - inner.right),
    y: (y: number) => size.height - inner.bottom - (y / top) * (size.height - inner.top - inner.bottom),
  };
  const ticks = xs.map((x) => label(place.x(x), size.height - 12, x.toLocaleString('en'), 'middle'));
  const lines = series.map(({ name, colour, points: own }) => {
    const path = own.map(({ x, y }) => `${round(place.x(x))},${round(place.y(y))}`).join(' ');
    const marks = own.map(({ x, y, range: [low, high] }) => {
      const [cx, cy] = [round(place.x(x)), round(place.y(y))];
      const bar = `<path d="M${cx} ${round(place.y(low))}V${round(place.y(high))}"/>`;
      return `${bar}<circle cx="${cx}" cy="${cy}" r="3"><title>${escapeHtml(`${name}, ${x}: ${format(y)}`)}</title></circle>`;
    });
    return `<g class="c${colour % colours}"><polyline points="${path}"/>${marks.join('')}</g>`;
  });
  return frame(title, size.height, [...grid(left, top, place.y, format), ...ticks, ...lines]);
}

/** A bar for each, the first one on top. */
export function barPlot(
  bars: readonly (Named & { readonly value: number; readonly range: readonly [number, number] })[],
  { title, format }: PlotOptions,
): string {
  const left = 2 + gap + widest(bars.map(({ name }) => name));
  const right = gap + widest(bars.map(({ value }) => format(value)));
  const height = inner.top + bars.length * 26 + 8;
  const top = Math.max(...bars.map(({ range: [, most] }) => most)) || 1;
  const width = (value: number) => (value / top) * (size.width - left - right);
  const rows = bars.map(({ name, colour, value, range: [low, high] }, at) => {
    const y = inner.top + at * 26;
    const end = left + width(value);
    return [
      label(left - gap, y + 13, name, 'end'),
      `<g class="c${colour % colours}"><rect x="${left}" y="${y}" width="${round(width(value))}" height="16" rx="2"/>`,
      `<path d="M${round(left + width(low))} ${y + 8}H${round(left + width(high))}"/></g>`,
      label(Math.max(end, left + width(high)) + gap, y + 13, format(value), 'start'),
    ].join('');
  });
  return frame(title, height, rows);
}

/** The names in the colours of the lines. */
export function legend(all: readonly Named[]): string {
  const entries = all.map(({ name, colour }) => `<span class="c${colour % colours}"><i></i>${escapeHtml(name)}</span>`);
  return `<p class="legend">${entries.join(' ')}</p>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function frame(title: string, height: number, content: readonly string[]): string {
  const head = `<text class="title" x="0" y="16">${escapeHtml(title)}</text>`;
  return `<svg viewBox="0 0 ${size.width} ${height}" role="img" aria-label="${escapeHtml(title)}">${head}${content.join('')}</svg>`;
}

function grid(left: number, top: number, y: (value: number) => number, format: (value: number) => string): string[] {
  return quarters.map((share) => {
    const at = round(y(top * share));
    const line = `<path class="grid" d="M${left} ${at}H${size.width - inner.right}"/>`;
    return line + label(left - gap, at + 4, format(top * share), 'end');
  });
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

/** An upper bound for the width of the widest of these labels: none is clipped at the edge. */
function widest(labels: readonly string[]): number {
  return 7 * Math.max(...labels.map((one) => one.length));
}

/** The next of 1, 2, 2.5, 4, 5, 8 times a power of ten. */
function niceTop(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 2.5, 4, 5, 8, 10].find((one) => one * power >= value) ?? 10;
  return factor * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
