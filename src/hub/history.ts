/** Pages of a room's messages, from its log. */
import type { Entry, Log, Range } from '../log/port.ts';
import type { HistoryPage } from '../protocol/dialect.ts';
import { defaultLimit } from './page.ts';
import type { Room } from './room.ts';
import type { Request } from './server-wide.ts';

/** Only messages that have gone out: those that wait for their commit are not visible yet. */
export function history(
  log: Log,
  { name: room, epoch, seq, options }: Room,
  { before, after, limit = defaultLimit, id }: Request<'history'>,
  pageBytes: number,
): { page: HistoryPage; entries: readonly Entry[] } {
  const range: Range = after === undefined ? { before: Math.min(before ?? seq + 1, seq + 1) } : { after };
  const found = options.isKept ? log.read(room, range, { entries: limit, bytes: pageBytes }) : [];
  const entries = found.filter((entry) => entry.seq <= seq);
  const [first, last] = [entries[0], entries.at(-1)];
  const isFurther = after === undefined ? first && first.seq > log.head(room).first : last && last.seq < seq;
  const page = { type: 'history', room, epoch, more: isFurther ?? false, ...(id !== undefined && { id }) } as const;
  return { page, entries };
}

/** The number before the latest `count` messages, or before as many as a page can have. */
export function latest(log: Log, room: Room, count: number, pageBytes: number): number {
  return log.latest(room.name, room.seq + 1, { entries: count, bytes: pageBytes }) ?? room.seq;
}
