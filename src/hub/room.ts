/**
 * The room actor: a state machine without clock, socket, promise or random number. `step` takes a command and the time,
 * changes the state, which nobody else holds, and returns what is to be done. If it throws, the hub throws the state away
 * and rebuilds the room; none of that step's effects has happened then.
 */
import type {
  ClientList,
  ClientMessage,
  ClientSignal,
  ServerAck,
  ServerFrame,
  ServerMessage,
} from '../protocol/generated/frames.ts';
import type { Effect } from './effects.ts';
import { catchUp, enter, exit, type JoinCommand, leave, standing } from './joining.ts';
import { page } from './page.ts';
import type { RoomPolicy } from './room-policy.ts';
import { Roster, type RosterOptions, type Standing } from './roster.ts';
import { SparseMap } from './sparse-map.ts';
import type { Connection, ConnectionId, UserRecord } from './user.ts';

export interface Room {
  readonly name: string;
  readonly epoch: string;
  readonly options: RoomOptions;
  readonly roster: Roster;
  /** Whether it is known as a room that has members. */
  isInhabited: boolean;
  /** The number of the latest message that went out. */
  seq: number;
  /** The number of the latest message: ahead of `seq` while messages are held back. */
  last: number;
  /** The number the next message gets. */
  next: number;
  /** What waits until a message is committed. */
  pending: Pending[];
  /** The connections that get what they missed, and have not subscribed yet. */
  readonly catchingUp: SparseMap<ConnectionId, CatchingUp>;
  /** Everything up to here is committed. */
  committed: number;
  /** How often the members were told who is in the room. */
  told: number;
}

export interface RoomOptions extends RosterOptions {
  /** Whether the room has a log. */
  readonly isKept: boolean;
  /** Whether a message goes out only when it is committed; never without a log. */
  readonly afterCommit: boolean;
  /** Why a body may not be sent in the room, if so. It follows what is laid down. */
  check: RoomPolicy['check'];
}

/** Where the numbering stands; a new epoch starts with `seq` 0 and `next` 1. */
export interface Numbering {
  readonly epoch: string;
  readonly seq: number;
  readonly next: number;
}

interface Pending {
  /** The number of the message. */
  readonly seq: number;
  /** What goes out with the commit. */
  readonly publish?: Effect;
  readonly ack?: Effect;
}

interface CatchingUp {
  /** `told` of the room when the connection was told last; undefined if it must be told anew. */
  told: number | undefined;
}

export type RoomCommand =
  | JoinCommand
  | { readonly type: 'leave'; readonly connection: Connection; readonly id: string | undefined }
  /** The connection is somebody else's than it was `before`. */
  | { readonly type: 'identify'; readonly connection: Connection; readonly before: Connection }
  /** The connection is gone, without (`lose`) or with (`quit`) a word; `time` on the monotonic clock. */
  | { readonly type: 'lose' | 'quit'; readonly connection: Connection; readonly time: number }
  /** It has everything up to this number that the log has. */
  | { readonly type: 'replayed'; readonly connection: Connection; readonly seq: number }
  | { readonly type: 'changed'; readonly user: UserRecord; readonly was: Standing }
  | { readonly type: 'message'; readonly connection: Connection; readonly frame: ClientMessage }
  /** This message has been said before, and got this number. */
  | {
      readonly type: 'repeat';
      readonly connection: Connection;
      readonly id: string;
      readonly seq: number;
      readonly at: number;
    }
  /** The log has kept everything up to this number. */
  | { readonly type: 'committed'; readonly seq: number }
  | { readonly type: 'signal'; readonly connection: Connection; readonly frame: ClientSignal }
  | { readonly type: 'list'; readonly connection: Connection; readonly frame: ClientList }
  /** It is `time` on the monotonic clock. */
  | { readonly type: 'tick'; readonly time: number };

/** What outlives a room that fails, as it is before a step: what the room owes to those who wait for the log. */
export interface Checkpoint {
  readonly seq: number;
  readonly committed: number;
  readonly pending: Pending[];
  readonly waiting: number;
  /** Whose command it is; no other connection starts or stops to catch up in the step. */
  readonly connection: ConnectionId | undefined;
  readonly catchingUp: CatchingUp | undefined;
}

export function checkpoint({ seq, committed, pending, catchingUp }: Room, command: RoomCommand): Checkpoint {
  const connection = 'connection' in command ? command.connection.id : undefined;
  const state = connection === undefined ? undefined : catchingUp.get(connection);
  return { seq, committed, pending, waiting: pending.length, connection, catchingUp: state };
}

/** The step failed: none of its effects has happened. */
export function rollBack(room: Room, { connection, catchingUp, waiting, ...before }: Checkpoint): void {
  Object.assign(room, before);
  room.pending.length = waiting;
  if (connection === undefined) return;
  if (catchingUp) room.catchingUp.set(connection, catchingUp);
  else room.catchingUp.delete(connection);
}

