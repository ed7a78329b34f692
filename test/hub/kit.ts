/** The hub, its fan-out and an edge without sockets, on a clock that the test moves. */
import assert from 'node:assert/strict';
import type { Clock } from '../../src/hub/clock.ts';
import type { Command, HubFrame } from '../../src/hub/commands.ts';
import type { EdgePort } from '../../src/hub/edge-port.ts';
import { EffectRunner } from '../../src/hub/effect-runner.ts';
import type { Effect } from '../../src/hub/effects.ts';
import { everyone, FanOut, type Receiver } from '../../src/hub/fan-out.ts';
import { Hub, type HubOptions, tickInterval } from '../../src/hub/hub.ts';
import { LogRunner } from '../../src/hub/log-runner.ts';
import type { RoomPolicy } from '../../src/hub/room-policy.ts';
import type { ConnectionId } from '../../src/hub/user.ts';
import { Work } from '../../src/hub/work.ts';
import { checked, createCodecs } from '../../src/protocol/codecs.ts';
import type { Codec, Dialect, Wire } from '../../src/protocol/dialect.ts';
import type {
  ClientMessage,
  PresenceState,
  ServerFrame,
  ServerPresence,
  User,
} from '../../src/protocol/generated/frames.ts';
import { FakeEdge } from './fake-edge.ts';
import { HeldLog } from './held-log.ts';

type Of<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;
type Failure = Extract<Effect, { type: 'failure' }>;

/** Options to break something on purpose: `wrap` puts another edge before the fake one; the others replace a part. */
export type KitOptions = Partial<
  Pick<
    HubOptions,
    'grace' | 'presenceLimit' | 'maxRooms' | 'maxOpenRooms' | 'pageBytes' | 'afterCommit' | 'policy' | 'step'
  >
> & {
  wrap?: (edge: FakeEdge) => EdgePort;
  breakLog?: (log: HeldLog) => void;
  breakLogRunner?: (logRunner: LogRunner) => void;
  /** Whether turns of the loop happen only when the test calls `turn`. */
  holdTurns?: boolean;
};

/** The policy of a room that keeps nothing, which is the default; and of one that keeps everything. */
export const unkept: RoomPolicy = { retention: undefined, check: undefined };
export const kept: RoomPolicy = { retention: {}, check: undefined };

export interface ConnectOptions {
  /** The user's id; made up from the name otherwise. */
  id?: string;
  rooms?: readonly string[];
  dialect?: Dialect;
  /** Gets every frame instead of the inbox; for a text connection only those that are not published. */
  onFrame?: (frame: ServerFrame) => void;
  /** Gets the lines that are published to a text connection. */
  onLine?: (line: string) => void;
}

type Listeners = Pick<ConnectOptions, 'onFrame' | 'onLine'>;

/** The state that a kill loses, and the log that survives it. */
interface Process {
  readonly hub: Hub;
  readonly fanOut: FanOut;
  readonly logRunner: LogRunner;
  readonly log: HeldLog;
  readonly edge: FakeEdge;
  /** The edge as the hub's side sees it. */
  readonly port: EdgePort;
}

