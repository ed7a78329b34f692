/**
 * The room actor: a state machine without clock, socket, promise or random number. `step` takes a command and the time,
 * changes the state, which nobody else holds, and returns what is to be done. If it throws, the hub throws the state away
 * and rebuilds the room; none of that step's effects has happened then.
 */
import type {
  ClientList,
  ClientMessage,
  ClientSignal,
  Position,
  ServerFrame,
  ServerMessage,
} from '../protocol/generated/frames.ts';
import type { Effect } from './effects.ts';
import { page } from './page.ts';
import { Roster, type RosterOptions, type Standing } from './roster.ts';
import type { Connection, ConnectionId, UserRecord } from './user.ts';

export interface Room {
  readonly name: string;
  readonly epoch: string;
  /** The number of the latest message. */
  seq: number;
  readonly roster: Roster;
}

export type RoomCommand =
  /** `isNew`: it was not in the room before. */
  | { readonly type: 'join'; readonly connection: Connection; readonly isNew: boolean; readonly id: string | undefined }
  | { readonly type: 'leave'; readonly connection: Connection; readonly id: string | undefined }
  /** The connection is somebody else's than it was `before`. */
  | { readonly type: 'identify'; readonly connection: Connection; readonly before: Connection }
  /** The connection is gone, without (`lose`) or with (`quit`) a word. */
  | { readonly type: 'lose' | 'quit'; readonly connection: Connection }
  | { readonly type: 'changed'; readonly user: UserRecord; readonly was: Standing }
  | { readonly type: 'message'; readonly connection: Connection; readonly frame: ClientMessage }
  | { readonly type: 'signal'; readonly connection: Connection; readonly frame: ClientSignal }
  | { readonly type: 'list'; readonly connection: Connection; readonly frame: ClientList }
  | { readonly type: 'tick' };

/** @param position where the numbering stands: a new epoch starts at 0. */
export function openRoom(name: string, position: Position, options: RosterOptions): Room {
  return { name, epoch: position.epoch, seq: position.seq, roster: new Roster(name, options) };
}

export function step(room: Room, command: RoomCommand, now: number): Effect[] {
  switch (command.type) {
    case 'join': {
      room.roster.enter(command.connection);
      const answer = joined(room, command.connection.id, command.id);
      return command.isNew ? [subscription('subscribe', room, command.connection), answer] : [answer];
    }
    case 'identify':
      room.roster.leave(command.before);
      room.roster.enter(command.connection);
      return [joined(room, command.connection.id)];
    case 'leave':
      room.roster.leave(command.connection);
      return left(room, command.connection, command.id);
    case 'quit':
      room.roster.leave(command.connection);
      return [subscription('unsubscribe', room, command.connection)];
    case 'lose':
      room.roster.lose(command.connection, now);
      return [subscription('unsubscribe', room, command.connection)];
    case 'changed':
      room.roster.changed(command.user, command.was);
      return [];
    case 'message':
      return [...introduction(room, command.connection), ...message(room, command.connection, command.frame, now)];
    case 'signal':
      return [...introduction(room, command.connection), ...signal(room, command.connection, command.frame, now)];
    case 'list':
      return [list(room, command.connection, command.frame)];
    case 'tick':
      return told(room, room.roster.tick(now));
  }
}

/** Nobody is to hear from a member of whose arrival they have not heard. */
function introduction(room: Room, { user }: Connection): Effect[] {
  return told(room, room.roster.introduce(user.public.id));
}

function told(room: Room, frame: ServerFrame | undefined): Effect[] {
  return frame ? [{ type: 'publish', room: room.name, frame }] : [];
}

export function subscription(type: 'subscribe' | 'unsubscribe', room: Room, { id, dialect }: Connection): Effect {
  return { type, connection: id, dialect, room: room.name };
}

/** What tells a connection how the room stands. */
export function joined(room: Room, connection: ConnectionId, id?: string): Effect {
  const members = room.roster.list();
  return {
    type: 'send',
    connection,
    frame: {
      type: 'joined',
      room: room.name,
      epoch: room.epoch,
      seq: room.seq,
      count: room.roster.size,
      ...(members && { members }),
      ...(id !== undefined && { id }),
    },
  };
}

/** What takes a connection out of the room. */
export function left(room: Room, connection: Connection, id?: string): Effect[] {
  const frame = { type: 'left', room: room.name, ...(id !== undefined && { id }) } as const;
  return [subscription('unsubscribe', room, connection), { type: 'send', connection: connection.id, frame }];
}

function message(room: Room, { id: connection, user }: Connection, frame: ClientMessage, now: number): Effect[] {
  room.seq += 1;
  const { id, body, mime } = frame;
  const out: ServerMessage = {
    type: 'message',
    room: room.name,
    seq: room.seq,
    ...(id !== undefined && { id }),
    from: user.public,
    at: now,
    ...(mime !== undefined && { mime }),
    body,
  };
  const except = frame.echo === false ? { except: connection } : {};
  const effects: Effect[] = [{ type: 'publish', room: room.name, frame: out, ...except }];
  if (id !== undefined) {
    const ack = { type: 'ack', id, room: room.name, epoch: room.epoch, seq: room.seq, at: now } as const;
    effects.push({ type: 'send', connection, frame: ack });
  }
  return effects;
}

function signal(room: Room, { id: connection, user }: Connection, frame: ClientSignal, now: number): Effect[] {
  const { id, kind, body, mime } = frame;
  const out = {
    type: 'signal',
    room: room.name,
    from: user.public,
    kind,
    ...(mime !== undefined && { mime }),
    ...(body !== undefined && { body }),
  } as const;
  const effects: Effect[] = [{ type: 'signal', room: room.name, frame: out, except: connection }];
  if (id !== undefined) effects.push({ type: 'send', connection, frame: { type: 'ack', id, at: now } });
  return effects;
}

function list(room: Room, { id: connection }: Connection, { cursor: after, limit, id }: ClientList): Effect {
  const { items, cursor } = page(room.roster.members(), (member) => member.id, after, limit);
  return {
    type: 'send',
    connection,
    frame: {
      type: 'members',
      room: room.name,
      count: room.roster.size,
      members: items,
      ...(cursor !== undefined && { cursor }),
      ...(id !== undefined && { id }),
    },
  };
}
