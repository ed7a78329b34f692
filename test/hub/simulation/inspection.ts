/** Watches the hub at work: after every command it holds what was answered, delivered and told against the truth. */
import type { HubFrame } from '../../../src/hub/commands.ts';
import { step as realStep } from '../../../src/hub/room.ts';
import type { ErrorCode, Member, ServerFrame } from '../../../src/protocol/generated/frames.ts';
import { type Client, type ConnectOptions, HubKit, type KitOptions } from '../kit.ts';
import { Ledger, Replica, type RoomReplica } from './replica.ts';
import { type RoomTruth, Truth, type TruthOptions } from './truth.ts';
import { ensure } from './violation.ts';

/** A connection, and what a plain client there knows. */
export interface Peer {
  readonly client: Client;
  readonly replica: Replica;
}

/** What a command must have led to. */
export interface Expected {
  /** How it is answered if it had an id: by a type of frame, or an error of this code. */
  readonly answer?: ServerFrame['type'] | ErrorCode;
  /** What is said to whom; nothing else may be. */
  readonly delivered?: { readonly type: Delivered; readonly body: string; readonly to: readonly string[] };
}

/** Tells what is to be expected, and makes the command true. @param failed the rooms that failed on it */
type Then = (failed: ReadonlySet<string>) => Expected;

export type InspectionOptions = KitOptions &
  TruthOptions & {
    /** Whether a room is to fail at this step, before or after it has changed. */
    readonly sabotage: () => 'before' | 'after' | undefined;
  };

type Delivered = 'message' | 'signal' | 'direct' | 'broadcast';
const delivered: ReadonlySet<string> = new Set(['message', 'signal', 'direct', 'broadcast']);
const answers: ReadonlySet<string> = new Set(['ack', 'joined', 'left', 'members', 'rooms', 'error']);

/** How many commands of the past a report shows. */
const traceLength = 25;

export class Inspection {
  readonly kit: HubKit;
  readonly truth: Truth;
  readonly peers: Peer[] = [];
  /** The latest commands. */
  readonly trace: string[] = [];
  readonly events = { failures: 0, toCounts: 0, toLists: 0, errors: 0 };
  commands = 0;
  deliveries = 0;
  readonly #options: InspectionOptions;
  readonly #ledger = new Ledger();
  /** Which epoch each life of a room has, once somebody was told. */
  readonly #epochs = new Map<number, string>();
  readonly #usedEpochs = new Set<string>();
  /** What became of the command in hand. */
  #failed = new Set<string>();
  #delivered: string[] = [];
  #answers: string[] = [];
  #look: (answer: ServerFrame) => void = () => undefined;

  constructor(options: InspectionOptions) {
    this.#options = options;
    const { sabotage, step = realStep } = options;
    this.kit = new HubKit({
      ...options,
      step: (room, command, now) => {
        const fails = sabotage();
        if (fails) this.#failed.add(room.name);
        if (fails === 'before') throw new Error('sabotage before the step');
        const effects = step(room, command, now);
        if (fails === 'after') throw new Error('sabotage after the step');
        return effects;
      },
    });
    this.truth = new Truth(options);
  }

  // ---- commands

  command(what: string, act: () => void, then: Then): void {
    this.#command(what, act, then, undefined, '');
  }

