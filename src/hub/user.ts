import type { Dialect } from '../protocol/dialect.ts';
import type { Member, PresenceState, User } from '../protocol/generated/frames.ts';

/** Names a connection; unique across all edges. */
export type ConnectionId = string;

/** A connected user. The hub changes it in place, and the rooms the user is in share it. */
export interface UserRecord {
  /** The user in frames; replaced as a whole when the name changes. */
  public: User;
  state: PresenceState;
  note: string | undefined;
  /** There are few: a set takes four times the memory. Replaced as a whole, so that no spare capacity takes memory. */
  connections: readonly ConnectionId[];
}

/** A connection, as the hub and the rooms know it. */
export interface Connection {
  readonly id: ConnectionId;
  readonly dialect: Dialect;
  readonly user: UserRecord;
}

/** @param connections how many connections the user has in this room, or on the server. */
export function describeMember({ public: user, state, note }: UserRecord, connections: number): Member {
  return { id: user.id, name: user.name, state, ...(note !== undefined && { note }), connections };
}
