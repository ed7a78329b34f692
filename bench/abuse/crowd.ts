/**
 * Prepares the situation for attackers, in the process of the bystanders: rooms, messages, users with many connections.
 */
import type { Address } from '../load/address.ts';
import { forEach } from '../load/at-once.ts';
import { textFrame } from '../load/client-frame.ts';
import type { Ground } from './calls.ts';
import { deferred } from './deferred.ts';
import { Wire } from './wire.ts';

const atOnce = 64;

/** How many bystanders share an address: fewer than the default limit. */
const perAddress = 900;

/** How many messages one connection can send at once by default. */
const burst = 400;

interface Welcome {
  readonly ticket: string;
  readonly user: { readonly id: string };
}

export class Crowd {
  readonly #server: Address;
  readonly #wires: Wire[] = [];

  constructor(server: Address) {
    this.#server = server;
  }

  /** Opens connections, each with a path of its own. */
  async enter(connections: number, path: (index: number) => string): Promise<Ground> {
    await forEach(Array(connections).keys(), atOnce, async (index) => {
      await this.#open(path(index), index);
    });
    return {};
  }

  /** A user with many connections. */
  async enterAsOne(connections: number, query: string): Promise<Ground> {
    const { ticket, user } = await this.#first<Welcome>('welcome', `/?name=many&${query}`);
    const token = encodeURIComponent(ticket);
    await this.enter(connections - 1, () => `/?token=${token}&${query}`);
    return { ticket: token, user: user.id };
  }

  /** Sends messages to a room. */
  async fill(room: string, messages: number): Promise<Ground> {
    const { epoch } = await this.#first<{ epoch: string }>('joined', `/?room=${room}`);
    const body = 'x'.repeat(100);
    await forEach(Array(Math.ceil(messages / burst)).keys(), 4, async (index) => {
      let acknowledged = 0;
      const isDone = deferred();
      const wire = await this.#open(`/?room=${room}`, index, (payload) => {
        if (!payload.toString('latin1', 0, 20).startsWith('{"type":"ack"')) return;
        acknowledged += 1;
        if (acknowledged === burst) isDone.resolve();
      });
      const frames = Array.from({ length: burst }, (_, at) =>
        textFrame(JSON.stringify({ type: 'message', id: `f${index}-${at}`, body, echo: false })),
      );
      await wire.send(Buffer.concat(frames));
      const reason = await Promise.race([isDone.promise, wire.closed]);
      if (reason !== undefined) throw new Error(`the room could not be filled: ${reason}`);
      this.#wires.splice(this.#wires.indexOf(wire), 1);
      wire.cut();
    });
    return { epoch };
  }

  count(): { open: number; lost: number; reason: string | undefined } {
    const lost = this.#wires.filter(({ end }) => end !== undefined);
    return { open: this.#wires.length - lost.length, lost: lost.length, reason: lost[0]?.end };
  }

  /** Connects, and waits for the first frame of a type. */
  async #first<T>(type: string, path: string): Promise<T> {
    const first = deferred<T>();
    await this.#open(path, 0, (payload) => {
      const text = payload.toString();
      if (text.startsWith(`{"type":"${type}"`)) first.resolve(JSON.parse(text) as T);
    });
    return first.promise;
  }

  async #open(path: string, index: number, onPayload?: (payload: Buffer) => void): Promise<Wire> {
    const from = `127.2.${Math.floor(index / perAddress)}.1`;
    const wire = await Wire.open({ server: this.#server, from }, path, onPayload);
    this.#wires.push(wire);
    return wire;
  }
}

/** The query of a connection that joins `count` rooms. */
export function inRooms(count: number, prefix: string): string {
  return Array.from({ length: count }, (_, index) => `room=${prefix}${index}`).join('&');
}
