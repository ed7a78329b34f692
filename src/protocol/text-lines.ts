/** Frames as lines for a person (PROTOCOL.md, "The text dialect"). */
import type { HistoryPage, LeftOut, Stored } from './dialect.ts';
import type {
  Member,
  ServerFrame,
  ServerMembers,
  ServerMessage,
  ServerPresence,
  StoredMessage,
  User,
} from './generated/frames.ts';
import { Lookalikes } from './lookalikes.ts';
import { shown } from './names.ts';
import { printable } from './printable.ts';
import { fromStored } from './stored.ts';
import type { TextRooms } from './text-rooms.ts';

/** Further lines are joined to the last one: a long name before each of thousands of empty lines would be too much. */
const maxLines = 100;

/** How much history is shown, in UTF-16 units: with a long name before each line it is more than was stored. */
const maxHistory = 65_536;

/**
 * One frame as lines, joined by line feeds; an empty string if there is nothing to show. Messages in a `home` room have
 * no room name.
 */
export function encodeText(frame: ServerFrame, rooms: TextRooms): string {
  switch (frame.type) {
    case 'welcome': {
      const { server, user } = frame;
      return `* welcome to ${server.name} ${server.version}; you are ${shown(user.name)}. /help lists the commands; your id is ${user.id}`;
    }
    case 'joined':
      if (frame.members) rooms.list(frame.room, frame.members);
      return `* ${shown(frame.room)}: ${roster(frame, (member) => rooms.tag(member, [frame.room]))}`;
    case 'left':
      return `* you left ${shown(frame.room)}`;
    case 'message':
      rooms.heard(frame.room, frame.from);
      return message(frame, rooms, rooms.tag(frame.from, [frame.room]));
    case 'direct':
      return said(`[${shown(frame.from.name)} to you]`, frame);
    case 'broadcast':
      return said(`<${shown(frame.from.name, rooms.tag(frame.from, rooms.home))} to everyone>`, frame);
    case 'echo':
      return said('* echo', frame);
    case 'signal':
    // The codec of the connection writes it: it knows what was asked.
    case 'ack':
      return '';
    case 'presence':
      return presence(frame, rooms);
    case 'members':
      return members(frame, rooms);
    case 'rooms': {
      const open = frame.rooms.map(({ room, count }) => `${shown(room)} (${count})`);
      return `* rooms: ${open.join(', ') || 'none'}${frame.cursor === undefined ? '' : ' and more'}`;
    }
    case 'history':
      return history(frame, frame.messages.toReversed().map(withBody), rooms);
    case 'gap':
      return `* ${shown(frame.room)}: messages are missing here`;
    case 'pong':
      return `* pong at ${new Date(frame.at).toISOString()}`;
    case 'error':
      return `! ${printable(frame.message)}`;
    case 'goodbye':
      return frame.why === 'quit' ? '* goodbye' : `* goodbye: ${frame.message}`;
  }
}

/** A body with the prefix `who` before every line, so that nobody can fake lines of the server. */
export function said(who: string, { body, mime }: { body?: unknown; mime?: string }): string {
  if (body instanceof Uint8Array) {
    return `* ${who} sent ${body.length} bytes${mime === undefined ? '' : ` (${printable(mime)})`}`;
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const lines = text.split(/\r\n|[\r\n\u2028\u2029]/);
  if (lines.length > maxLines) lines.push(lines.splice(maxLines - 1).join('\uFFFD'));
  return lines.map((line) => `${who} ${printable(line)}`).join('\n');
}

interface Said {
  readonly room: string;
  readonly from: User;
  readonly body?: unknown;
  readonly mime?: string;
}

function message(frame: Said, { home }: TextRooms, tag: string | undefined): string {
  const place = home.has(frame.room) ? '' : `[${shown(frame.room)}] `;
  return said(`${place}<${shown(frame.from.name, tag)}>`, frame);
}

/** The messages, the latest one first. */
export function* readBackwards(messages: readonly Stored[], leftOut: LeftOut): Generator<ServerMessage> {
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    try {
      yield fromStored(messages[index] as Stored);
    } catch (error) {
      leftOut(index, error);
    }
  }
}

/** @param messages the latest one first; read only as far as there is room. */
export function history({ room }: HistoryPage, messages: Iterable<ServerMessage>, rooms: TextRooms): string {
  const lines = latestLines(messages, rooms);
  if (lines.length === 0) return `* ${shown(room)}: no messages`;
  return [
    `* ${shown(room)}: the latest ${lines.length} messages`,
    ...lines,
    `* ${shown(room)}: that was the history`,
  ].join('\n');
}

/** The latest message, and earlier ones as far as there is room. */
function latestLines(messages: Iterable<ServerMessage>, rooms: TextRooms): string[] {
  const authors = new Lookalikes();
  const taken: { readonly one: ServerMessage; readonly text: string }[] = [];
  let length = 0;
  for (const one of messages) {
    const text = message(one, rooms, undefined);
    length += text.length;
    if (length > maxHistory && taken.length > 0) break;
    taken.push({ one, text });
    authors.add(one.from);
  }
  return taken.reverse().map(({ one, text }) => {
    const tag = rooms.tag(one.from, [one.room]) ?? authors.tag(one.from);
    return tag === undefined ? text : message(one, rooms, tag);
  });
}

function withBody({ base64, ...message }: StoredMessage): ServerMessage {
  if (base64 === undefined) return { ...message, body: message.body };
  return { ...message, body: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) };
}

function members({ room, members, count }: ServerMembers, rooms: TextRooms): string {
  if (room !== undefined && members.length === count) rooms.list(room, members);
  const listed = new Lookalikes(members);
  const place = room === undefined ? 'on this server' : shown(room);
  return `* ${place}: ${roster({ members, count }, (member) => listed.tag(member))}`;
}

interface Listed {
  readonly members?: readonly Member[];
  readonly count: number;
}

function roster({ members, count }: Listed, tag: (member: Member) => string | undefined): string {
  if (!members) return `${count} people`;
  const names = members.map((member) => `${shown(member.name, tag(member))}${attention(member)}`);
  if (members.length < count) names.push(`and ${count - members.length} more`);
  return `${names.join(', ')} (${count} here)`;
}

function attention({ state, note }: Member): string {
  if (state === 'online' && note === undefined) return '';
  return note === undefined ? ` [${state}]` : ` [${state}: ${shown(note)}]`;
}

/** Each with the tag it has while they are here. */
function presence(frame: ServerPresence, rooms: TextRooms): string {
  const { room, joins = [], leaves = [], changes = [] } = frame;
  const token = (user: User) => shown(user.name, rooms.tag(user, [room]));
  const before = [...leaves, ...changes.map(({ id, name, was }) => ({ id, name: was?.name ?? name }))].map(token);
  rooms.update(frame);
  const lines: string[] = [];
  if (joins.length > 0) lines.push(`* ${joins.map(token).join(', ')} joined ${shown(room)}`);
  if (leaves.length > 0) lines.push(`* ${before.splice(0, leaves.length).join(', ')} left ${shown(room)}`);
  for (const [at, change] of changes.entries()) {
    const { state, note, was } = change;
    if (was?.name !== undefined) lines.push(`* ${before[at]} is now called ${token(change)}`);
    if (was?.state !== undefined) {
      lines.push(`* ${token(change)} is ${state}${note === undefined ? '' : `: ${shown(note)}`}`);
    }
  }
  return lines.join('\n');
}