export class HubKit {
  readonly #options: KitOptions;
  #process: Process;
  /** The failures that the hub reported. */
  readonly failures: Pick<Failure, 'room' | 'message' | 'error' | 'ends'>[] = [];
  /** The clock that does not jump, in milliseconds. */
  time = 5000;
  /** The wall clock when that one was 0. */
  started = 1_000_000;
  /** By how much the wall clock is wrong, in milliseconds. */
  skew = 0;
  #nextTick = this.time + tickInterval;
  #connections = 0;
  #epochs = 0;
  readonly #clients = new Map<ConnectionId, Client>();
  readonly #codecs = checked(createCodecs([]), (reason, frame) => {
    this.#problem ??= new Error(`a frame does not fit its schema: ${reason} in ${JSON.stringify(frame)}`);
  });
  #problem: unknown;
  readonly #soon: (() => void)[] = [];
  /** The same for replays. */
  readonly #pieces: (() => void)[] = [];

  constructor(options: KitOptions = {}) {
    this.#options = options;
    this.#process = this.#start(new HeldLog(() => this.#newEpoch()));
  }

  /** The wall clock, in milliseconds since 1970. */
  get now(): number {
    return this.trusted + this.skew;
  }

  /** The wall clock if it had never jumped. */
  get trusted(): number {
    return this.started + this.time;
  }

  get hub(): Hub {
    return this.#process.hub;
  }

  get fanOut(): FanOut {
    return this.#process.fanOut;
  }

  get logRunner(): LogRunner {
    return this.#process.logRunner;
  }

  get log(): HeldLog {
    return this.#process.log;
  }

  get edge(): FakeEdge {
    return this.#process.edge;
  }

  get port(): EdgePort {
    return this.#process.port;
  }

  #start(log: HeldLog): Process {
    const { wrap = (edge) => edge, breakLog, breakLogRunner, holdTurns: _, ...options } = this.#options;
    breakLog?.(log);
    const work = new Work();
    const clock: Clock = {
      now: () => this.now,
      monotonic: () => this.time,
      trusted: () => this.trusted,
    };
    const hub = new Hub({
      work,
      isFull: (room) => runner.isFull(room),
      grace: 10_000,
      presenceLimit: 100,
      maxRooms: 100,
      maxOpenRooms: 50_000,
      pageBytes: 100_000,
      afterCommit: false,
      policy: () => unkept,
      ...options,
      log,
      ...clock,
      newEpoch: () => this.#newEpoch(),
    });
    const edge = new FakeEdge();
    const port = wrap(edge);
    const codecs = this.#codecs;
    const find = (id: ConnectionId) => this.#clients.get(id);
    const fanOut = new FanOut({ edge: port, codecs, find, work });
    const logRunner = new LogRunner({
      ...clock,
      log,
      codecs,
      work,
      soon: (then) => this.#pieces.push(then),
      edge: port,
      find,
      dispatch: (command) => hub.commands.next(command),
      unreadable: (room, error) => this.failures.push({ room, message: 'unreadable', error }),
    });
    const runner = new EffectRunner({
      fanOut,
      logRunner,
      soon: (then) => this.#soon.push(then),
      failed: (error) => this.#fail(error),
    });
    breakLogRunner?.(logRunner);
    hub.effects.subscribe((effects) => {
      for (const effect of effects) this.#carryOut(effect, runner);
    });
    return { hub, fanOut, logRunner, log, edge, port };
  }

  /**
   * The process is killed, and another one goes on with the committed entries. All connections are gone.
   * @param jump how many numbers of each room are skipped.
   */
  kill(jump = 1000): void {
    this.#clients.clear();
    this.#process = this.#start(this.log.survivor(jump));
  }

  /** A connection of a user; two with the same name belong to the same user, unless `id` differs. */
  connect(name: string, { id = `u-${name}`, rooms = [], dialect = 'json', ...on }: ConnectOptions = {}): Client {
    const connection = `c${++this.#connections}`;
    const client = new Client(this, connection, this.#codecs.create(dialect), { id, name }, on);
    this.#clients.set(connection, client);
    this.edge.open(connection, (wire) => client.receive(wire));
    this.edge.subscribe(connection, everyone(dialect), false);
    this.dispatch({ type: 'connect', connection, dialect, user: client.user, rooms });
    return client;
  }

  /** The reaction of edge and session to a closed socket. */
  disconnect({ connection, dialect }: Client, clean: boolean): void {
    this.edge.close(connection);
    this.edge.unsubscribe(connection, everyone(dialect));
    this.#clients.delete(connection);
    this.dispatch({ type: 'disconnect', connection, clean });
  }

  /** Gives the hub a command. @throws the error of an effect, if there was one */
  dispatch(command: Command): void {
    this.hub.commands.next(command);
    this.#endTurn();
  }

  #raise(): void {
    const problem = this.#problem;
    this.#problem = undefined;
    if (problem !== undefined) throw problem;
  }

  #fail(problem: unknown): void {
    this.#problem ??= problem;
  }

  #newEpoch(): string {
    this.#epochs += 1;
    return `e${this.#epochs}`;
  }

  /** Time passes, with a tick whenever one is due. */
  advance(ms: number): void {
    const end = this.time + ms;
    while (this.#nextTick <= end) {
      this.time = Math.max(this.time, this.#nextTick);
      this.#nextTick += tickInterval;
      this.tick();
    }
    this.time = end;
  }

  tick(): void {
    this.dispatch({ type: 'tick' });
  }

  /** The log commits what was appended first, or all. */
  commit(count?: number): void {
    this.dispatch({ type: 'committed', commits: this.log.commit(count) });
  }

  /** Drains awaited connections: the first ones, or all. @returns which. */
  drain(count?: number): ConnectionId[] {
    const drained = this.edge.drain(count);
    for (const connection of drained) this.logRunner.drained(connection);
    this.#endTurn();
    return drained;
  }

  /** Drains all connections, piece by piece, until they have caught up. */
  drainAll(): void {
    while (this.logRunner.size > 0) assert.ok(this.turn() || this.drain().length > 0, 'a replay waits for nobody');
  }

  /** How many connections there have been; they are named c1, c2 and so on. */
  get connected(): number {
    return this.#connections;
  }

  /** Runs turns of the loop until all replays are out, unless the test controls them. */
  #endTurn(): void {
    while (!this.#options.holdTurns && this.#pieces.length > 0) for (const then of this.#pieces.splice(0)) then();
    this.#raise();
  }

  /** A turn of the loop for frames that are sent in steps. @returns whether there was something to send. */
  turn(): boolean {
    const planned = [...this.#soon.splice(0), ...this.#pieces.splice(0)];
    for (const then of planned) then();
    this.#raise();
    return planned.length > 0;
  }

  /** Lets just enough time pass for changes of presence to be sent. */
  flush(): void {
    this.advance(tickInterval);
  }

  /** Lets changes be sent, and empties all inboxes: from here on only new frames arrive. */
  settle(): void {
    this.flush();
    for (const client of this.#clients.values()) {
      client.frames();
      client.lines();
    }
  }

  /** The effects of `act`, in order. */
  effectsOf(act: () => void): Effect[] {
    const effects: Effect[] = [];
    const subscription = this.hub.effects.subscribe((caused) => effects.push(...caused));
    act();
    subscription.unsubscribe();
    return effects;
  }

  /** Asserts that nobody is connected, and nothing of them is left. */
  assertEmpty(): void {
    assert.deepEqual(this.hub.counts, { connections: 0, users: 0, rooms: 0, restless: 0 });
    assert.equal(this.fanOut.size, 0);
    assert.equal(this.logRunner.size, 0);
    assert.deepEqual(this.edge.topics, []);
    assert.equal(this.log.stats.open, 0);
  }

  #carryOut(effect: Effect, runner: EffectRunner): void {
    if (effect.type === 'failure') {
      this.failures.push(effect);
      return;
    }
    runner.carryOut(effect);
  }
}

