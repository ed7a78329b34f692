/** An attacker, with one of its connections at a time. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Ground } from './calls.ts';
import { ownEnd, type Place, Wire } from './wire.ts';

/** How long a refused connection waits before it tries again, in milliseconds: the loop of the process has to go on. */
const rest = 20;

/** The totals of the attackers of a process. */
export class Score {
  opened = 0;
  written = 0;
  read = 0;
  frames = 0;
  asked = 0;
  answered = 0;
  readonly ends = new Map<string, number>();

  end(reason: string): void {
    this.ends.set(reason, (this.ends.get(reason) ?? 0) + 1);
  }
}

export class Attacker {
  /** A number that is unique among all connections of all attackers. */
  readonly number: number;
  readonly ground: Ground;
  readonly #place: Place;
  readonly #signal: AbortSignal;
  readonly #score: Score;
  readonly #wires = new Set<Wire>();

  constructor(number: number, place: Place, ground: Ground, signal: AbortSignal, score: Score) {
    this.number = number;
    this.ground = ground;
    this.#place = place;
    this.#signal = signal;
    this.#score = score;
  }

  get isOver(): boolean {
    return this.#signal.aborted;
  }

  /** Repeats the attack: an attacker that was disconnected comes back at once. */
  async persist(attack: (attacker: this) => Promise<void>): Promise<void> {
    while (!this.isOver) {
      try {
        await attack(this);
      } catch (error) {
        if (!this.isOver) this.#score.end(error instanceof Error ? error.message : String(error));
        await wait(rest);
      }
      this.cut();
    }
  }

  async dial(): Promise<Wire> {
    return this.#watch(await Wire.dial(this.#place));
  }

  async open(path: string, onPayload?: (payload: Buffer) => void): Promise<Wire> {
    return this.#watch(await Wire.open(this.#place, path, onPayload));
  }

  /** Opens a connection whose requests have to be answered, by `ack` or by `error`, and counts the answers. */
  async openAndCount(path: string): Promise<Wire> {
    return await this.open(path, (payload) => {
      if (/^\{"type":"(ack|error)"/.test(payload.toString('latin1', 0, 20))) this.#score.answered += 1;
    });
  }

  /**
   * Writes a burst in one piece, and then goes on at the pace that is allowed in the long run, as long as the socket
   * takes it.
   *
   * @param frame is called for each frame.
   */
  async press(wire: Wire, { burst, perSecond }: Pace, frame: () => Buffer): Promise<void> {
    await wire.send(Buffer.concat(Array.from({ length: burst }, frame)));
    const every = Math.max(20, 1000 / perSecond);
    const each = (perSecond * every) / 1000;
    for (let due = 0; wire.end === undefined && !this.isOver; ) {
      await wait(every);
      due = Math.min(due + each, 10 * each);
      const count = Math.floor(due);
      due -= count;
      if (count > 0) await wire.send(Buffer.concat(Array.from({ length: count }, frame)));
    }
  }

  /** Waits for the next multiple of `milliseconds` on a clock that all attackers share. */
  async tick(milliseconds: number): Promise<void> {
    const now = performance.now();
    await wait(milliseconds - (now % milliseconds), undefined, { signal: this.#signal });
  }

  ask(): void {
    this.#score.asked += 1;
  }

  cut(): void {
    for (const wire of this.#wires) wire.cut();
    this.#wires.clear();
  }

  #watch(wire: Wire): Wire {
    this.#score.opened += 1;
    this.#wires.add(wire);
    void wire.closed.then((reason) => {
      this.#score.written += wire.written;
      this.#score.read += wire.read;
      this.#score.frames += wire.frames;
      if (reason !== ownEnd) this.#score.end(reason);
    });
    // An attack may have ended while it connected.
    if (this.isOver) wire.cut();
    return wire;
  }
}

/** Frames in a burst, and per second from then on. */
export interface Pace {
  readonly burst: number;
  readonly perSecond: number;
}

/** What a connection may send by default: requests, and frames of 60 KB, which the rate of bytes limits. */
export const requests: Pace = { burst: 480, perSecond: 99 };
export const largeFrames: Pace = { burst: 66, perSecond: 16 };