/** @param broken the room that this one replaces: who waits for the log there waits here. */
export function openRoom(name: string, { epoch, seq, next }: Numbering, options: RoomOptions, broken?: Room): Room {
  return {
    name,
    epoch,
    options,
    roster: new Roster(name, options),
    isInhabited: broken?.isInhabited ?? false,
    seq: broken && options.afterCommit ? broken.seq : seq,
    last: seq,
    next,
    pending: broken?.pending ?? [],
    catchingUp: broken?.catchingUp ?? new SparseMap(),
    committed: broken?.committed ?? seq,
    told: (broken?.told ?? 0) + 1,
  };
}

/** @param now in milliseconds since 1970: for stamps only. */
export function step(room: Room, command: RoomCommand, now: number): Effect[] {
  switch (command.type) {
    case 'join':
      if (command.isNew) room.roster.enter(command.connection);
      return enter(room, command);
    case 'identify':
      room.roster.leave(command.before);
      room.roster.enter(command.connection);
      return standing(room, command.connection.id);
    case 'leave':
      room.roster.leave(command.connection);
      return leave(room, command.connection, command.id);
    case 'quit':
      room.roster.leave(command.connection);
      return [exit(room, command.connection)];
    case 'lose':
      room.roster.lose(command.connection, command.time);
      return [exit(room, command.connection)];
    case 'replayed':
      return catchUp(room, command.connection, command.seq);
    case 'changed':
      room.roster.changed(command.user, command.was);
      return [];
    case 'message':
      return together(introduction(room, command.connection), message(room, command.connection, command.frame, now));
    case 'repeat':
      return repeat(room, command.connection, command);
    case 'committed':
      return committed(room, command.seq);
    case 'signal':
      return together(introduction(room, command.connection), signal(room, command.connection, command.frame, now));
    case 'list':
      return [list(room, command.connection, command.frame)];
    case 'tick':
      return told(room, room.roster.tick(command.time));
  }
}

/** The first are mostly none. */
function together(first: Effect[], then: Effect[]): Effect[] {
  return first.length === 0 ? then : [...first, ...then];
}

/** Nobody is to hear from a member of whose arrival they have not heard. */
function introduction(room: Room, { user }: Connection): Effect[] {
  return told(room, room.roster.introduce(user.public.id));
}

function told(room: Room, frame: ServerFrame | undefined): Effect[] {
  if (!frame) return [];
  room.told += 1;
  return [{ type: 'publish', room: room.name, frame }];
}

// ---- messages

function message(room: Room, { id: connection, user }: Connection, frame: ClientMessage, now: number): Effect[] {
  const { id, body, mime } = frame;
  const { name, options, next: seq, last: prev } = room;
  const from = user.public;
  // Written out: a spread makes objects that everything after it is slower with.
  const plain: ServerMessage =
    id === undefined
      ? { type: 'message', room: name, seq, from, at: now, body }
      : { type: 'message', room: name, seq, id, from, at: now, body };
  const isPlain = prev === seq - 1 && mime === undefined;
  const out = isPlain ? plain : { ...plain, ...(prev !== seq - 1 && { prev }), ...(mime !== undefined && { mime }) };
  room.last = seq;
  room.next = seq + 1;
  const publish: Effect =
    frame.echo === false
      ? { type: 'publish', room: name, frame: out, except: connection }
      : { type: 'publish', room: name, frame: out };
  const ack = id === undefined ? undefined : acknowledgement(room, connection, { id, seq, at: now });
  if (options.afterCommit) {
    room.pending.push({ seq, publish, ...(ack && { ack }) });
    return [{ type: 'append', frame: out }];
  }
  room.seq = seq;
  if (!options.isKept) return ack ? [publish, ack] : [publish];
  if (ack) room.pending.push({ seq, ack });
  return [{ type: 'append', frame: out }, publish];
}

/** The first one's `ack` again; if that is still to come, this one comes with it. */
function repeat(
  room: Room,
  { id: connection }: Connection,
  said: Pick<ServerAck, 'id' | 'at'> & { seq: number },
): Effect[] {
  const ack = acknowledgement(room, connection, said);
  if (said.seq <= room.committed) return [ack];
  room.pending.push({ seq: said.seq, ack });
  return [];
}

function acknowledgement(
  { name, epoch }: Room,
  connection: ConnectionId,
  { id, seq, at }: { readonly id: string; readonly seq: number; readonly at: number },
): Effect {
  return { type: 'send', connection, frame: { type: 'ack', id, room: name, epoch, seq, at } };
}

function committed(room: Room, seq: number): Effect[] {
  const effects: Effect[] = [];
  // Not sorted: what is said again waits behind what was said since. Another array, for the step may be rolled back.
  const left: Pending[] = [];
  for (const waiting of room.pending) {
    if (waiting.seq > seq) {
      left.push(waiting);
      continue;
    }
    if (waiting.publish) {
      room.seq = waiting.seq;
      effects.push(waiting.publish);
    }
    if (waiting.ack) effects.push(waiting.ack);
  }
  room.committed = seq;
  room.pending = left;
  return effects;
}

// ---- the rest

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
  const { items, cursor } = page(room.roster.after(after ?? ''), (member) => member.id, limit);
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
