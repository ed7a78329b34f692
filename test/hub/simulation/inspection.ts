/** Inspects the hub: after every command it compares answers, deliveries and presence with the truth. */
import type { HubFrame } from '../../../src/hub/commands.ts';
import type { Effect } from '../../../src/hub/effects.ts';
import { type Room, type RoomCommand, step as realStep } from '../../../src/hub/room.ts';
import type { ErrorCode, Member, ServerFrame, ServerMessage } from '../../../src/protocol/generated/frames.ts';
import { type Client, type ConnectOptions, HubKit, type KitOptions, kept, unkept } from '../kit.ts';
import { checkGap, checkKept, type Got } from './kept.ts';
import { Ledger, Replica, type RoomReplica, type Step, standing } from './replica.ts';
import { type RoomTruth, Truth, type TruthOptions, type Waiting } from './truth.ts';
import { ensure } from './violation.ts';

/** A connection, and the replica of a plain client there. */
export interface Peer {
  readonly client: Client;
  readonly replica: Replica;
}

/** The expected results of a command. */
export interface Expected {
  /** The answer to a request with an id: a type of frame, or an error code; undefined if there is none yet. */
  readonly answer?: ServerFrame['type'] | ErrorCode;
  /** The number of the message that is acknowledged. */
  readonly seq?: number;
  /** The messages to be delivered, and to which connections; nothing else may be, except */
  readonly delivered?: readonly Delivery[];
  /** replayed messages to these connections, which the replicas check. */
  readonly replays?: (connection: string) => boolean;
  /** Acknowledgements that have waited until now. */
  readonly acknowledged?: readonly Waiting[];
}

export interface Delivery {
  readonly type: Delivered;
  readonly body: string;
  readonly to: readonly string[];
}

/** Applies the command to the truth, and returns the expected results. @param failed the rooms that failed on it */
type Then = (failed: ReadonlySet<string>) => Expected;

/** Examines an answer before the command is applied to the truth. @param failed the rooms that have failed on it */
type Look = (answer: ServerFrame, failed: readonly string[]) => void;

export type InspectionOptions = KitOptions &
  TruthOptions & {
    /** Whether a room is to fail at this step, before or after it has changed. */
    readonly sabotage: () => 'before' | 'after' | undefined;
  };

type Delivered = 'message' | 'signal' | 'direct' | 'broadcast';

const delivered: ReadonlySet<string> = new Set(['message', 'signal', 'direct', 'broadcast']);
const answers: ReadonlySet<string> = new Set(['ack', 'joined', 'left', 'members', 'rooms', 'history', 'error']);

/** How many commands of the past a report shows. */
const traceLength = 25;

export class Inspection {
  readonly kit: HubKit;
  readonly truth: Truth;
  readonly peers: Peer[] = [];
  /** The latest commands. */
  readonly trace: string[] = [];
  readonly events = { failures: 0, toCounts: 0, toLists: 0, errors: 0, replayed: 0, gaps: 0 };
  commands = 0;
  deliveries = 0;
  readonly #options: InspectionOptions;
  readonly #ledger = new Ledger();
  /** The epoch of each life of a room, once a client knows it. */
  readonly #epochs = new Map<number, string>();
  readonly #usedEpochs = new Set<string>();
  /** The numbers of messages by their bodies, for clients that only see lines. */
  readonly #numbers = new Map<string, Step>();
  /** The results of the present command. */
  #failed: string[] = [];
  #got: Got[] = [];
  #answers: string[] = [];
  #look: Look = () => undefined;
  /** Whether everyone has had the time to catch up. */
  #isQuiet = false;

  constructor(options: InspectionOptions) {
    this.#options = options;
    this.kit = new HubKit({
      ...options,
      policy: (room) => (options.isKept(room) ? kept : unkept),
      step: (room, command, now) => this.#step(room, command, now),
    });
    this.truth = new Truth(options);
  }

