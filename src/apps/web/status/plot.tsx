/** One figure over the last minutes. */
import { useState } from 'preact/hooks';
import { type Point, span } from './figures.ts';
import { areaOf, type Frame, lineOf, nearest, xOf, yOf } from './scale.ts';

export interface PlotProps {
  readonly title: string;
  readonly points: readonly Point[];
  /** A second line, in the same unit. */
  readonly second?: { readonly title: string; readonly points: readonly Point[] };
  readonly words: (value: number) => string;
  /** The value at the upper side. */
  readonly top: (values: readonly number[]) => number;
}

const size = { width: 320, height: 110, left: 0, bottom: 18, above: 6 };

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

export function Plot({ title, points, second, words, top }: PlotProps) {
  const [cross, setCross] = useState<number>();
  const values = [...points, ...(second?.points ?? [])].map(({ value }) => value);
  const last = points.at(-1);
  const frame: Frame = { width: size.width, height: size.height, end: last?.at ?? 0, span, top: top(values) };
  const most = points.reduce((one, { value }) => Math.max(one, value), 0);
  const at = cross === undefined ? undefined : nearest(points, frame.end - (1 - cross) * span);
  const shown = at ?? last;
  const other = second && (at ? nearest(second.points, at.at) : second.points.at(-1));
  const now = last ? words(last.value) : '–';
  return (
    <section class="plot" aria-label={title}>
      <h2>{title}</h2>
      <p class="plot-value">
        {now} {second && last && <small>{`${second.title} ${words(second.points.at(-1)?.value ?? 0)}`}</small>}
      </p>
      <svg
        viewBox={`0 ${-size.above} ${size.width} ${size.height + size.bottom + size.above}`}
        role="img"
        aria-label={`${title} over the last five minutes: now ${now}, at most ${words(most)}`}
        onPointerMove={({ currentTarget, clientX }) => {
          const { left, width } = currentTarget.getBoundingClientRect();
          setCross(Math.min(1, Math.max(0, (clientX - left) / width)));
        }}
        onPointerLeave={() => setCross(undefined)}
      >
        {[0, 0.5, 1].map((part) => (
          <line key={part} class="plot-grid" x1="0" x2={size.width} y1={part * size.height} y2={part * size.height} />
        ))}
        <path class="plot-area" d={areaOf(frame, points)} />
        {second && <path class="plot-line second" d={lineOf(frame, second.points)} />}
        <path class="plot-line" d={lineOf(frame, points)} />
        {at && (
          <>
            <line class="plot-cross" x1={xOf(frame, at.at)} x2={xOf(frame, at.at)} y1="0" y2={size.height} />
            <circle class="plot-dot" cx={xOf(frame, at.at)} cy={yOf(frame, at.value)} r="3.5" />
          </>
        )}
        <text x="2" y="12">
          {words(frame.top)}
        </text>
        <text x="0" y={size.height + 14}>
          5 min ago
        </text>
        <text x={size.width} y={size.height + 14} text-anchor="end">
          now
        </text>
      </svg>
      <p class="plot-legend">
        <span>{at && shown ? `${clock.format(shown.at)}: ${words(shown.value)}` : `at most ${words(most)}`}</span>
        <span>{at && second && other && `${second.title} ${words(other.value)}`}</span>
      </p>
    </section>
  );
}
