/** The line above the input: the connection, the current room, unread messages elsewhere, who is typing. */
import type { StateChange } from '../../client/api.ts';
import { clip, dim, type Line, type Span, span } from '../terminal/line.ts';
import type { Chat } from './chat.ts';
import type { Person } from './entries.ts';
import { namesIn } from './words.ts';

/** @param time on the clock that does not jump, in milliseconds. */
export function status(chat: Chat, time: number, columns: number): Line {
  const { connection, current, rooms } = chat;
  const parts: Line[] = [here(chat)];
  for (const open of rooms) {
    if (open === current) continue;
    parts.push([open.unread > 0 ? span(`${open.name} ${open.unread} new`, { bold: true }) : span(open.name, dim)]);
  }
  const words = connectionWords(connection, time);
  if (words !== undefined) parts.push([span(words, { colour: connection.state === 'connecting' ? 'yellow' : 'red' })]);
  const typing = (current?.typing.users ?? []).map((user) => chat.people.person(user));
  if (typing.length > 0) parts.push([span(typingWords(typing), { italic: true })]);
  return clip(joined([dot(connection), ...(parts.shift() ?? [])], parts), columns);
}

function here({ current }: Chat): Line {
  if (!current) return [span('in no room', dim)];
  const { name, room } = current;
  const count = room.count > 0 ? ` · ${room.count} here` : '';
  return [span(name, { bold: true }), span(count, dim)];
}

function joined(first: Line, parts: readonly Line[]): Line {
  return [...first, ...parts.flatMap((part) => [span('  │  ', dim), ...part])];
}

function dot({ state }: StateChange): Span {
  if (state === 'online') return span('● ', { colour: 'green' });
  return state === 'connecting' ? span('◌ ', { colour: 'yellow' }) : span('○ ', { colour: 'red' });
}

/** Undefined while the connection is fine. */
export function connectionWords(
  { state, retry, reason, since }: StateChange & { readonly since: number },
  time: number,
): string | undefined {
  if (state === 'online') return undefined;
  if (state === 'connecting') return 'connecting …';
  if (state === 'closed') return 'closed';
  const seconds = Math.max(0, Math.ceil((since + (retry ?? 0) - time) / 1000));
  const when = seconds === 0 ? 'trying again now' : `trying again in ${seconds} s`;
  return `offline, ${when}${reason ? ` (${reason.message})` : ''}`;
}

export function typingWords(users: readonly Person[]): string {
  return `${namesIn(users, 3)} ${users.length === 1 ? 'is' : 'are'} typing …`;
}
