/**
 * The well-behaved clients of a row, in a process of their own: they ping and talk at an even pace, whatever others do.
 * Started by the scenario; takes calls over IPC.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { textFrame } from '../load/client-frame.ts';
import { microseconds } from '../load/clock.ts';
import { answerCalls } from '../load/subprocess.ts';
import { Histogram } from '../statistics.ts';
import type { EnterCall, Outcome, WatchCall, Watched, WitnessAnswers, WitnessCall } from './calls.ts';
import { deferred } from './deferred.ts';
import { Wire } from './wire.ts';

const clients = 4;

/** The intervals of each client, in milliseconds: both together are well below the default rate limit. */
const pingEvery = 20;
const talkEvery = 200;

/** The interval of the client of the other server: as many pings as the four clients together. */
const controlEvery = 5;

/** The most unanswered pings of a client: a stalled server must not get a burst above the rate limit. */
const mostUnanswered = 200;

/** How long to wait for answers, in milliseconds. */
const patience = 15_000;

/** The delay that this measure shows for an idle loop, in microseconds. */
const resolution = 1000;

const room = 'well-behaved';

/** The counters of one watch. */
class Watch {
  /** The times of the server without attackers. */
  readonly control = new Histogram();
  readonly times = new Histogram();
  longest = 0;
  pings = 0;
  answered = 0;

  take(microseconds: number): void {
    this.answered += 1;
    this.record(microseconds);
  }

  record(microseconds: number): void {
    this.times.record(microseconds);
    this.longest = Math.max(this.longest, microseconds);
  }
}

/** A client of an echo server without attackers. */
class Control {
  readonly #pings = new Map<string, { sent: number; watch: Watch }>();
  #wire: Wire | undefined;
  #number = 0;

  private constructor() {}

  static async open(server: EnterCall['control']): Promise<Control> {
    const control = new Control();
    control.#wire = await Wire.open({ server, from: '127.0.0.1' }, '/', (payload) => control.take(payload.toString()));
    return control;
  }

  ping(watch: Watch): void {
    this.#number += 1;
    const id = String(this.#number);
    this.#pings.set(id, { sent: microseconds(), watch });
    void this.#wire?.send(textFrame(id));
  }

  take(id: string): void {
    const ping = this.#pings.get(id);
    this.#pings.delete(id);
    ping?.watch.control.record(microseconds() - ping.sent);
  }
}

class Client {
  sent = 0;
  received = 0;
  disorder = 0;
  readonly #name: string;
  #wire: Wire | undefined;
  /** The unanswered pings: when they were sent, and the watch that they count in. */
  readonly #pings = new Map<string, { sent: number; watch: Watch }>();
  readonly #unacknowledged = new Set<string>();
  #number = 0;
  #sequence: number | undefined;
  /** Resolves when it is in the room. */
  readonly #entered = deferred();

  private constructor(name: string) {
    this.#name = name;
  }

