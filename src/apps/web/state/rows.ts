/** A conversation as the rows of a list: messages, and the rows between them. */
import type { Conversation, Entry, MessageEntry, Outgoing } from './state.ts';

export type Row =
  | { readonly kind: 'start'; readonly key: 'start'; readonly height: number }
  | { readonly kind: 'day'; readonly key: string; readonly height: number; readonly at: number }
  | { readonly kind: 'new'; readonly key: 'new'; readonly height: number }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly height: number;
      readonly entry: MessageEntry;
      /** Whether it shows its author: not right after another message of the same author. */
      readonly isHead: boolean;
    }
  | {
      readonly kind: 'note';
      readonly key: string;
      readonly height: number;
      readonly entry: Exclude<Entry, MessageEntry>;
    }
  | {
      readonly kind: 'outgoing';
      readonly key: string;
      readonly height: number;
      readonly outgoing: Outgoing;
      readonly isHead: boolean;
    };

/** After a pause of this length the author is shown again, in milliseconds. */
const pause = 5 * 60_000;

type MessageRow = Extract<Row, { kind: 'message' }>;

/** The same row for the same entry, so that unchanged rows are not drawn again. */
const known = new WeakMap<Entry, Row>();

/** @param dayOf which day a time belongs to, as a number. */
export function rowsOf(
  { entries, outbox, mark }: Conversation,
  myId: string | undefined,
  dayOf: (at: number) => number,
): Row[] {
  const rows: Row[] = [{ kind: 'start', key: 'start', height: 64 }];
  let day: number | undefined;
  let before: MessageEntry | undefined;
  for (const entry of entries) {
    if (entry.kind !== 'message') {
      rows.push(noteRow(entry));
      before = undefined;
      continue;
    }
    const its = dayOf(entry.at);
    if (its !== day) {
      rows.push({ kind: 'day', key: `day ${its} ${entry.key}`, height: 40, at: entry.at });
      before = undefined;
      day = its;
    }
    if (entry.key === mark) {
      rows.push({ kind: 'new', key: 'new', height: 28 });
      before = undefined;
    }
    rows.push(messageRow(entry, !before || !goesOn(before, entry)));
    before = entry;
  }
  let isFirst = before?.from.id !== myId;
  for (const outgoing of outbox) {
    if (outgoing.isEchoed) continue;
    rows.push({ kind: 'outgoing', key: `out ${outgoing.id}`, height: 50, outgoing, isHead: isFirst });
    isFirst = false;
  }
  return rows;
}

function goesOn(before: MessageEntry, { from, at, isBroadcast }: MessageEntry): boolean {
  const isSame = before.from.id === from.id && before.from.name === from.name && before.isBroadcast === isBroadcast;
  return isSame && at - before.at < pause;
}

function messageRow(entry: MessageEntry, isHead: boolean): MessageRow {
  const row = known.get(entry);
  if (row?.kind === 'message' && row.isHead === isHead) return row;
  const made: MessageRow = { kind: 'message', key: entry.key, height: heightOf(entry, isHead), entry, isHead };
  known.set(entry, made);
  return made;
}

function noteRow(entry: Exclude<Entry, MessageEntry>): Row {
  const row = known.get(entry);
  if (row) return row;
  const made: Row = { kind: 'note', key: entry.key, height: 30, entry };
  known.set(entry, made);
  return made;
}

/** The estimated height, in pixels, until it is measured. */
function heightOf({ content }: MessageEntry, isHead: boolean): number {
  const head = isHead ? 32 : 4;
  if ('bytes' in content) return head + (content.kind === 'image' ? 200 : 72);
  return head + 22 * Math.min(40, Math.ceil(content.text.length / 90) + content.text.split('\n', 40).length - 1);
}
