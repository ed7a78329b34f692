/** A server, its rooms with their members, and senders that talk to them. */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Woken } from '../load/calls.ts';
import { microseconds } from '../load/clock.ts';
import { type DialectName, dialects } from '../load/dialects.ts';
import type { Plan } from '../load/send.ts';
import { type DriveOptions, type Tally, total, Workers } from '../load/workers.ts';
import { Server } from '../targets/server.ts';
import type { Target } from '../targets/targets.ts';
import { difference, meter, ofOthers, type Used } from './meter.ts';

export interface RoomOptions {
  /** One by default. */
  readonly rooms?: number;
  /** Of each room. */
  readonly members: number;
  /** Messages in one write. */
  readonly burst: number;
  readonly ids: boolean;
  readonly messageSize: number;
  /**
   * `one`: in a single room one member, of several rooms one member in each of those of one load process. `all`: in a
   * single room one member in each load process, of several rooms one in each. `most members`: of several rooms all
   * members in each but one, in turns.
   */
  readonly senders: 'one' | 'all' | 'most members';
  /** The receivers of messages; the room by default. */
  readonly reach?: 'room' | 'everyone';
  /** Whether a single room has one more member, which does not read. */
  readonly hasSleeper?: boolean;
  /** Load processes that hold members. */
  readonly receivers: number;
  /** Messages that are exchanged among few members first, so that the server's code is compiled. */
  readonly warmUp: number;
  /** Whether the delay of the server's event loop is watched, which takes a timer in it. */
  readonly watchesLoop?: boolean;
  /** How long to wait for the last delivery, in milliseconds; 15 seconds by default. */
  readonly patience?: number;
  /** The load, for this many seconds from now. */
  readonly plan: (seconds: number) => Plan;
}

/** The observations during one plan. Times are in microseconds. */
export interface Slice extends Used {
  readonly tally: Tally;
  /** From the first message until the last delivery. */
  readonly duration: number;
  /** CPU time of the busiest load process. */
  readonly clientCpu: number;
  /** Memory of the server at the end, garbage included, in bytes; undefined if it cannot be known. */
  readonly memory: number | undefined;
  /** Time of all CPUs in use by neither the server nor the load processes. */
  readonly others: number;
}

/** How many members' deliveries are decoded, besides the first one's in each load process. */
const sampled = 8;

const defaultPatience = 15_000;

/** How long a server may take to be warm, in milliseconds. */
const warmUpPatience = 15_000;

/** Messages on their way while a server is warmed up. */
const warmUpWindow = 128;

/** How many are sent without a pause: more would outrun the log of a single room with few members. */
const warmUpPart = 4000;

/** How long nothing must arrive before a room counts as quiet, in milliseconds. Hubbub sends counts once a second. */
const silenceOf = (dialect: DialectName) => (dialect.startsWith('hubbub') ? 1200 : 200);

/** The same for few members, for which Hubbub sends presence as soon as it changes. */
const fewSilence = 300;

/** How long the load is driven before it is measured, in seconds. */
const rehearsal = 0.5;

/** How long the idle server is watched, and how long it may settle first, in milliseconds. */
const idleWatch = 500;
const idlePause = 300;

interface Conduct extends DriveOptions {
  readonly watchesLoop: boolean;
  /** Whether returning members get the messages that they missed. */
  readonly canResume: boolean;
}

/** The result for a member that did not read. */
export interface Awakening extends Woken {
  /** Messages there were in the meantime. */
  readonly said: number;
}

export class Room implements AsyncDisposable {
  readonly #server: Server;
  readonly #workers: Workers;
  readonly #options: Conduct;
  /** Messages since a member stopped reading. */
  #unread = 0;
  /** The server's CPU time with all members and no traffic, as a share; undefined if it cannot be known. */
  idleShare: number | undefined;

  private constructor(server: Server, workers: Workers, options: Conduct) {
    this.#server = server;
    this.#workers = workers;
    this.#options = options;
  }