/** One connection, from the client's side. Frames are kept until the test takes them. */
export class Client implements Receiver {
  readonly connection: ConnectionId;
  /** The user with which it connected, or was identified later. */
  user: User;
  readonly #kit: HubKit;
  readonly codec: Codec;
  /** The kit removes closed ones. */
  readonly isOpen = true;
  readonly #on: Listeners;
  #frames: ServerFrame[] = [];
  #lines: string[] = [];

  constructor(kit: HubKit, connection: ConnectionId, codec: Codec, user: User, on: Listeners) {
    this.#kit = kit;
    this.connection = connection;
    this.codec = codec;
    this.user = user;
    this.#on = on;
  }

  get dialect(): Dialect {
    return this.codec.dialect;
  }

  // ---- actions

  request(frame: HubFrame, byName = false): void {
    this.#kit.dispatch({ type: 'request', connection: this.connection, frame, byName });
  }

  join(room: string, id?: string): void {
    this.request({ type: 'join', room, ...(id !== undefined && { id }) });
  }

  leave(room: string, id?: string): void {
    this.request({ type: 'leave', room, ...(id !== undefined && { id }) });
  }

  say(room: string, body: unknown, more: Pick<ClientMessage, 'id' | 'echo' | 'mime'> = {}): void {
    this.request({ type: 'message', room, body, ...more });
  }

