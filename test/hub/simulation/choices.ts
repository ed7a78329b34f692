/** The random choices of the users of a simulation. */
import type { HubFrame } from '../../../src/hub/commands.ts';
import type { Position } from '../../../src/protocol/generated/frames.ts';
import type { Random } from '../../kit/random.ts';
import type { Inspection, Peer } from './inspection.ts';

/** The possible users, rooms and so on. */
export interface World {
  readonly users: readonly string[];
  readonly rooms: readonly string[];
  /** Per connection. */
  readonly maxRooms: number;
}

/** A message with an id that its sender may repeat. */
export interface Sayable {
  readonly user: string;
  readonly room: string;
  readonly id: string;
  readonly body: string;
}

/** How many positions of a room, and how many messages, are remembered by clients that are gone. */
const memory = 12;

export class Choices {
  readonly random: Random;
  readonly #inspection: Inspection;
  readonly #world: World;
  readonly #positions = new Map<string, Position[]>();
  readonly #sayables: Sayable[] = [];
  #requests = 0;

  constructor(random: Random, inspection: Inspection, world: World) {
    this.random = random;
    this.#inspection = inspection;
    this.#world = world;
  }

  roomsOf({ client }: Peer): ReadonlySet<string> {
    return this.#inspection.truth.connections.get(client.connection)?.rooms ?? new Set();
  }

  /** Mostly one that the connection is in. */
  someRoom(peer: Peer): string {
    const own = [...this.roomsOf(peer)];
    return this.random.pick(own.length > 0 && this.random.chance(0.9) ? own : this.#world.rooms);
  }

  /** A different one for every request. */
  body(letter: string): string {
    return `${letter}${this.#inspection.commands}`;
  }

  id(): string {
    this.#requests += 1;
    return `q${this.#requests}`;
  }

  mayHaveId(frame: HubFrame): HubFrame {
    return this.random.chance(0.6) ? { ...frame, id: this.id() } : frame;
  }

  // ---- the memory of clients

  /** The connection is about to close; a later one may use its position. */
  remember({ replica }: Peer): void {
    for (const [name, { epoch, position: seq }] of replica.rooms) {
      const positions = this.#positions.get(name) ?? [];
      this.#positions.set(name, positions);
      positions.push({ epoch, seq });
      if (positions.length > memory) positions.shift();
    }
  }

  /** A position in a room: mostly a real one, and sometimes not. */
  position(room: string): Position {
    const positions = this.#positions.get(room);
    const known = positions && this.random.pick(positions);
    if (!known || this.random.chance(0.02)) return { epoch: 'e0', seq: this.random.below(10) };
    if (this.random.chance(0.85)) return known;
    return { ...known, seq: Math.max(0, known.seq + this.random.below(40) - 20) };
  }

  maySayAgain(sayable: Sayable): void {
    this.#sayables.push(sayable);
    if (this.#sayables.length > memory) this.#sayables.shift();
  }

  /** A message with an id that this user sent in this room. */
  said(user: string, room: string): Sayable | undefined {
    const own = this.#sayables.filter((sayable) => sayable.user === user && sayable.room === room);
    return own.length === 0 ? undefined : this.random.pick(own);
  }
}
