/**
 * The load processes of one run, as one. A single room is shared by all of them: one only sends, the others hold the
 * members. Of several rooms each is, with its sender, in one process.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Call, Collected, OpenCall, Reply } from './calls.ts';
import type { Plan, Sent } from './send.ts';

const script = new URL('worker.ts', import.meta.url).pathname;

/** One load process. */
class Hand {
  readonly #process: ChildProcess;

  constructor() {
    this.#process = fork(script);
  }

  /** @throws {Error} if the process could not do it, or has ended. */
  async call<C extends Call>(call: C): Promise<Answer<C>> {
    const ended = new AbortController();
    const onExit = () => ended.abort();
    this.#process.once('exit', onExit);
    try {
      this.#process.send(call);
      const [reply] = (await once(this.#process, 'message', { signal: ended.signal })) as [Reply];
      if ('error' in reply) throw new Error(reply.error);
      return reply.ok as Answer<C>;
    } catch (error) {
      throw ended.signal.aborted ? new Error('a load process has ended') : error;
    } finally {
      this.#process.off('exit', onExit);
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

export interface Traffic {
  readonly burst: number;
  readonly ids: boolean;
}

/** What all load processes counted, one by one. */
export interface Tally {
  /** Messages sent, by all senders. */
  readonly sent: number;
  readonly late: number;
  readonly collected: readonly Collected[];
}

export interface DriveOptions {
  readonly hasAcks: boolean;
  /** How long it is waited for the last delivery, in milliseconds. */
  readonly patience: number;
  /** Whether there is a single room. */
  readonly isShared: boolean;
}

export function total(tally: Tally, of: 'delivered' | 'expected' | 'bytes'): number {
  return tally.collected.reduce((sum, collected) => sum + collected[of], 0);
}

export type Place = Omit<OpenCall, 'type' | 'connections' | 'sampled'>;

export class Crew implements AsyncDisposable {
  /** The first one is the sender in a single room. */
  readonly #hands: readonly Hand[];
  #senders: readonly Hand[] = [];

  /** @param receivers how many processes share the members but the sender. */
  constructor(receivers: number) {
    this.#hands = Array.from({ length: receivers + 1 }, () => new Hand());
  }

  /** Those that may send: in a single room one member in each process, in each of several rooms one member. */
  async openFirst(place: Place): Promise<void> {
    for (const [at, hand] of this.#hands.entries()) {
      const rooms = this.#roomsOf(at, place);
      await hand.call({ type: 'open', ...place, rooms, connections: 1, sampled: rooms.length });
    }
  }

  /** So many that each room has `members`, after `openFirst`. */
  async fill(place: Place, members: number, sampled: number): Promise<void> {
    if (place.rooms.length === 1) return this.open(place, members - this.#hands.length, sampled);
    await Promise.all(
      this.#hands.map((hand, at) => {
        const rooms = this.#roomsOf(at, place);
        return hand.call({ type: 'open', ...place, rooms, connections: members - 1, sampled });
      }),
    );
  }

  /** `connections` more, of which about `sampled` are decoded, shared among the processes that do not only send. */
  async open(place: Place, connections: number, sampled: number): Promise<void> {
    const [, ...receivers] = this.#hands;
    const shares = split(connections, receivers.length);
    const samples = split(Math.min(sampled, connections), receivers.length);
    await Promise.all(
      receivers.map((hand, at) =>
        hand.call({ type: 'open', ...place, connections: shares[at] ?? 0, sampled: samples[at] ?? 0 }),
      ),
    );
  }

  /** Makes the first members of one process, or of every process, senders. */
  async arm(senders: 'one' | 'all', traffic: Traffic): Promise<void> {
    this.#senders = senders === 'one' ? this.#hands.slice(0, 1) : this.#hands;
    await Promise.all(this.#senders.map((hand, index) => hand.call({ type: 'arm', index, ...traffic })));
  }

  async settle(silence: number): Promise<void> {
    await this.#all({ type: 'settle', silence });
  }

  /** How many connections are still there. */
  async openConnections(): Promise<number> {
    const counts = await Promise.all(this.#hands.map((hand) => hand.call({ type: 'census' })));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async mark(): Promise<void> {
    await this.#all({ type: 'mark' });
  }

  /** Sends, waits until everything has arrived or could have, and counts. */
  async drive(plan: Plan, { hasAcks, patience, isShared }: DriveOptions): Promise<Tally> {
    const sent: readonly Sent[] = await Promise.all(this.#senders.map((hand) => hand.call({ type: 'send', plan })));
    const messages = sent.reduce((sum, { messages }) => sum + messages, 0);
    const expected = isShared ? messages : undefined;
    const collected = await Promise.all(
      this.#hands.map((hand) => hand.call({ type: 'collect', messages: expected, hasAcks, patience })),
    );
    const late = sent.reduce((sum, { late }) => sum + late, 0);
    return { sent: messages, late, collected };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hands.map((hand) => hand.stop()));
  }

  #roomsOf(at: number, { rooms }: Place): readonly string[] {
    return rooms.length === 1 ? rooms : rooms.filter((_, room) => room % this.#hands.length === at);
  }

  async #all(call: Call): Promise<void> {
    await Promise.all(this.#hands.map((hand) => hand.call(call)));
  }
}

/** Cuts a number into parts that differ by one at most. */
function split(total: number, parts: number): number[] {
  return Array.from(
    { length: parts },
    (_, at) => Math.floor((total * (at + 1)) / parts) - Math.floor((total * at) / parts),
  );
}
