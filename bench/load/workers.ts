/**
 * All load processes of one run. A single room is shared by all of them: one only sends, the others hold the members.
 * If there are several rooms, each is in one process with its sender.
 */
import type { Answers, ArmCall, Call, Census, Collected, CutCall, OpenCall, Woken } from './calls.ts';
import { addEntries, type Entries } from './entries.ts';
import type { Plan, Sent } from './send.ts';
import { Subprocess } from './subprocess.ts';

const script = new URL('worker.ts', import.meta.url);

type Worker = Subprocess<Call, Answers>;

export interface Traffic {
  readonly burst: number;
  readonly ids: boolean;
}

/** The counts of each load process. */
export interface Tally {
  /** Messages sent, by all senders. */
  readonly sent: number;
  readonly late: number;
  readonly returns: Entries;
  readonly collected: readonly Collected[];
}

export interface DriveOptions {
  readonly hasAcks: boolean;
  /** How long to wait for the last delivery, in milliseconds. */
  readonly patience: number;
  /** Whether everyone gets every message: there is a single room, or messages go to all. */
  readonly isShared: boolean;
}

export function total(tally: Tally, of: 'delivered' | 'expected' | 'bytes'): number {
  return tally.collected.reduce((sum, collected) => sum + collected[of], 0);
}

export type Place = Omit<OpenCall, 'type' | 'connections' | 'sampled'>;

export class Workers implements AsyncDisposable {
  /** The first one is the sender in a single room. */
  readonly #workers: readonly Worker[];
  #senders: readonly Worker[] = [];

  /** @param receivers how many processes share the members, besides the sender. */
  constructor(receivers: number) {
    this.#workers = Array.from({ length: receivers + 1 }, () => new Subprocess<Call, Answers>(script));
  }

  /** Opens the members that may send: in a single room one per process, otherwise one per room. */
  async openFirst(place: Place): Promise<void> {
    for (const [at, worker] of this.#workers.entries()) {
      const rooms = this.#roomsOf(at, place);
      await worker.call({ type: 'open', ...place, rooms, connections: 1, sampled: rooms.length });
    }
  }

  /** Opens connections until each room has `members`, after `openFirst`. */
  async fill(place: Place, members: number, sampled: number): Promise<void> {
    if (place.rooms.length === 1) {
      await this.open(place, members - this.#workers.length, sampled);
      return;
    }
    await Promise.all(
      this.#workers.map((worker, at) => {
        const rooms = this.#roomsOf(at, place);
        return worker.call({ type: 'open', ...place, rooms, connections: members - 1, sampled });
      }),
    );
  }

  /** Opens `connections` more, of which about `sampled` are decoded, spread over the processes that receive. */
  async open(place: Place, connections: number, sampled: number): Promise<Entries> {
    const [, ...receivers] = this.#workers;
    const shares = split(connections, receivers.length);
    const samples = split(Math.min(sampled, connections), receivers.length);
    const entries = await Promise.all(
      receivers.map((worker, at) =>
        worker.call({ type: 'open', ...place, connections: shares[at] ?? 0, sampled: samples[at] ?? 0 }),
      ),
    );
    return addEntries(entries);
  }

  /** Makes members of one process, or of every process, senders. */
  async arm(senders: 'one' | 'all', traffic: Traffic, members: ArmCall['members'] = 'first'): Promise<void> {
    this.#senders = senders === 'one' ? this.#workers.slice(0, 1) : this.#workers;
    await Promise.all(this.#senders.map((worker, index) => worker.call({ type: 'arm', members, index, ...traffic })));
  }

  async settle(silence: number): Promise<void> {
    await this.#all({ type: 'settle', silence });
  }

  /** One census per load process. */
  async census(): Promise<Census[]> {
    return Promise.all(this.#workers.map((worker) => worker.call({ type: 'census' })));
  }

  async cut(members: CutCall['members']): Promise<void> {
    await this.#all({ type: 'cut', members });
  }

  /** Members that were cut come back. */
  async comeBack(): Promise<Entries> {
    return addEntries(await Promise.all(this.#workers.map((worker) => worker.call({ type: 'come back' }))));
  }

  /** Opens one more member, which does not read. */
  async stall(place: Place): Promise<void> {
    await this.#last.call({ type: 'stall', place });
  }

  /** @param messages how many there were since the member stopped reading. */
  async wake(messages: number, patience: number): Promise<Woken> {
    return this.#last.call({ type: 'wake', messages, patience });
  }

  async mark(): Promise<void> {
    await this.#all({ type: 'mark' });
  }

  /** Sends, waits until everything has arrived or the time is up, and counts. */
  async drive(plan: Plan, options: DriveOptions): Promise<Tally> {
    return this.collect(await this.send(plan), options);
  }

  async send(plan: Plan): Promise<Sent> {
    const sent = await Promise.all(this.#senders.map((worker) => worker.call({ type: 'send', plan })));
    return {
      messages: sent.reduce((sum, { messages }) => sum + messages, 0),
      late: sent.reduce((sum, { late }) => sum + late, 0),
      returns: addEntries(sent.map(({ returns }) => returns)),
    };
  }

  /** Waits until all messages have arrived or the time is up, and counts. */
  async collect({ messages, late, returns }: Sent, { hasAcks, patience, isShared }: DriveOptions): Promise<Tally> {
    const expected = isShared ? messages : undefined;
    const collected = await Promise.all(
      this.#workers.map((worker) => worker.call({ type: 'collect', messages: expected, hasAcks, patience })),
    );
    return { sent: messages, late, returns, collected };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  get #last(): Worker {
    const worker = this.#workers.at(-1);
    if (!worker) throw new Error('there is no load process');
    return worker;
  }

  #roomsOf(at: number, { rooms }: Place): readonly string[] {
    return rooms.length === 1 ? rooms : rooms.filter((_, room) => room % this.#workers.length === at);
  }

  async #all(call: Call): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.call(call)));
  }
}

/** Splits a number into parts that differ by one at most. */
function split(total: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, at) => Math.floor((total * (at + 1)) / parts) - Math.floor((total * at) / parts),
  );
}
