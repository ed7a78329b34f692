/**
 * Requests that concern no single room: direct messages, signals to a user, broadcasts, and lists of users and rooms.
 * Pure: takes the directory and a request, and returns effects.
 */
import type { ServerFrame } from '../protocol/generated/frames.ts';
import { Refusal } from '../protocol/refusal.ts';
import type { HubFrame } from './commands.ts';
import type { Directory } from './directory.ts';
import type { Effect } from './effects.ts';
import { page } from './page.ts';
import type { Rooms } from './rooms.ts';
import { type Connection, describeMember, type UserRecord } from './user.ts';

/** A request of this type. */
export type Request<T extends HubFrame['type']> = Extract<HubFrame, { type: T }>;

/** @param byName whether `to` is a display name. */
export function direct(
  directory: Directory,
  sender: Connection,
  frame: Request<'direct'>,
  byName: boolean,
  now: number,
): Effect[] {
  const user = directory.find(frame.to, byName);
  if (user instanceof Refusal) return [refused(sender, user, frame.id)];
  const { id, mime, body } = frame;
  const out: ServerFrame = {
    type: 'direct',
    to: user.public.id,
    from: sender.user.public,
    at: now,
    ...(id !== undefined && !byName && { id }),
    ...(mime !== undefined && { mime }),
    body,
  };
  const others = user === sender.user ? [] : [sendToOthers(sender.user, sender, out)];
  return [sendToOthers(user, sender, out), ...others, ...acknowledged(sender, frame, now)];
}

export function signalUser(
  directory: Directory,
  sender: Connection,
  frame: Request<'signal'>,
  to: string,
  now: number,
): Effect[] {
  const user = directory.find(to, false);
  if (user instanceof Refusal) return [refused(sender, user, frame.id)];
  const { kind, mime, body } = frame;
  const out: ServerFrame = {
    type: 'signal',
    from: sender.user.public,
    kind,
    ...(mime !== undefined && { mime }),
    ...(body !== undefined && { body }),
  };
  return [sendToOthers(user, sender, out), ...acknowledged(sender, frame, now)];
}

export function broadcast(sender: Connection, frame: Request<'broadcast'>, now: number): Effect[] {
  const { mime, body } = frame;
  const from = sender.user.public;
  const out: ServerFrame = { type: 'broadcast', from, at: now, ...(mime !== undefined && { mime }), body };
  return [{ type: 'broadcast', frame: out }, ...acknowledged(sender, frame, now)];
}

export function listUsers(directory: Directory, asker: Connection, frame: Request<'list'>): Effect {
  const { items, cursor } = page(directory.after(frame.cursor ?? ''), (user) => user.public.id, frame.limit);
  return {
    type: 'send',
    connection: asker.id,
    frame: {
      type: 'members',
      count: directory.users.size,
      members: items.map((user) => describeMember(user, user.connections.length)),
      ...(cursor !== undefined && { cursor }),
      ...(frame.id !== undefined && { id: frame.id }),
    },
  };
}

export function listRooms(rooms: Rooms, asker: Connection, frame: Request<'rooms'>): Effect {
  const { id, prefix = '', cursor: after = '', limit } = frame;
  const { items, cursor } = page(rooms.inhabited(prefix, after), (room) => room.name, limit);
  return {
    type: 'send',
    connection: asker.id,
    frame: {
      type: 'rooms',
      rooms: items.map(({ name, roster }) => ({ room: name, count: roster.size })),
      ...(cursor !== undefined && { cursor }),
      ...(id !== undefined && { id }),
    },
  };
}

/** The `ack` for a request without another answer, if it has an `id`. */
export function acknowledged(asker: Connection, { id }: HubFrame, now: number): Effect[] {
  return id === undefined ? [] : [{ type: 'send', connection: asker.id, frame: { type: 'ack', id, at: now } }];
}

export function refused(asker: Connection, refusal: Refusal, id: string | undefined): Effect {
  return { type: 'send', connection: asker.id, frame: refusal.frame(id) };
}

function sendToOthers(
  { public: { id: user }, connections }: UserRecord,
  sender: Connection,
  frame: ServerFrame,
): Effect {
  return { type: 'sendEach', user, connections, frame, except: sender.id };
}