  #step(room: Room, command: RoomCommand, now: number): Effect[] {
    const { sabotage, step = realStep } = this.#options;
    const fails = sabotage();
    if (fails) this.#failed.push(room.name);
    if (fails === 'before') throw new Error('sabotage before the step');
    const effects = step(room, command, now);
    if (fails === 'after') throw new Error('sabotage after the step');
    for (const { body, seq, prev = seq - 1 } of effects.flatMap(messagesIn)) {
      this.#numbers.set(`${body}`, { seq, prev });
    }
    return effects;
  }

  // ---- commands

  command(what: string, act: () => void, then: Then): void {
    this.#command(what, act, then, undefined, '');
  }

  request(
    { client }: Peer,
    frame: HubFrame,
    then: Then,
    { byName = false, look = () => undefined }: { byName?: boolean; look?: Look } = {},
  ): void {
    const { connection } = client;
    this.#look = look;
    this.#command(
      `${connection}: ${JSON.stringify(frame)}`,
      () => client.request(frame, byName),
      then,
      frame.id,
      connection,
    );
  }

  connect(name: string, options: ConnectOptions, then: (connection: string) => void): void {
    const connection = `c${this.kit.connected + 1}`;
    const replica = new Replica(connection, this.#ledger);
    const act = () => {
      const client = this.kit.connect(name, {
        ...options,
        onFrame: (frame) => this.#receive(connection, replica, frame),
        onLine: (line) => this.#receiveLine(connection, replica, line),
      });
      this.peers.push({ client, replica });
    };
    this.command(`${connection} connects as ${name} ${JSON.stringify(options)}`, act, () => {
      then(connection);
      return {};
    });
  }

  time(ms: number): void {
    const act = () => {
      this.kit.time += ms;
      this.kit.tick();
    };
    this.command(`${ms} ms pass`, act, () => {
      this.truth.tick(this.kit.time);
      return {};
    });
    for (const [name, room] of this.truth.rooms) if (!room.large) this.#checkReplicas(name, room);
  }

  #command(what: string, act: () => void, then: Then, id: string | undefined, asker: string): void {
    this.commands += 1;
    this.trace.push(`${this.commands} at ${this.kit.time}: ${what}`);
    if (this.trace.length > traceLength) this.trace.shift();
    this.#failed = [];
    this.#answers = [];
    this.#got = [];
    act();
    this.#look = () => undefined;
    const expected = then(new Set(this.#failed));
    const { answer, seq, acknowledged = [] } = expected;
    const isAnswered = id !== undefined && answer !== undefined;
    this.#checkAnswers([
      ...(isAnswered ? [describeAnswer(answer, id, asker, answer === 'ack' ? seq : undefined)] : []),
      ...acknowledged.map((waiting) => describeAnswer('ack', waiting.id, waiting.connection, waiting.seq)),
    ]);
    this.#checkDelivered(expected);
    this.#checkFailures();
  }

  // ---- received frames

  #receive(connection: string, replica: Replica, frame: ServerFrame): void {
    this.deliveries += 1;
    const id = 'id' in frame ? frame.id : undefined;
    if (frame.type === 'error') this.events.errors += 1;
    if (id !== undefined && answers.has(frame.type)) {
      const seq = frame.type === 'ack' ? frame.seq : undefined;
      this.#answers.push(describeAnswer(frame.type === 'error' ? frame.code : frame.type, id, connection, seq));
      this.#look(frame, this.#failed);
    }
    if (frame.type === 'message') {
      const { type, body, room, seq, prev = seq - 1 } = frame;
      this.#got.push({ type, body, connection, place: { room, seq, prev, from: frame.from.id } });
    } else if ('body' in frame && delivered.has(frame.type)) {
      this.#got.push({ type: frame.type, body: frame.body, connection });
    }
    if (frame.type === 'gap') {
      this.events.gaps += 1;
      checkGap(this.truth, connection, frame);
    }
    const had = 'room' in frame ? replica.rooms.get(frame.room ?? '')?.members : undefined;
    replica.receive(frame);
    const has = 'room' in frame ? replica.rooms.get(frame.room ?? '')?.members : undefined;
    if (frame.type === 'presence' && had && !has) this.events.toCounts += 1;
    if (frame.type === 'members' && !had && has) this.events.toLists += 1;
  }

  /** Frames for several text connections are known only by their lines. */
  #receiveLine(connection: string, replica: Replica, line: string): void {
    this.deliveries += 1;
    const [, room, body] = /^\[(\S+)\] <[^>]*> (m\d+)$/.exec(line) ?? [];
    const [, announcement] = /^<.* to everyone> (b\d+)$/.exec(line) ?? [];
    if (announcement !== undefined) this.#got.push({ type: 'broadcast', body: announcement, connection });
    const [, note] = /^\[.* to you\] (d\d+)$/.exec(line) ?? [];
    if (note !== undefined) this.#got.push({ type: 'direct', body: note, connection });
    const step = this.#numbers.get(body ?? '');
    if (room === undefined || !step) return;
    this.#got.push({ type: 'message', body, connection, place: { room, ...step } });
    replica.advance(room, step);
  }

  // ---- checks

  #checkAnswers(due: readonly string[]): void {
    const got = this.#answers.sort().join();
    const should = [...due].sort().join();
    ensure(got === should, () => `the answers should be "${should}" and are "${got}"`);
  }

  #checkDelivered({ delivered: said = [], replays = () => false }: Expected): void {
    const isReplayed = ({ type, connection }: Got) => type === 'message' && replays(connection);
    const isNew = (got: Got) => !isReplayed(got);
    const got = this.#got.filter(isNew).map(({ type, body, connection }) => `${type} ${body} for ${connection}`);
    const due = said.flatMap(({ type, body, to }) => to.map((connection) => `${type} ${body} for ${connection}`));
    const should = due.sort().join(', ');
    const was = got.sort().join(', ');
    ensure(was === should, () => `should be delivered: ${should}; was: ${was}`);
    this.events.replayed += this.#got.length - got.length;
    for (const each of this.#got) checkKept(this.truth, each);
  }

  #checkFailures(): void {
    const reported = this.kit.failures.splice(0).map(({ room }) => room);
    const real = this.#failed;
    ensure(reported.join() === real.join(), () => `${real} failed, and ${reported} were reported`);
    this.events.failures += real.length;
    for (const room of real) this.truth.rebuilt(room);
  }

  /** The connections in a room that have all its messages. */
  current(name: string): string[] {
    const room = this.truth.rooms.get(name);
    const known = (connection: string) => this.peer(connection)?.replica.rooms.get(name);
    return this.truth.audience(name).filter((connection) => {
      const replica = known(connection);
      return replica !== undefined && standing(replica) === room?.log.seq;
    });
  }

  /** The position of a connection that is catching up with a room; undefined if it is not. */
  reached({ replica }: Peer, name: string): number | undefined {
    const room = replica.rooms.get(name);
    const log = this.truth.rooms.get(name)?.log;
    return room && log?.options.isKept && standing(room) < log.seq ? room.position : undefined;
  }

  peer(connection: string): Peer | undefined {
    return this.peers.find(({ client }) => client.connection === connection);
  }

  /** Once all changes were sent and everyone has caught up, all replicas must be true. */
  checkQuiet(): void {
    this.#isQuiet = true;
    this.#checkQuiet();
    this.#isQuiet = false;
  }

  #checkQuiet(): void {
    // Three ticks, a second apart: one may fail, and the count after that is due a second later.
    for (let i = 0; i < 3; i += 1) this.time(1000);
    if (this.#failed.length > 0) return;
    for (const { client, replica } of this.peers) {
      const believed = [...replica.rooms.keys()].sort().join();
      const due = [...(this.truth.connections.get(client.connection)?.rooms ?? [])].sort().join();
      ensure(believed === due, () => `${client.connection} is in ${due}, but believes to be in ${believed}`);
    }
    const limit = this.#options.presenceLimit;
    for (const [name, room] of this.truth.rooms) {
      const isList = this.#checkReplicas(name, room);
      if (isList === undefined) continue;
      ensure(!isList || room.places.size <= limit, () => `${name} is too large for lists`);
      ensure(isList || room.places.size > limit * 0.8, () => `${name} is small enough for lists`);
      room.large = !isList;
    }
  }

  /** @returns whether the room sends lists; undefined if nobody is there to see it. */
  #checkReplicas(name: string, truth: RoomTruth): boolean | undefined {
    const real = this.truth.members(truth);
    let isList: boolean | undefined;
    for (const { client, replica } of this.peers) {
      const { connection, dialect } = client;
      const room = replica.rooms.get(name);
      if (!room || !this.#checkPosition(connection, name, room, truth) || dialect === 'text') continue;
      ensure(room.count === real.size, () => `${connection} counts ${room.count} in ${name}, there are ${real.size}`);
      const hasList = room.members !== undefined;
      ensure(hasList || truth.large, () => `${connection} has no list of ${name}, which is small`);
      isList ??= hasList;
      ensure(isList === hasList, () => `some in ${name} have a list and some have none`);
      if (room.members) ensureSame(room.members, real, () => `${name} as ${connection} knows it`);
    }
    return isList;
  }

  /** @returns whether the connection has everything. */
  #checkPosition(connection: string, name: string, room: RoomReplica, { log }: RoomTruth): boolean {
    const epoch = this.#epochs.get(log.life) ?? this.#newEpoch(log.life, name, room.epoch);
    const position = standing(room);
    const mayLag = log.options.isKept && !this.#isQuiet;
    ensure(
      room.epoch === epoch && (position === log.seq || (mayLag && position < log.seq)),
      () => `${connection} knows ${name} up to ${room.epoch}/${position}, but it stands at ${epoch}/${log.seq}`,
    );
    return position === log.seq;
  }

  #newEpoch(life: number, name: string, epoch: string): string {
    ensure(!this.#usedEpochs.has(`${name} ${epoch}`), () => `the epoch ${epoch} of ${name} is used again`);
    this.#usedEpochs.add(`${name} ${epoch}`);
    this.#epochs.set(life, epoch);
    return epoch;
  }
}

function messagesIn(effect: Effect): ServerMessage[] {
  if (effect.type !== 'append' && effect.type !== 'publish') return [];
  return effect.frame.type === 'message' ? [effect.frame] : [];
}

function describeAnswer(answer: string, id: string, connection: string, seq: number | undefined): string {
  return `${answer}${seq === undefined ? '' : ` ${seq}`} to ${id} for ${connection}`;
}

export function ensureSame(
  told: ReadonlyMap<string, Member>,
  real: ReadonlyMap<string, Member>,
  what: () => string,
): void {
  const same = told.size === real.size && [...real.values()].every((member) => isSame(told.get(member.id), member));
  ensure(same, () => `${what()} is ${JSON.stringify([...told.values()])}, not ${JSON.stringify([...real.values()])}`);
}

function isSame(told: Member | undefined, { name, state, note, connections }: Member): boolean {
  return told?.name === name && told.state === state && told.note === note && told.connections === connections;
}