  /** @param look is shown the answer, before the command is true */
  request(
    { client }: Peer,
    frame: HubFrame,
    then: Then,
    { byName = false, look = () => undefined }: { byName?: boolean; look?: (answer: ServerFrame) => void } = {},
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
      this.kit.now += ms;
      this.kit.tick();
    };
    this.command(`${ms} ms pass`, act, () => {
      this.truth.tick(this.kit.now);
      return {};
    });
    for (const [name, room] of this.truth.rooms) if (!room.large) this.#checkReplicas(name, room);
  }

  #command(what: string, act: () => void, then: Then, id: string | undefined, asker: string): void {
    this.commands += 1;
    this.trace.push(`${this.commands} at ${this.kit.now}: ${what}`);
    if (this.trace.length > traceLength) this.trace.shift();
    this.#failed = new Set();
    this.#answers = [];
    this.#delivered = [];
    act();
    const { answer, delivered: said } = then(this.#failed);
    this.#checkAnswers(id === undefined ? [] : [`${answer} to ${id} for ${asker}`]);
    this.#checkDelivered(said?.to.map((to) => `${said.type} ${said.body} for ${to}`) ?? []);
    this.#checkFailures();
  }

  // ---- what comes

  #receive(connection: string, replica: Replica, frame: ServerFrame): void {
    this.deliveries += 1;
    const id = 'id' in frame ? frame.id : undefined;
    if (frame.type === 'error') this.events.errors += 1;
    if (id !== undefined && answers.has(frame.type)) {
      this.#answers.push(`${frame.type === 'error' ? frame.code : frame.type} to ${id} for ${connection}`);
      this.#look(frame);
    }
    if ('body' in frame && delivered.has(frame.type)) {
      this.#delivered.push(`${frame.type} ${frame.body} for ${connection}`);
    }
    const had = 'room' in frame ? replica.rooms.get(frame.room ?? '')?.members : undefined;
    replica.receive(frame);
    const has = 'room' in frame ? replica.rooms.get(frame.room ?? '')?.members : undefined;
    if (frame.type === 'presence' && had && !has) this.events.toCounts += 1;
    if (frame.type === 'members' && !had && has) this.events.toLists += 1;
  }

  /** What is published to a text connection is known by its lines alone. */
  #receiveLine(connection: string, replica: Replica, line: string): void {
    this.deliveries += 1;
    const [, room, body] = /^\[(\S+)\] <[^>]*> (m\d+)$/.exec(line) ?? [];
    const [, announcement] = /^<.* to everyone> (b\d+)$/.exec(line) ?? [];
    if (room !== undefined) {
      this.#delivered.push(`message ${body} for ${connection}`);
      replica.said(room);
    } else if (announcement !== undefined) {
      this.#delivered.push(`broadcast ${announcement} for ${connection}`);
    }
  }

  // ---- what must be so

  #checkAnswers(due: readonly string[]): void {
    const got = this.#answers.join();
    ensure(got === due.join(), () => `the answers should be "${due}" and are "${got}"`);
  }

  #checkDelivered(due: readonly string[]): void {
    const got = this.#delivered.sort().join(', ');
    const should = [...due].sort().join(', ');
    ensure(got === should, () => `should be delivered: ${should}; was: ${got}`);
  }

  #checkFailures(): void {
    const reported = this.kit.failures.splice(0).map(({ room }) => room);
    const real = [...this.#failed];
    ensure(reported.join() === real.join(), () => `${real} failed, and ${reported} were reported`);
    this.events.failures += real.length;
    for (const room of real) this.truth.rebuilt(room);
  }

  /** When everything there is to tell has been told, all know how it stands. */
  checkQuiet(): void {
    // Three ticks, a second apart: one may fail, and the count after that is due a second later.
    for (let i = 0; i < 3; i += 1) this.time(1000);
    if (this.#failed.size > 0) return;
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

  /** @returns whether the room tells lists; undefined if there is nobody to see it. */
  #checkReplicas(name: string, standing: RoomTruth): boolean | undefined {
    const real = this.truth.members(standing);
    let isList: boolean | undefined;
    for (const { client, replica } of this.peers) {
      const { connection, dialect } = client;
      const room = replica.rooms.get(name);
      if (!room) continue;
      this.#checkPosition(connection, name, room, standing);
      if (dialect === 'text') continue;
      ensure(room.count === real.size, () => `${connection} counts ${room.count} in ${name}, there are ${real.size}`);
      const hasList = room.members !== undefined;
      ensure(hasList || standing.large, () => `${connection} has no list of ${name}, which is small`);
      isList ??= hasList;
      ensure(isList === hasList, () => `some in ${name} have a list and some have none`);
      if (room.members) ensureSame(room.members, real, () => `${name} as ${connection} knows it`);
    }
    return isList;
  }

  #checkPosition(connection: string, name: string, room: RoomReplica, standing: RoomTruth): void {
    const epoch = this.#epochs.get(standing.life) ?? this.#newEpoch(standing.life, name, room.epoch);
    const told = `${room.epoch}/${room.seq}`;
    const real = `${epoch}/${standing.seq}`;
    ensure(told === real, () => `${connection} knows ${name} up to ${told}, but it stands at ${real}`);
  }

  #newEpoch(life: number, name: string, epoch: string): string {
    ensure(!this.#usedEpochs.has(`${name} ${epoch}`), () => `the epoch ${epoch} of ${name} is used again`);
    this.#usedEpochs.add(`${name} ${epoch}`);
    this.#epochs.set(life, epoch);
    return epoch;
  }
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
