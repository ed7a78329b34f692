/** The events of one conversation. Pure: each function takes the old conversation and returns the new one. */
import type { Gap, Joined, Message, Page, Presence } from '../../../client/api.ts';
import type { Member, Position, User } from '../../../protocol/generated/frames.ts';
import { type Content, contentOf, isSame, sizeOf } from './content.ts';
import { movesOf } from './people.ts';
import { type Conversation, type Entry, isRoom, type Key, type MessageEntry, nameIn, type Outgoing } from './state.ts';
import { cleanName } from './text.ts';

/** How much of a conversation stays in memory; the rest can be read again. A quarter is removed at a time. */
const kept = { entries: 20_000, size: 64 << 20, share: 0.75 };

/** The approximate size of an entry besides its content. */
const entrySize = 200;

/** How long a typing notice is valid, in milliseconds. */
export const typingTime = 6000;

export function createConversation(key: Key, read?: Position): Conversation {
  return {
    key,
    name: nameIn(key),
    phase: isRoom(key) ? 'joining' : 'open',
    entries: [],
    outbox: [],
    members: undefined,
    count: 0,
    typing: [],
    unread: 0,
    mark: undefined,
    read,
    entered: undefined,
    older: 'none',
    catchingUp: undefined,
    size: 0,
  };
}

/** Facts about the rest of the page. */
export interface Circumstances {
  readonly me: User | undefined;
  /** Whether the person is reading the latest messages of this conversation now. */
  readonly isRead: boolean;
  /** Whether its beginning may be removed: it is not being read. */
  readonly mayTrim: boolean;
  readonly now: number;
  /** For an entry without a key of its own. */
  readonly newKey: string;
}

/** @param away how long the connection was lost before, in milliseconds; undefined if it was not. */
export function joined(
  conversation: Conversation,
  { first, epoch, seq, count }: Joined,
  members: readonly Member[] | undefined,
  away: number | undefined,
  key: string,
): Conversation {
  const open: Conversation = { ...without(conversation, 'why'), phase: 'open', count, members };
  if (first) return { ...open, entered: { epoch, seq }, older: seq > 0 ? 'some' : 'none' };
  if (away === undefined) return open;
  const latest = latestPosition(conversation);
  const isComplete = latest?.epoch === epoch && latest.seq >= seq;
  const entries = conversation.entries.filter(({ kind }, index, all) => kind !== 'resumed' || index < all.length - 1);
  return {
    ...open,
    entries: [...entries, { kind: 'resumed', key, away, caughtUp: 0 }],
    catchingUp: isComplete ? undefined : { key, to: { epoch, seq } },
  };
}

export function received(conversation: Conversation, message: Message, where: Circumstances): Conversation {
  const entry = entryOf(message);
  const isOwn = message.from.id === where.me?.id;
  const caught = caughtUp(conversation, entry, isOwn);
  const echoed = isOwn ? { ...caught, outbox: markEchoed(caught.outbox, entry.content) } : caught;
  return appended(echoed, entry, { ...where, isOwn, isNew: isNew(conversation, entry) });
}

/** A message that is not kept: a direct one, or one to everyone. */
export function told(conversation: Conversation, entry: MessageEntry, where: Circumstances): Conversation {
  return appended(conversation, entry, { ...where, isOwn: entry.from.id === where.me?.id, isNew: true });
}

export function missed(conversation: Conversation, { from, to, why }: Gap, newKey: string): Conversation {
  const key = from === undefined ? newKey : `gap ${from}-${to}`;
  const numbers = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  return { ...conversation, entries: [...conversation.entries, { kind: 'gap', key, why, ...numbers }] };
}

export function moved(
  conversation: Conversation,
  presence: Presence,
  members: readonly Member[] | undefined,
  { me, now, newKey }: Circumstances,
): Conversation {
  const changed = { ...conversation, count: presence.count, members };
  const last = conversation.entries.at(-1);
  const before = last?.kind === 'people' ? last : undefined;
  const clean = cleanPresence(presence);
  const moves = movesOf(before?.moves ?? [], clean, me);
  if (moves.length === 0 || (before && isUnchanged(before.moves, moves))) return changed;
  const entry: Entry = { kind: 'people', key: before?.key ?? newKey, at: before?.at ?? now, moves };
  const entries = before ? conversation.entries.slice(0, -1) : conversation.entries;
  const gone = new Set(presence.leaves.map(({ id }) => id));
  const typing = conversation.typing.filter(({ user }) => !gone.has(user.id));
  return { ...changed, entries: [...entries, entry], typing };
}

/** A page of earlier messages: those before the first one. */
export function paged(conversation: Conversation, { messages, more }: Page): Conversation {
  const first = firstPosition(conversation);
  const pages = messages.map(entryOf);
  const fitting = pages.filter(({ position }) => {
    return !first || (position?.epoch === first.epoch && position.seq < first.seq);
  });
  // Numbers of another epoch are other messages: the older ones were lost.
  const older = more && fitting.length > 0 ? 'some' : 'none';
  const size = conversation.size + fitting.reduce((sum, { content }) => sum + entrySize + sizeOf(content), 0);
  return { ...conversation, older, size, entries: [...fitting, ...conversation.entries] };
}

/** @param time on a clock that does not jump, in milliseconds. */
export function typed(conversation: Conversation, user: User, time: number): Conversation {
  const others = conversation.typing.filter((one) => one.user.id !== user.id && one.until > time);
  return { ...conversation, typing: [...others, { user: named(user), until: time + typingTime }] };
}

