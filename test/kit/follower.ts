import assert from 'node:assert/strict';
import type {
  ClientJoin,
  Position,
  ServerFrame,
  ServerGap,
  ServerJoined,
  ServerMessage,
} from '../../src/protocol/generated/frames.ts';
import type { JsonClient } from './client.ts';
import { until } from './server.ts';

/** A message as it was received. */
export interface Came {
  /** The header, if it is binary. */
  readonly frame: ServerMessage;
  /** The WebSocket message; undefined if the test does not need it. */
  readonly data: Buffer | undefined;
}

/**
 * Follows a room by the rules of PROTOCOL.md: every message follows the position, and a `gap` reports missing ones.
 */
export class Follower {
  readonly room: string;
  /** After `joined`, until `left`. */
  position: Position | undefined;
  readonly joins: ServerJoined[] = [];
  readonly gaps: ServerGap[] = [];
  readonly messages: Came[] = [];
  /** Other frames of the room, and after how many messages each came. */
  readonly others: { readonly frame: ServerFrame; readonly after: number }[] = [];
  /** How many own messages without an echo may be missing. */
  hushed = 0;
  #problem: unknown;

  constructor(room: string) {
    this.room = room;
  }

  /** Listens to a client from here on. */
  static of({ socket }: JsonClient, room: string): Follower {
    const follower = new Follower(room);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      const json = isBinary ? data.subarray(3, 3 + data.readUInt16BE(1)) : data;
      follower.take(JSON.parse(json.toString()), data);
    });
    return follower;
  }

  /** Joins the room, and follows it from here on. */
  static async join(client: JsonClient, { room = 'lobby', ...more }: Partial<ClientJoin> = {}): Promise<Follower> {
    const follower = Follower.of(client, room);
    client.send({ ...more, type: 'join', room });
    await until(() => follower.joins.length > 0, `${room} is joined`);
    return follower;
  }

  /** The numbers of the messages that came. */
  get numbers(): number[] {
    return this.messages.map(({ frame }) => frame.seq);
  }

  /** Errors are also reported by `check`. */
  take(frame: ServerFrame, data?: Buffer): void {
    if (!('room' in frame) || frame.room !== this.room) return;
    try {
      this.#take(frame, data);
    } catch (error) {
      this.#problem ??= error;
    }
  }

  /** @throws the first error in the received frames. */
  check(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  /** Waits until everything up to this number has arrived. */
  async reaches(seq: number): Promise<void> {
    const isThere = () => this.#problem !== undefined || (this.position?.seq ?? -1) >= seq;
    await until(isThere, `message ${seq} of ${this.room} comes; there is ${JSON.stringify(this.position)}`, 60_000);
    this.check();
  }

  #take(frame: ServerFrame, data: Buffer | undefined): void {
    switch (frame.type) {
      case 'joined':
        this.joins.push(frame);
        this.position = { epoch: frame.epoch, seq: frame.after ?? frame.seq };
        this.hushed = 0;
        return;
      case 'left':
        this.position = undefined;
        return;
      case 'gap':
        return this.#gap(frame);
      case 'message':
        return this.#message(frame, data);
      case 'ack':
      case 'history':
        return;
      default:
        this.others.push({ frame, after: this.messages.length });
    }
  }

  #gap(gap: ServerGap): void {
    this.gaps.push(gap);
    const { position } = this;
    assert.ok(position, `a gap came outside of ${this.room}`);
    if (gap.why === 'epoch') {
      assert.deepEqual([gap.from, gap.to], [undefined, undefined]);
      return;
    }
    const { from = 0, to = 0 } = gap;
    assert.equal(from, position.seq + 1);
    assert.ok(to >= from, `a gap from ${from} to ${to}`);
    this.position = { ...position, seq: to };
  }

  #message(frame: ServerMessage, data: Buffer | undefined): void {
    const { position } = this;
    const { seq, prev = seq - 1 } = frame;
    assert.ok(position, `message ${seq} came outside of ${this.room}`);
    const missing = prev - position.seq;
    const fits = missing >= 0 && missing <= this.hushed && seq > prev;
    assert.ok(fits, `message ${seq}, which follows ${prev}, came after ${position.seq} of ${this.room}`);
    this.hushed -= missing;
    this.position = { ...position, seq };
    this.messages.push({ frame, data });
  }
}
