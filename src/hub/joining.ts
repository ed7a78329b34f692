/**
 * How connections enter and leave a room. A connection that has missed messages first gets those, from the log, and
 * only then new ones: it does not subscribe until it has caught up. So no message comes twice or out of order, and none
 * is left out, however many are sent in the meantime.
 */
import type { RoomHead } from '../log/port.ts';
import type { GapReason, Position, ServerJoined } from '../protocol/generated/frames.ts';
import type { Effect } from './effects.ts';
import type { Room } from './room.ts';
import type { Connection, ConnectionId } from './user.ts';

/** Where the messages of a connection start. */
export interface Start {
  /** It has everything up to this number, or does not want it. */
  readonly after: number;
  /** Set if it gave a position: whether everything after that follows. */
  readonly recovered?: boolean;
  /** The messages that are missing. */
  readonly gap?: { readonly from?: number; readonly to?: number; readonly why: GapReason };
}

export interface JoinCommand {
  readonly type: 'join';
  readonly connection: Connection;
  /** It was not in the room before. */
  readonly isNew: boolean;
  readonly id: string | undefined;
  /** undefined: after the latest message. */
  readonly start: Start | undefined;
}

/** @param head the state of the room's log; undefined if it has none. */
export function resume(room: Room, head: RoomHead | undefined, since: Position): Start {
  const { epoch, seq, next } = room;
  if (since.epoch !== epoch || since.seq >= next) return { after: seq, recovered: false, gap: { why: 'epoch' } };
  if (since.seq >= seq) return { after: seq, recovered: true };
  if (head && since.seq >= head.trimmed) return { after: since.seq, recovered: true };
  const gap = {
    from: since.seq + 1,
    to: Math.min(seq, head?.trimmed ?? seq),
    why: head ? 'trimmed' : 'not_kept',
  } as const;
  return { after: since.seq, recovered: false, gap };
}

/** The same `join` in a room that has a new epoch: its position is no longer valid. */
export function anew(command: JoinCommand): JoinCommand {
  if (command.start?.recovered === undefined) return command;
  return { ...command, start: { after: 0, recovered: false, gap: { why: 'epoch' } } };
}

/** The effects of a `join`; the roster already has the connection. */
export function enter(room: Room, { connection, isNew, id, start }: JoinCommand): Effect[] {
  if (!start && room.catchingUp.has(connection.id)) {
    return [{ type: 'joinedAgain', connection: connection.id, joined: joinedFrame(room, id) }];
  }
  const wasCatchingUp = room.catchingUp.delete(connection.id);
  const isLive = !isNew && !wasCatchingUp;
  const answer = [joined(room, connection.id, id, start), ...gap(room, connection.id, start)];
  const stopped = wasCatchingUp ? [stopReplay(room, connection.id)] : [];
  const after = start?.gap?.to ?? start?.after ?? room.seq;
  if (after >= room.seq) {
    const subscribed = isLive ? [] : [subscription('subscribe', room, connection)];
    return [...stopped, ...subscribed, ...answer];
  }
  room.catchingUp.set(connection.id, { told: room.told });
  const silenced = isLive ? [subscription('unsubscribe', room, connection)] : [];
  return [...stopped, ...silenced, ...answer, replay(room, connection.id, after)];
}

/** The connection has everything up to `seq`. */
export function catchUp(room: Room, connection: Connection, seq: number): Effect[] {
  const state = room.catchingUp.get(connection.id);
  if (!state) return [];
  if (seq < room.seq) return [replay(room, connection.id, seq)];
  const missed = state.told === room.told ? [] : [presence(room, connection.id)];
  room.catchingUp.delete(connection.id);
  return [subscription('subscribe', room, connection), ...missed];
}

/** The state of the room for a connection; one that is catching up is told at the end instead. */
export function standing(room: Room, connection: ConnectionId): Effect[] {
  const state = room.catchingUp.get(connection);
  if (!state) return [joined(room, connection)];
  state.told = undefined;
  return [];
}

/** From here on the connection gets nothing more from the room. */
export function exit(room: Room, connection: Connection): Effect {
  if (room.catchingUp.delete(connection.id)) return stopReplay(room, connection.id);
  return subscription('unsubscribe', room, connection);
}

/** The same, with an answer. */
export function leave(room: Room, connection: Connection, id: string | undefined): Effect[] {
  const frame = { type: 'left', room: room.name, ...(id !== undefined && { id }) } as const;
  return [exit(room, connection), { type: 'send', connection: connection.id, frame }];
}

function joined(room: Room, connection: ConnectionId, id?: string, start?: Start): Effect {
  return { type: 'send', connection, frame: joinedFrame(room, id, start) };
}

function joinedFrame(room: Room, id?: string, start?: Start): ServerJoined {
  const members = room.roster.list();
  const { after = room.seq, recovered } = start ?? {};
  return {
    type: 'joined',
    room: room.name,
    epoch: room.epoch,
    seq: room.seq,
    ...(after !== room.seq && { after }),
    ...(recovered !== undefined && { recovered }),
    count: room.roster.size,
    ...(members && { members }),
    ...(id !== undefined && { id }),
  };
}

function gap(room: Room, connection: ConnectionId, start: Start | undefined): Effect[] {
  if (!start?.gap) return [];
  return [{ type: 'send', connection, frame: { type: 'gap', room: room.name, ...start.gap } }];
}

/** The members of the room, for a connection that has missed the latest changes. */
function presence({ name: room, roster }: Room, connection: ConnectionId): Effect {
  const members = roster.list();
  const count = roster.size;
  const frame = members
    ? ({ type: 'members', room, count, members } as const)
    : ({ type: 'presence', room, count } as const);
  return { type: 'send', connection, frame };
}

function replay(room: Room, connection: ConnectionId, after: number): Effect {
  return { type: 'replay', connection, room: room.name, after, to: room.seq };
}

function stopReplay(room: Room, connection: ConnectionId): Effect {
  return { type: 'stopReplay', connection, room: room.name };
}

function subscription(type: 'subscribe' | 'unsubscribe', room: Room, { id, dialect }: Connection): Effect {
  return { type, connection: id, dialect, room: room.name };
}