/** Removes users that have not typed for a while. */
export function expired(conversation: Conversation, time: number): Conversation {
  const typing = conversation.typing.filter(({ until }) => until > time);
  return typing.length === conversation.typing.length ? conversation : { ...conversation, typing };
}

export function looked(conversation: Conversation): Conversation {
  return conversation.unread === 0 ? conversation : { ...conversation, unread: 0 };
}

export function sending(conversation: Conversation, outgoing: Outgoing): Conversation {
  const others = conversation.outbox.filter(({ id }) => id !== outgoing.id);
  return { ...conversation, mark: undefined, unread: 0, outbox: [...others, outgoing] };
}

export function refused(conversation: Conversation, id: string, why: string): Conversation {
  const outbox = conversation.outbox.map((one) => (one.id === id ? { ...one, refused: why, isEchoed: false } : one));
  return { ...conversation, outbox };
}

export function settled(conversation: Conversation, id: string): Conversation {
  return { ...conversation, outbox: conversation.outbox.filter((one) => one.id !== id) };
}

/** The position of the latest shown message. */
export function latestPosition({ entries }: Conversation): Position | undefined {
  return entries.findLast(hasPosition)?.position;
}

/** The position before which to ask for more. */
export function firstPosition({ entries }: Conversation): Position | undefined {
  return entries.find(hasPosition)?.position;
}

function hasPosition(entry: Entry): entry is MessageEntry & { position: Position } {
  return entry.kind === 'message' && entry.position !== undefined;
}

interface Arrival extends Circumstances {
  readonly isOwn: boolean;
  readonly isNew: boolean;
}

function appended(conversation: Conversation, entry: MessageEntry, arrival: Arrival): Conversation {
  const isUnread = arrival.isNew && !arrival.isOwn && !arrival.isRead;
  const typing = conversation.typing.filter(({ user }) => user.id !== entry.from.id);
  const marked = isUnread && conversation.unread === 0 ? { mark: entry.key } : {};
  const added = {
    ...conversation,
    ...marked,
    typing,
    entries: [...conversation.entries, entry],
    unread: isUnread ? conversation.unread + 1 : arrival.isOwn ? 0 : conversation.unread,
    size: conversation.size + entrySize + sizeOf(entry.content),
  };
  return arrival.mayTrim ? trimmed(added) : added;
}

/** Removes the oldest entries, so that a page that is open for weeks does not fill the memory. */
function trimmed(conversation: Conversation): Conversation {
  let { size } = conversation;
  const { entries } = conversation;
  if (entries.length <= kept.entries && size <= kept.size) return conversation;
  let from = 0;
  while (entries.length - from > kept.entries * kept.share || size > kept.size * kept.share) {
    const entry = entries[from++];
    if (!entry) break;
    if (entry.kind === 'message') size -= entrySize + sizeOf(entry.content);
  }
  const older = isRoom(conversation.key) ? 'some' : 'none';
  return { ...conversation, size, older, entries: entries.slice(from) };
}

function entryOf({ epoch, seq, from, at, body, mime }: Message): MessageEntry {
  const key = `${epoch} ${seq}`;
  return { kind: 'message', key, position: { epoch, seq }, at, from: named(from), content: contentOf(body, mime) };
}

/** A user with a name that cannot disturb its line. */
export function named({ id, name }: User): User {
  return { id, name: cleanName(name) };
}

/** Of the messages before the room was entered, only those after the last visit are new. */
function isNew({ entered, read }: Conversation, { position }: MessageEntry): boolean {
  if (!position || !entered || entered.epoch !== position.epoch || position.seq > entered.seq) return true;
  return read?.epoch === position.epoch && position.seq > read.seq;
}

function caughtUp(conversation: Conversation, { position }: MessageEntry, isOwn: boolean): Conversation {
  const { catchingUp, entries } = conversation;
  if (!catchingUp || !position) return conversation;
  const { key, to } = catchingUp;
  const isMissed = position.epoch === to.epoch && position.seq <= to.seq;
  const isLast = position.epoch === to.epoch && position.seq >= to.seq;
  const count = (entry: Entry): Entry => {
    return entry.kind === 'resumed' && entry.key === key ? { ...entry, caughtUp: entry.caughtUp + 1 } : entry;
  };
  return {
    ...conversation,
    catchingUp: isLast ? undefined : catchingUp,
    entries: isMissed && !isOwn ? entries.map(count) : entries,
  };
}

/** Marks the first waiting message with the same content: messages come back in the order they were sent. */
function markEchoed(outbox: readonly Outgoing[], content: Content): readonly Outgoing[] {
  const index = outbox.findIndex((one) => !one.isEchoed && one.refused === undefined && isSame(one.content, content));
  return index < 0 ? outbox : outbox.map((one, at) => (at === index ? { ...one, isEchoed: true } : one));
}

function cleanPresence({ count, joins, leaves, changes }: Presence): Presence {
  const cleaned = (member: Member): Member => ({ ...member, name: cleanName(member.name) });
  return {
    count,
    joins: joins.map(cleaned),
    leaves: leaves.map(cleaned),
    changes: changes.map(({ member, was }) => ({ member: cleaned(member), was: cleaned(was) })),
  };
}

function isUnchanged(before: readonly object[], after: readonly object[]): boolean {
  return before.length === after.length && before.every((move, index) => move === after[index]);
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}
