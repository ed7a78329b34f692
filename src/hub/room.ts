/**
 * The room actor: a state machine without clock, socket, promise or random number. `step` takes a command and the time,
 * changes the state, which nothing else holds, and returns effects. If it throws, the hub discards the state and
 * rebuilds the room; none of that step's effects has happened then.
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
  /** Whether it is listed as a room with members. */
  isInhabited: boolean;
  /** The number of the latest message that went out. */
  seq: number;
  /** The number of the latest message: ahead of `seq` while messages are held back. */
  last: number;
  /** The number the next message gets. */
  next: number;
  /** Effects that wait until a message is committed. */
  pending: Pending[];
  /** The connections that are catching up, and have not subscribed yet. */
  readonly catchingUp: SparseMap<ConnectionId, CatchingUp>;
  /** Everything up to here is committed. */
  committed: number;
  /** How many times the members were told of changes in presence. */
  told: number;
}

export interface RoomOptions extends RosterOptions {
  /** Whether the room has a log. */
  readonly isKept: boolean;
  /** Whether a message goes out only when it is committed; never without a log. */
  readonly afterCommit: boolean;
  /** Checks bodies. Updated when the policy changes. */
  check: RoomPolicy['check'];
}

/** The state of the numbering; a new epoch starts with `seq` 0 and `next` 1. */
export interface Numbering {
  readonly epoch: string;
  readonly seq: number;
  readonly next: number;
}

interface Pending {
  /** The number of the message. */
  readonly seq: number;
  /** Sent with the commit. */
  readonly publish?: Effect;
  readonly ack?: Effect;
}

interface CatchingUp {
  /** The room's `told` when the connection was last told; undefined if it has to be told again. */
  told: number | undefined;
}

export type RoomCommand =
  | JoinCommand
  | { readonly type: 'leave'; readonly connection: Connection; readonly id: string | undefined }
  /** The connection belongs to another user than `before`. */
  | { readonly type: 'identify'; readonly connection: Connection; readonly before: Connection }
  /** The connection broke (`lose`) or was closed on purpose (`quit`); `time` on the monotonic clock. */
  | { readonly type: 'lose' | 'quit'; readonly connection: Connection; readonly time: number }
  /** It has everything in the log up to this number. */
  | { readonly type: 'replayed'; readonly connection: Connection; readonly seq: number }
  | { readonly type: 'changed'; readonly user: UserRecord; readonly was: Standing }
  | { readonly type: 'message'; readonly connection: Connection; readonly frame: ClientMessage }
  /** This message was sent before, and has this number. */
  | {
      readonly type: 'repeat';
      readonly connection: Connection;
      readonly id: string;
      readonly seq: number;
      readonly at: number;
    }
  /** The log has committed everything up to this number. */
  | { readonly type: 'committed'; readonly seq: number }
  | { readonly type: 'signal'; readonly connection: Connection; readonly frame: ClientSignal }
  | { readonly type: 'list'; readonly connection: Connection; readonly frame: ClientList }
  /** It is `time` on the monotonic clock. */
  | { readonly type: 'tick'; readonly time: number };

/** The part of a room's state before a step that survives a failure: whatever still waits for the log. */
export interface Checkpoint {
  readonly seq: number;
  readonly committed: number;
  readonly pending: Pending[];
  readonly waiting: number;
  /** The connection of the command; no other one starts or stops catching up in the step. */
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

/** @param broken the room that this one replaces: whatever waits for the log there waits here. */
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

/** Joins effects; the first list is mostly empty. */
function together(first: Effect[], then: Effect[]): Effect[] {
  return first.length === 0 ? then : [...first, ...then];
}

/** Members must be told of an arrival before they get a message from that member. */
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
  // Written out: objects from a spread make all later code slower.
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

/** Repeats the `ack` of the first time; if that is still to come, both come together. */
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
  // Not sorted: repeated messages wait behind newer ones. A new array, because the step may be rolled back.
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
