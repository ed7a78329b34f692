/** Maps figures to positions in a drawing. */
import type { Point } from './figures.ts';

/** A round number that is not less than any of these: 1, 2 or 5, and zeros. */
export function roundTop(values: readonly number[], least: number): number {
  const most = values.reduce((one, other) => Math.max(one, other), least);
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 5, 10].find((one) => one * power >= most) ?? 10;
  return factor * power;
}

/** As `roundTop`, for bytes: powers of two. */
export function roundBytes(values: readonly number[], least: number): number {
  const most = values.reduce((one, other) => Math.max(one, other), least);
  return 2 ** Math.ceil(Math.log2(most));
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  /** The time at the right side, and the time span to its left, in milliseconds. */
  readonly end: number;
  readonly span: number;
  readonly top: number;
}

export function xOf({ width, end, span }: Frame, at: number): number {
  return Math.round((1 - (end - at) / span) * width * 10) / 10;
}

export function yOf({ height, top }: Frame, value: number): number {
  return Math.round((1 - Math.min(1, value / top)) * height * 10) / 10;
}

/** A path for SVG, with gaps where no figures came for a while. */
export function lineOf(frame: Frame, points: readonly Point[]): string {
  return points
    .map(({ at, value }, index) => {
      const before = points[index - 1];
      const isBroken = !before || at - before.at > longest;
      return `${isBroken ? 'M' : 'L'}${xOf(frame, at)} ${yOf(frame, value)}`;
    })
    .join('');
}

/** The longest time between two points that are connected, in milliseconds. */
const longest = 5000;

/** The area under the line. */
export function areaOf(frame: Frame, points: readonly Point[]): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return '';
  const line = lineOf(frame, points).replaceAll('M', 'L').slice(1);
  return `M${xOf(frame, first.at)} ${frame.height}L${line}L${xOf(frame, last.at)} ${frame.height}Z`;
}

export function nearest(points: readonly Point[], at: number): Point | undefined {
  return points.reduce<Point | undefined>((best, point) => {
    return !best || Math.abs(point.at - at) < Math.abs(best.at - at) ? point : best;
  }, undefined);
}
