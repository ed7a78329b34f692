/** The replica of a plain client, built from received frames only. It fails at frames that no client should see. */
import type {
  Member,
  ServerFrame,
  ServerGap,
  ServerJoined,
  ServerPresence,
} from '../../../src/protocol/generated/frames.ts';
import { ensure } from './violation.ts';

/** A message's number, and that of the one before it. */
export interface Step {
  readonly seq: number;
  readonly prev: number;
}

export interface RoomReplica {
  epoch: string;
  /** It has everything up to this number, or was told that it is missing. */
  position: number;
  /** Its own messages that were sent without an echo. */
  spared: Step[];
  count: number;
  /** undefined in a room that sends counts only. */
  members: Map<string, Member> | undefined;
  /** It was told that something is missing, and still has to get the gap. */
  isOwedGap: boolean;
}

/** The content of a message, which must be the same everywhere. */
export interface Seen {
  readonly body: unknown;
  readonly from: string;
}

/** Shared by all replicas: every position in a room belongs to one message. */
export class Ledger {
  readonly #epochs = new Map<string, Map<number, Seen>>();

  agree(room: string, epoch: string, seq: number, { body, from }: Seen): void {
    const key = `${room} ${epoch}`;
    const messages = this.#epochs.get(key) ?? new Map<number, Seen>();
    this.#epochs.set(key, messages);
    const other = messages.get(seq);
    ensure(
      other === undefined || (other.body === body && other.from === from),
      () =>
        `number ${seq} of ${key} is ${body} by ${from} for one member and ${other?.body} by ${other?.from} for another`,
    );
    messages.set(seq, { body, from });
  }
}

export class Replica {
  readonly rooms = new Map<string, RoomReplica>();
  /** The room that it is joining right now. */
  joining: string | undefined;
  readonly #who: string;
  readonly #ledger: Ledger;

  constructor(who: string, ledger: Ledger) {
    this.#who = who;
    this.#ledger = ledger;
  }

  receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'joined':
        return this.#joined(frame);
      case 'left':
        this.#in(frame.room, frame.type);
        this.rooms.delete(frame.room);
        return;
      case 'message': {
        const { room, seq, prev = seq - 1, body, from } = frame;
        const { epoch } = this.advance(room, { seq, prev });
        return this.#ledger.agree(room, epoch, seq, { body, from: from.id });
      }
      case 'gap':
        return this.#gap(frame);
      case 'ack':
        return this.#acknowledged(frame);
      case 'presence':
        return this.#presence(frame);
      case 'members': {
        if (frame.room === undefined || frame.id !== undefined) return;
        const room = this.#in(frame.room, 'an unasked members');
        room.members = byId(frame.members);
        room.count = frame.count;
        return;
      }
      case 'signal':
        if (frame.room !== undefined) this.#in(frame.room, frame.type);
        return;
      default:
    }
  }

  /** A message has come. */
  advance(name: string, { seq, prev }: Step): RoomReplica {
    const room = this.#in(name, 'message');
    ensure(!room.isOwedGap, () => `${this.#who} was not told what is missing of ${name}`);
    ensure(seq > room.position, () => `${this.#who} got number ${seq} of ${name}, but has it up to ${room.position}`);
    const position = standing(room);
    ensure(
      prev <= position,
      () => `${this.#who} got number ${seq} after ${prev} of ${name} where ${position} was last`,
    );
    moveTo(room, seq);
    return room;
  }

  /** A message of its own does not come back, although it is in the room. */
  spare(name: string, step: Step): void {
    this.rooms.get(name)?.spared.push(step);
  }

  #joined({ room: name, epoch, seq, after = seq, recovered, count, members }: ServerJoined): void {
    const before = this.rooms.get(name);
    ensure(
      this.joining === name || before?.epoch !== epoch || (before.position <= after && after <= standing(before)),
      () => `${this.#who} is told that ${name} stands at ${after}, but has seen it up to ${before?.position}`,
    );
    const spared = before?.epoch === epoch && this.joining !== name ? before.spared : [];
    const isOwedGap = recovered === false;
    const room = { epoch, position: after, spared, count, members: members && byId(members), isOwedGap };
    moveTo(room, after);
    this.rooms.set(name, room);
  }

  #gap({ room: name, from, to, why }: ServerGap): void {
    const room = this.#in(name, 'gap');
    const isLate = !room.isOwedGap;
    room.isOwedGap = false;
    if (from === undefined || to === undefined) {
      ensure(why === 'epoch' && !isLate, () => `${this.#who} is told of a gap in ${name} without numbers`);
      return;
    }
    const fits = from === room.position + 1 && from <= to && why !== 'epoch';
    ensure(fits, () => `${this.#who} has ${name} up to ${room.position} and is told that ${from} to ${to} are missing`);
    moveTo(room, to);
  }

  #acknowledged({ id, room: name, epoch }: Extract<ServerFrame, { type: 'ack' }>): void {
    const room = name === undefined ? undefined : this.rooms.get(name);
    // It may have left the room in the meantime.
    ensure(
      !room || epoch === room.epoch,
      () => `${this.#who} is told that ${id} is in ${epoch} of ${name}, but that is ${room?.epoch}`,
    );
  }

  #presence({ room: name, count, joins, leaves, changes }: ServerPresence): void {
    const room = this.#in(name, 'presence');
    room.count = count;
    if (!joins && !leaves && !changes) room.members = undefined;
    if (!room.members) return;
    for (const member of joins ?? []) room.members.set(member.id, member);
    for (const { was: _, ...member } of changes ?? []) room.members.set(member.id, member);
    for (const { id } of leaves ?? []) room.members.delete(id);
  }

  #in(name: string, what: string): RoomReplica {
    const room = this.rooms.get(name);
    ensure(room !== undefined, () => `${this.#who} got ${what} of ${name} and is not in it`);
    return room;
  }
}

/** The position, counting the client's own messages that were sent without an echo. */
export function standing({ position, spared }: RoomReplica): number {
  return spared.reduce((at, { seq, prev }) => (prev <= at ? Math.max(at, seq) : at), position);
}

function moveTo(room: RoomReplica, seq: number): void {
  room.position = seq;
  if (room.spared.length > 0) room.spared = room.spared.filter((step) => step.seq > seq);
}

function byId(members: readonly Member[]): Map<string, Member> {
  return new Map(members.map((member) => [member.id, member]));
}