  /** Connects, and waits until it is in the room. Frames that arrive with the answer to the handshake count as well. */
  static async enter(server: EnterCall['server'], index: number): Promise<Client> {
    const client = new Client(`well-${index}`);
    const path = `/?name=${client.#name}&room=${room}`;
    client.#wire = await Wire.open({ server, from: '127.0.0.1' }, path, (payload) => client.take(payload));
    const reason = await Promise.race([client.#entered.promise, client.#wire.closed]);
    if (reason !== undefined) throw new Error(`a well-behaved client did not come into its room: ${reason}`);
    return client;
  }

  get lost(): string | undefined {
    return this.#wire?.end;
  }

  get missingAcks(): number {
    return this.#unacknowledged.size;
  }

  ping(watch: Watch): void {
    if (this.#pings.size >= mostUnanswered) return;
    this.#number += 1;
    const id = `p${this.#number}`;
    watch.pings += 1;
    this.#pings.set(id, { sent: microseconds(), watch });
    this.#write({ type: 'ping', id });
  }

  say(): void {
    this.#number += 1;
    this.sent += 1;
    const id = `${this.#name}-${this.#number}`;
    this.#unacknowledged.add(id);
    this.#write({ type: 'message', id, body: 'all is well' });
  }

  /** Only the beginning of frames from others, such as broadcasts, is examined. */
  take(payload: Buffer): void {
    const now = microseconds();
    const type = /^\{"type":"(pong|ack|message|joined)"/.exec(payload.toString('latin1', 0, 40))?.[1];
    if (type === undefined) return;
    if (type === 'joined') return this.#entered.resolve();
    const { id = '', seq = 0, prev } = JSON.parse(payload.toString()) as { id?: string; seq?: number; prev?: number };
    if (type === 'ack') this.#unacknowledged.delete(id);
    if (type === 'message') this.#takeMessage(seq, prev);
    const ping = this.#pings.get(id);
    if (type !== 'pong' || !ping) return;
    this.#pings.delete(id);
    ping.watch.take(now - ping.sent);
  }

  /** Pings without an answer by now count with the time that has passed. */
  giveUp(watch: Watch): void {
    const now = microseconds();
    for (const ping of this.#pings.values()) if (ping.watch === watch) watch.record(now - ping.sent);
  }

  #takeMessage(sequence: number, previous: number | undefined): void {
    const before = previous ?? sequence - 1;
    if (this.#sequence !== undefined && this.#sequence !== before) this.disorder += 1;
    this.#sequence = sequence;
    this.received += 1;
  }

  #write(frame: object): void {
    void this.#wire?.send(textFrame(JSON.stringify(frame)));
  }
}

class Witness {
  #clients: readonly Client[] = [];
  #timers: NodeJS.Timeout[] = [];
  #watch = new Watch();

  async answer(call: WitnessCall): Promise<WitnessAnswers[WitnessCall['type']]> {
    switch (call.type) {
      case 'enter':
        return this.#enter(call);
      case 'watch':
        return this.#watchFor(call);
      case 'leave':
        return this.#leave();
    }
  }

  async #enter({ server, control }: EnterCall): Promise<null> {
    const bystander = await Control.open(control);
    this.#clients = await Promise.all(Array.from({ length: clients }, (_, index) => Client.enter(server, index)));
    this.#timers = [
      this.#inTurns(pingEvery, (client) => client.ping(this.#watch)),
      this.#inTurns(talkEvery, (client) => client.say()),
      setInterval(() => bystander.ping(this.#watch), controlEvery),
    ];
    return null;
  }

  /** One client after the other, each at this interval in milliseconds. */
  #inTurns(every: number, act: (client: Client) => void): NodeJS.Timeout {
    let turn = 0;
    return setInterval(() => {
      const client = this.#clients[turn % clients];
      turn += 1;
      if (client?.lost === undefined && client) act(client);
    }, every / clients);
  }

  async #watchFor({ milliseconds }: WatchCall): Promise<Watched> {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const watch = new Watch();
    this.#watch = watch;
    await wait(milliseconds);
    delay.disable();
    this.#watch = new Watch();
    const end = performance.now() + patience;
    const isOver = () => watch.answered === watch.pings || this.#lost !== undefined || performance.now() > end;
    while (!isOver()) await wait(10);
    for (const client of this.#clients) client.giveUp(watch);
    return {
      ...{ p50: watch.times.percentile(0.5), p99: watch.times.percentile(0.99), longest: watch.longest },
      ...{ pings: watch.pings, unanswered: watch.pings - watch.answered },
      noise: Math.max(watch.control.percentile(0.99), delay.percentile(99) / 1000 - resolution),
    };
  }

  async #leave(): Promise<Outcome> {
    for (const timer of this.#timers) clearInterval(timer);
    const end = performance.now() + patience;
    const sum = (of: (client: Client) => number) => this.#clients.reduce((before, client) => before + of(client), 0);
    const sent = sum((client) => client.sent);
    const expected = sent * clients;
    const isWhole = () => sum(({ received }) => received) >= expected && sum(({ missingAcks }) => missingAcks) === 0;
    while (!isWhole() && this.#lost === undefined && performance.now() < end) await wait(10);
    return {
      ...{ sent, expected, delivered: sum(({ received }) => received) },
      missingAcks: sum(({ missingAcks }) => missingAcks),
      disorder: sum(({ disorder }) => disorder),
      lost: this.#lost,
    };
  }

  get #lost(): string | undefined {
    return this.#clients.find(({ lost }) => lost !== undefined)?.lost;
  }
}

const witness = new Witness();
answerCalls((call: WitnessCall) => witness.answer(call));