  rename(name: string): void {
    this.request({ type: 'name', name });
  }

  status(state: PresenceState, note?: string): void {
    this.request({ type: 'status', state, ...(note !== undefined && { note }) });
  }

  /** It turns out to belong to another user. */
  identify(user: User): void {
    this.user = user;
    this.#kit.dispatch({ type: 'identify', connection: this.connection, user });
  }

  /** Leaves on purpose. */
  quit(): void {
    this.#kit.disconnect(this, true);
  }

  /** The connection breaks. */
  lose(): void {
    this.#kit.disconnect(this, false);
  }

  // ---- received frames

  deliver(frame: ServerFrame): void {
    const wire = this.codec.encode(frame);
    if (wire.length === 0) return;
    if (this.dialect === 'text') this.#on.onFrame?.(frame);
    this.#kit.port.send(this.connection, wire);
  }

  deliverPage(wire: Wire): void {
    this.#kit.port.send(this.connection, wire);
  }

  deliverAll(wires: readonly Wire[]): void {
    this.#kit.port.sendAll(this.connection, wires);
  }

  receive(wire: Wire): void {
    if (this.dialect === 'text') return this.#receiveLines(wire);
    const frame = decode(wire);
    if (this.#on.onFrame) this.#on.onFrame(frame);
    else this.#frames.push(frame);
  }

  #receiveLines(wire: Wire): void {
    assert.ok(typeof wire === 'string');
    for (const line of wire.split('\n')) {
      if (this.#on.onLine) this.#on.onLine(line);
      else this.#lines.push(line);
    }
  }

  /** Takes all received frames. */
  frames(): ServerFrame[] {
    return this.#frames.splice(0);
  }

  /** Takes the frames of this type; the others stay. */
  take<T extends ServerFrame['type']>(type: T): Of<T>[] {
    const taken = this.#frames.filter((frame): frame is Of<T> => frame.type === type);
    this.#frames = this.#frames.filter((frame) => frame.type !== type);
    return taken;
  }

  /** Takes the only received frame, which is of this type. */
  only<T extends ServerFrame['type']>(type: T): Of<T> {
    const frames = this.frames();
    const [frame] = frames;
    assert.ok(frame?.type === type && frames.length === 1, `not one ${type} came, but ${JSON.stringify(frames)}`);
    return frame as Of<T>;
  }

  lines(): string[] {
    return this.#lines.splice(0);
  }
}

/** The names of users that came, left and changed. */
export function namesIn({ joins = [], leaves = [], changes = [] }: ServerPresence): Record<string, string[]> {
  const names = (users: readonly User[]) => users.map(({ name }) => name).sort();
  return Object.fromEntries(
    Object.entries({ joins, leaves, changes }).flatMap(([kind, users]) => (users.length ? [[kind, names(users)]] : [])),
  );
}

let decoded: { wire: Wire; frame: ServerFrame } | undefined;

/** Published bytes are the same for all: they are decoded once. */
function decode(wire: Wire): ServerFrame {
  if (decoded?.wire !== wire) decoded = { wire, frame: typeof wire === 'string' ? JSON.parse(wire) : readBinary(wire) };
  return decoded.frame;
}

function readBinary(wire: Uint8Array): ServerFrame {
  const end = 3 + new DataView(wire.buffer, wire.byteOffset).getUint16(1);
  return { ...JSON.parse(Buffer.from(wire.subarray(3, end)).toString()), body: wire.subarray(end) };
}
