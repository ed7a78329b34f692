/** The actions of users, and their expected results. */
import type { PresenceState, ServerFrame } from '../../../src/protocol/generated/frames.ts';
import type { Random } from '../../kit/random.ts';
import type { Choices, World } from './choices.ts';
import { ensureSame, type Inspection, type Peer } from './inspection.ts';
import { ensure } from './violation.ts';

const names = ['ada', 'bob', 'eve', 'grace hopper', 'tom'];
const states: readonly PresenceState[] = ['online', 'away', 'busy'];
const maxConnectionsPerUser = 3;

export class Actions {
  readonly #random: Random;
  readonly #inspection: Inspection;
  readonly #world: World;
  readonly #choices: Choices;

  constructor(choices: Choices, inspection: Inspection, world: World) {
    this.#random = choices.random;
    this.#choices = choices;
    this.#inspection = inspection;
    this.#world = world;
  }

  // ---- connections

  connect(): void {
    const { truth } = this.#inspection;
    const free = this.#world.users.filter((id) => (truth.users.get(id)?.connections.size ?? 0) < maxConnectionsPerUser);
    if (free.length === 0) return;
    const id = this.#random.pick(free);
    const name = this.#random.pick(names);
    const dialect = this.#random.chance(0.15) ? 'text' : 'json';
    const wanted = Array.from({ length: this.#random.below(4) }, () => this.#random.pick(this.#world.rooms));
    const rooms = [...new Set(wanted)];
    this.#inspection.connect(name, { id, dialect, rooms }, (connection) => {
      truth.connect(connection, id, name, dialect);
      for (const room of rooms.slice(0, this.#world.maxRooms)) truth.join(connection, room);
    });
  }

  disconnect(peer: Peer, how: 'quit' | 'lose'): void {
    const { peers, truth, kit } = this.#inspection;
    const { client } = peer;
    peers.splice(peers.indexOf(peer), 1);
    this.#choices.remember(peer);
    const act = () => client[how]();
    this.#inspection.command(`${client.connection} ${how === 'quit' ? 'quits' : 'breaks'}`, act, () => {
      truth.disconnect(client.connection, how === 'quit', kit.time);
      return {};
    });
  }

