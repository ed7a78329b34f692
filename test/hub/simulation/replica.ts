/** A plain client: what it knows of its rooms is what it was told. It complains of what no client should see. */
import type { Member, ServerFrame, ServerJoined, ServerPresence } from '../../../src/protocol/generated/frames.ts';
import { ensure } from './violation.ts';

export interface RoomReplica {
  epoch: string;
  /** The number of the latest message it knows of. */
  seq: number;
  count: number;
  /** undefined: counts only. */
  members: Map<string, Member> | undefined;
}

/** What a message was, wherever it was seen. */
export interface Seen {
  readonly body: unknown;
  readonly from: string;
}

/** Whatever all replicas share: every position in a room belongs to one message. */
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
  /** The room in which it has just said something that is not to come back. */
  spared: string | undefined;
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
        const room = this.said(frame.room);
        ensure(
          frame.seq === room.seq,
          () => `${this.#who} got number ${frame.seq} of ${frame.room} where ${room.seq} was to follow`,
        );
        return this.#ledger.agree(frame.room, room.epoch, frame.seq, { body: frame.body, from: frame.from.id });
      }
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

  /** Something was said in a room: by another, or by this client, which was spared it. */
  said(name: string): RoomReplica {
    const room = this.#in(name, 'message');
    room.seq += 1;
    return room;
  }

  #joined({ room, epoch, seq, count, members }: ServerJoined): void {
    const before = this.rooms.get(room);
    ensure(
      before?.epoch !== epoch || before.seq === seq,
      () => `${this.#who} is told that ${room} stands at ${seq}, but has seen it up to ${before?.seq}`,
    );
    this.rooms.set(room, { epoch, seq, count, members: members && byId(members) });
  }

  #acknowledged({ id, room: name, epoch, seq }: Extract<ServerFrame, { type: 'ack' }>): void {
    if (name === undefined) return;
    const room = this.#in(name, 'ack');
    if (this.spared === name) this.said(name);
    this.spared = undefined;
    ensure(
      epoch === room.epoch && seq === room.seq,
      () => `${this.#who} is told that ${id} is ${epoch}/${seq} in ${name}, but it is ${room.epoch}/${room.seq}`,
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

function byId(members: readonly Member[]): Map<string, Member> {
  return new Map(members.map((member) => [member.id, member]));
}