  /**
   * Starts the server, and prepares the room for measuring: warm, full and quiet.
   *
   * @throws {Invalid} if something was lost on the way.
   */
  static async open(target: Target, options: RoomOptions): Promise<Room> {
    const { rooms = 1, reach = 'room', ids, receivers, patience = defaultPatience } = options;
    const watchesLoop = (options.watchesLoop ?? false) && !target.running;
    const { ack, alwaysAcks = false, standing } = dialects[target.dialect];
    const room = new Room(await Server.start(target, watchesLoop), new Workers(receivers), {
      ...{
        watchesLoop,
        patience,
        hasAcks: (ids || alwaysAcks) && ack !== undefined,
        canResume: standing !== undefined,
      },
      isShared: rooms === 1 || reach === 'everyone',
    });
    try {
      await room.#fill(target, options);
      return room;
    } catch (error) {
      await room[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @throws {Invalid} if anything was lost, late or unexpected. */
  async drive(plan: Plan): Promise<Slice> {
    await this.#workers.mark();
    const stop = await meter(this.#server, this.#options.watchesLoop);
    const start = microseconds();
    const tally = await this.#workers.drive(plan, this.#options);
    const used = await stop();
    this.#unread += tally.sent;
    demandWhole(tally);
    const clients = tally.collected.reduce((sum, { cpu }) => sum + cpu, 0);
    return {
      tally,
      duration: Math.max(...tally.collected.map(({ finished }) => finished)) - start,
      clientCpu: Math.max(...tally.collected.map((collected) => collected.cpu)),
      memory: this.#server.heldMemory(),
      ...used,
      others: ofOthers(used, clients),
    };
  }

  /**
   * Lets the member that does not read read again.
   *
   * @throws {Invalid} if it could resume, and has not got every message once and in order.
   */
  async wake(): Promise<Awakening> {
    const said = this.#unread;
    const woken = await this.#workers.wake(said, this.#options.patience);
    const { received, disorder } = woken;
    if (this.#options.canResume && (received !== said || disorder > 0)) {
      throw new Invalid(`the slow reader did not get everything in order (${disorder} out of order)`, received, said);
    }
    return { ...woken, said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#workers[Symbol.asyncDispose](), this.#server[Symbol.asyncDispose]()]);
  }

  async #fill({ dialect }: Target, options: RoomOptions): Promise<void> {
    const { rooms: count = 1, members, burst, messageSize, senders, warmUp, hasSleeper = false, plan } = options;
    const ids = options.ids || dialects[dialect].alwaysAcks === true;
    const workers = this.#workers;
    const rooms = Array.from({ length: count }, newRoom);
    const place = { address: this.#server.address, dialect, rooms, messageSize };
    await workers.openFirst(place);
    await workers.arm(senders === 'one' ? 'one' : 'all', { burst, ids });
    await workers.settle(fewSilence);
    for (let left = Math.ceil(warmUp / count); left > 0; left -= warmUpPart) {
      const messages = Math.min(left, warmUpPart);
      await this.drive({ kind: 'window', window: warmUpWindow, messages, duration: warmUpPatience });
    }
    if (senders === 'most members') {
      await workers.fill(place, members, members * count);
      await workers.arm('all', { burst, ids }, 'all but last');
    } else {
      await workers.fill(place, members, sampled);
    }
    await workers.settle(silenceOf(dialect));
    if (hasSleeper) {
      await workers.stall(place);
      await workers.settle(silenceOf(dialect));
      this.#unread = 0;
    }
    await this.drive(plan(rehearsal));
    await wait(idlePause);
    const before = this.#server.cpu();
    const from = microseconds();
    await wait(idleWatch);
    const idleCpu = difference(this.#server.cpu(), before);
    this.idleShare = idleCpu === undefined ? undefined : idleCpu / (microseconds() - from);
  }
}

/** A new name for each room: a running server may still keep places of earlier members. */
export function newRoom(): string {
  return `bench${randomBytes(6).toString('hex')}`;
}

/** A run that lost something, and what it lost. */
export class Invalid extends Error {
  override readonly name = 'Invalid';
  readonly delivered: number;
  readonly expected: number;

  constructor(message: string, delivered: number, expected: number) {
    super(message);
    this.delivered = delivered;
    this.expected = expected;
  }
}

/**
 * @throws {Invalid} unless every member got every message, once and in order, and the senders their acknowledgements.
 */
export function demandWhole(tally: Tally): void {
  const sum = (of: 'lost' | 'wrong' | 'wrongAcks' | 'disorder') =>
    tally.collected.reduce((before, one) => before + one[of], 0);
  const first = (of: 'reason' | 'unexpected') => tally.collected.find((one) => one[of] !== undefined)?.[of];
  const problems = [
    ...(sum('lost') > 0 ? [`clients lost: ${sum('lost')} (${first('reason')})`] : []),
    ...(sum('wrong') > 0 ? [`clients that did not get every message once: ${sum('wrong')}`] : []),
    ...(sum('disorder') > 0 ? [`deliveries out of order: ${sum('disorder')}`] : []),
    ...(sum('wrongAcks') > 0 ? [`acknowledgements missing or too many: ${sum('wrongAcks')}`] : []),
    ...(first('unexpected') !== undefined ? [`an unexpected frame: ${first('unexpected')}`] : []),
  ];
  if (problems.length > 0) throw new Invalid(problems.join('; '), total(tally, 'delivered'), total(tally, 'expected'));
}