  identify({ client }: Peer): void {
    const { truth } = this.#inspection;
    const { connection } = client;
    const id = this.#random.pick(this.#world.users);
    const user = truth.users.get(id);
    if (user?.connections.has(connection) || (user?.connections.size ?? 0) >= maxConnectionsPerUser) return;
    const name = this.#random.pick(names);
    const act = () => client.identify({ id, name });
    this.#inspection.command(`${connection} turns out to be ${id} (${name})`, act, () => {
      truth.identify(connection, id, name);
      return {};
    });
  }

  // ---- rooms

  leave(peer: Peer, room: string): void {
    const isIn = this.#choices.roomsOf(peer).has(room);
    this.#inspection.request(peer, this.#choices.mayHaveId({ type: 'leave', room }), () => {
      this.#inspection.truth.leave(peer.client.connection, room);
      return { answer: isIn ? 'left' : 'not_joined' };
    });
  }

  signalRoom(peer: Peer): void {
    const room = this.#choices.someRoom(peer);
    const isIn = this.#choices.roomsOf(peer).has(room);
    const body = this.#choices.body('s');
    const frame = this.#choices.mayHaveId({ type: 'signal', room, kind: 'typing', body });
    this.#inspection.request(peer, frame, (failed) => {
      if (!isIn) return { answer: 'not_joined' };
      if (failed.has(room)) return { answer: 'internal' };
      const to = this.#hearingSignals(peer, this.#inspection.current(room));
      return { answer: 'ack', delivered: [{ type: 'signal', body, to }] };
    });
  }

  listRoom(peer: Peer): void {
    const { truth } = this.#inspection;
    const room = this.#choices.someRoom(peer);
    const standing = this.#choices.roomsOf(peer).has(room) ? truth.rooms.get(room) : undefined;
    const look = (answer: ServerFrame) => {
      if (standing) checkList(answer, truth.members(standing), room);
    };
    // Without an id it could not be distinguished from the list of a room that has shrunk.
    const frame = { type: 'list', room, limit: 1000, id: this.#choices.id() } as const;
    const then = (failed: ReadonlySet<string>) => {
      if (!standing) return { answer: 'not_joined' } as const;
      return { answer: failed.has(room) ? 'internal' : 'members' } as const;
    };
    this.#inspection.request(peer, frame, then, { look });
  }

  // ---- users and the server

  signalUser(peer: Peer): void {
    const to = this.#random.pick(this.#world.users);
    const user = this.#inspection.truth.users.get(to);
    const body = this.#choices.body('s');
    this.#inspection.request(peer, this.#choices.mayHaveId({ type: 'signal', to, kind: 'offer', body }), () => {
      if (!user) return { answer: 'unknown_user' };
      return { answer: 'ack', delivered: [{ type: 'signal', body, to: this.#hearingSignals(peer, user.connections) }] };
    });
  }

  direct(peer: Peer): void {
    const to = this.#random.pick(this.#world.users);
    const user = this.#inspection.truth.users.get(to);
    const body = this.#choices.body('d');
    this.#inspection.request(peer, this.#choices.mayHaveId({ type: 'direct', to, body }), () => {
      if (!user) return { answer: 'unknown_user' };
      return { answer: 'ack', delivered: [{ type: 'direct', body, to: this.#hearingDirect(peer, user.connections) }] };
    });
  }

  directByName(peer: Peer): void {
    const to = this.#random.pick(names);
    const called = [...this.#inspection.truth.users.values()].filter(({ name }) => name === to);
    const [user] = called;
    const body = this.#choices.body('d');
    const then = () => {
      if (!user) return { answer: 'unknown_user' } as const;
      if (called.length > 1) return { answer: 'ambiguous_name' } as const;
      const receivers = this.#hearingDirect(peer, user.connections);
      return { answer: 'ack', delivered: [{ type: 'direct', body, to: receivers }] } as const;
    };
    this.#inspection.request(peer, this.#choices.mayHaveId({ type: 'direct', to, body }), then, { byName: true });
  }

  broadcast(peer: Peer): void {
    const body = this.#choices.body('b');
    this.#inspection.request(peer, this.#choices.mayHaveId({ type: 'broadcast', body }), () => {
      const to = [...this.#inspection.truth.connections.keys()];
      return { answer: 'ack', delivered: [{ type: 'broadcast', body, to }] };
    });
  }

  rename(peer: Peer): void {
    const name = this.#random.pick(names);
    this.#inspection.request(peer, this.#choices.mayHaveId({ type: 'name', name }), () => {
      this.#inspection.truth.change(peer.client.connection, { name });
      return { answer: 'ack' };
    });
  }

  status(peer: Peer): void {
    const state = this.#random.pick(states);
    const note = this.#random.chance(0.3) ? `note ${this.#random.below(3)}` : undefined;
    const frame = this.#choices.mayHaveId({ type: 'status', state, ...(note !== undefined && { note }) });
    this.#inspection.request(peer, frame, () => {
      this.#inspection.truth.change(peer.client.connection, { state, note });
      return { answer: 'ack' };
    });
  }

  listServer(peer: Peer): void {
    const look = (answer: ServerFrame) => checkList(answer, this.#inspection.truth.everyone(), 'the server');
    const frame = { type: 'list', limit: 1000, id: this.#choices.id() } as const;
    this.#inspection.request(peer, frame, () => ({ answer: 'members' }), { look });
  }

  listRooms(peer: Peer): void {
    const look = (answer: ServerFrame) => {
      const told = answer.type === 'rooms' ? answer.rooms.map(({ room, count }) => `${room} (${count})`) : [];
      const rooms = Array.from(this.#inspection.truth.rooms, ([name, { places }]) => `${name} (${places.size})`).sort();
      ensure(told.join() === rooms.join(), () => `the rooms are ${rooms}, but ${told} were told`);
    };
    this.#inspection.request(peer, { type: 'rooms', id: this.#choices.id() }, () => ({ answer: 'rooms' }), { look });
  }

  // ---- others

  #hearingSignals({ client }: Peer, connections: Iterable<string>): string[] {
    const { truth } = this.#inspection;
    const others = Array.from(connections).filter((id) => id !== client.connection);
    return others.filter((id) => truth.connections.get(id)?.dialect === 'json');
  }

  /** The user's connections and the sender's others. */
  #hearingDirect({ client }: Peer, connections: Iterable<string>): string[] {
    const { truth } = this.#inspection;
    const sender = truth.users.get(truth.connections.get(client.connection)?.user ?? '');
    const all = new Set([...connections, ...(sender?.connections ?? [])]);
    return Array.from(all).filter((id) => id !== client.connection);
  }
}

function checkList(answer: ServerFrame, real: Parameters<typeof ensureSame>[1], what: string): void {
  if (answer.type !== 'members') return;
  const told = new Map(answer.members.map((member) => [member.id, member]));
  ensureSame(told, real, () => `the list of ${what}`);
  ensure(answer.count === real.size, () => `the list of ${what} counts ${answer.count}, there are ${real.size}`);
}
