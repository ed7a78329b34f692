/** Entries as lines of a terminal: time, name and text in columns. */
import { shown } from '../../protocol/names.ts';
import { dim, type Line, type Span, type Style, span, widthOf, wrap } from '../terminal/line.ts';
import { shorten, width } from '../terminal/width.ts';
import type { Content, Entry, Person } from './entries.ts';
import { changeWords, gapWords, linesOf, namesIn, saidIn } from './words.ts';

export interface ViewOptions {
  /** How wide a line may be. */
  readonly columns: number;
  /** Whether each message shows its room, because several rooms are shown together. */
  readonly rooms?: boolean;
}

/** From this width on, names have a column of their own. */
const roomy = 60;
const nameColumns = { alone: 12, withRoom: 15 };
/** Longer names are cut off. */
export const longName = 24;
const timeColumn = 6;
const margin = span(' '.repeat(timeColumn));
/** Stands for the time of a message on its way. */
const waiting = '  …';

/** The lines of one entry, each of them no wider than the terminal. */
export function view(entry: Entry, options: ViewOptions): Line[] {
  switch (entry.kind) {
    case 'message':
      return said(entry, [name(entry.from)], entry.from, options, entry.room);
    case 'direct':
      return said(entry, [name(entry.from), span(' → ', dim), name(entry.to)], entry.from, options);
    case 'broadcast':
      return said(entry, [name(entry.from), span(' → everyone', dim)], entry.from, options);
    case 'presence':
      return presence(entry).flatMap(([mark, text]) =>
        block(entry.at, [span(mark, dim)], [[span(text + where(entry.room, options), dim)]], options),
      );
    case 'gap':
      return wrap(
        [margin, span(gapWords(entry.gap) + where(entry.room, options), { colour: 'yellow' })],
        options.columns,
        [margin],
      );
    case 'unsent':
      return unsent(entry, options);
    case 'notice':
      return notice(entry, options);
    case 'heading':
      return [heading(entry.text, options.columns)];
  }
}

/** `── 12 November ───` */
function heading(text: string, columns: number): Line {
  const title = ` ${shorten(text, Math.max(8, columns - 10))} `;
  const rest = Math.max(2, Math.min(columns, 72) - 2 - width(title));
  return [span('──', dim), span(title, { bold: true }), span('─'.repeat(rest), dim)];
}

function name({ id, name, tag }: Person): Span {
  return span(`${short(name)}${tag === undefined ? '' : `·${tag}`}`, { colour: { user: id }, bold: true });
}

/** In its own column and colour a name may have spaces without quotes, but no other special characters. */
function short(name: string): string {
  const isPlain = name.split(' ').every((word) => shown(word) === word);
  return shorten(isPlain ? name : shown(name), longName);
}

function said(content: Content & { at: number }, who: Line, from: Person, options: ViewOptions, room?: string): Line[] {
  const { text, isAction } = saidIn(content);
  const place = room === undefined || !options.rooms ? [] : [span(`${room} `, dim)];
  const lines = linesOf(text).map((line) => [span(line)]);
  if (!isAction) return block(content.at, [...place, ...who], lines, options);
  const [first = [], ...rest] = lines;
  const style: Style = { italic: true };
  const restyled = (line: Line) => line.map(({ text }) => span(text, style));
  const doer = who.length === 1 ? [name(from)] : who;
  return block(
    content.at,
    [...place, span('*')],
    [[...doer, span(' '), ...restyled(first)], ...rest.map(restyled)],
    options,
  );
}

function unsent(entry: Extract<Entry, { kind: 'unsent' }>, options: ViewOptions): Line[] {
  const { text } = saidIn(entry);
  const lines = linesOf(text).map((line) => [span(line, dim)]);
  if (entry.reason === undefined) {
    const who = span(entry.from ? short(entry.from.name) : 'you', dim);
    return block(waiting, [who], lines, options);
  }
  const failed: Style = { colour: 'red' };
  const reason = span(`not sent: ${entry.reason}`, failed);
  return block(entry.at, [span('✗', failed)], [[reason], ...lines], options);
}

/** A single line is aligned with messages; several lines have the whole width, as tables do. */
function notice({ text, tone, at }: Extract<Entry, { kind: 'notice' }>, options: ViewOptions): Line[] {
  const style: Style = tone === 'error' ? { colour: 'red' } : tone === 'info' ? dim : {};
  const mark = span(tone === 'error' ? '!' : '·', tone === 'error' ? style : dim);
  const [first = '', ...rest] = linesOf(text);
  return [
    ...block(at, [mark], [[span(first, style)]], options),
    ...rest.flatMap((line) => wrap([margin, span(line, style)], options.columns, [margin])),
  ];
}

function presence({ joins, leaves, changes }: Extract<Entry, { kind: 'presence' }>): [string, string][] {
  const lines: [string, string][] = [];
  if (joins.length > 0) lines.push(['→', `${namesIn(joins)} came`]);
  if (leaves.length > 0) lines.push(['←', `${namesIn(leaves)} went`]);
  for (const change of changes) {
    const words = changeWords(change);
    if (words !== undefined) lines.push(['~', words]);
  }
  return lines;
}

function where(room: string, { rooms }: ViewOptions): string {
  return rooms ? ` (${room})` : '';
}

/**
 * The lines of one entry: time and name before the first one, blanks or a rule before the others. So no text can
 * pretend to come from somebody else.
 */
function block(
  at: number | string | undefined,
  who: Line,
  lines: readonly Line[],
  { columns, rooms }: ViewOptions,
): Line[] {
  const isRoomy = columns >= roomy;
  const nameColumn = rooms ? nameColumns.withRoom : nameColumns.alone;
  const time = typeof at === 'number' ? clock(at) : (at ?? '');
  const gap = isRoomy ? Math.max(0, nameColumn - widthOf(who)) : 0;
  const separator = isRoomy || who.length > 0 ? [span('  ')] : [];
  const head: Line = [span(time.padEnd(timeColumn), dim), span(' '.repeat(gap)), ...who, ...separator];
  const indent: Line = [isRoomy ? span(' '.repeat(timeColumn + nameColumn + 2)) : span('  │ ', dim)];
  return lines.flatMap((line, index) => wrap([...(index === 0 ? head : indent), ...line], columns, indent));
}

/** `09:05`, in local time. */
export function clock(at: number): string {
  const date = new Date(at);
  return `${`${date.getHours()}`.padStart(2, '0')}:${`${date.getMinutes()}`.padStart(2, '0')}`;
}

const months = 'January February March April May June July August September October November December'.split(' ');

/** `12 November 2026`, in local time. */
export function day(at: number): string {
  const date = new Date(at);
  return `${date.getDate()} ${months[date.getMonth()]} ${date.getFullYear()}`;
}
