/** Pages of a room's messages, from its log. */
import type { Entry, Log, Range } from '../log/port.ts';
import type { ServerHistory, StoredMessage } from '../protocol/generated/frames.ts';
import { fromStored } from '../protocol/json.ts';
import type { Request } from './beyond-rooms.ts';
import { defaultLimit } from './page.ts';
import type { Room } from './room.ts';

/** What went out so far, and no more: messages that wait for their commit are nobody's yet. */
export function history(log: Log, room: Room, frame: Request<'history'>, pageBytes: number): ServerHistory {
  const { entries, more } = room.options.isKept ? page(log, room, frame, pageBytes) : { entries: [], more: false };
  return {
    type: 'history',
    room: room.name,
    epoch: room.epoch,
    messages: entries.map(storedMessage),
    more,
    ...(frame.id !== undefined && { id: frame.id }),
  };
}

/** The number after which the latest `count` messages come, or as many of them as a page can have. */
export function latest(log: Log, room: Room, count: number, pageBytes: number): number {
  const [first] = log.read(room.name, { before: room.seq + 1 }, { entries: count, bytes: pageBytes });
  return first?.prev ?? room.seq;
}

function page(
  log: Log,
  { name, seq }: Room,
  { before, after, limit = defaultLimit }: Request<'history'>,
  pageBytes: number,
): { entries: Entry[]; more: boolean } {
  const range: Range = after === undefined ? { before: Math.min(before ?? seq + 1, seq + 1) } : { after };
  const found = log.read(name, range, { entries: limit, bytes: pageBytes });
  const entries = found.filter((entry) => entry.seq <= seq);
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) return { entries, more: false };
  return { entries, more: after === undefined ? first.seq > log.head(name).first : last.seq < seq };
}

function storedMessage(entry: Entry): StoredMessage {
  const { body, ...message } = fromStored(entry);
  if (!(body instanceof Uint8Array)) return { ...message, body };
  return { ...message, base64: Buffer.from(body.buffer, body.byteOffset, body.length).toString('base64') };
}
