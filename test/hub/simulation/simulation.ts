/**
 * A seeded run of the hub: many users act at random, while the log commits their messages sooner or later, and the
 * process is killed now and then. The hub is compared with a plain model of the truth, and every connection keeps the
 * replica of a plain client.
 */

import { Random } from '../../kit/random.ts';
import type { KitOptions } from '../kit.ts';
import { Actions } from './actions.ts';
import { Choices, type World } from './choices.ts';
import { Inspection, type Peer } from './inspection.ts';
import { checkLogs } from './kept.ts';
import { LogActions } from './log-actions.ts';
import { ensure, Violation } from './violation.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly commands: number;
  /** Breaks something on purpose. */
  readonly breaks?: Breaks;
}

type Breaks = Pick<KitOptions, 'wrap' | 'step' | 'breakLog' | 'breakLogRunner'>;

/** How many times rare events have happened, to show that the run was meaningful. */
export interface SimulationResult {
  readonly commands: number;
  /** Frames and lines that reached a connection. */
  readonly deliveries: number;
  /** Rooms that failed and were rebuilt. */
  readonly failures: number;
  /** Clients that were told to forget a list, and that got one again. */
  readonly toCounts: number;
  readonly toLists: number;
  /** Places that were kept, and those whose users came back. */
  readonly kept: number;
  readonly cameBack: number;
  /** Requests that were answered by an error; those of them whose message the log did not take. */
  readonly errors: number;
  readonly unavailable: number;
  /** Replayed messages, and gaps that were sent. */
  readonly replayed: number;
  readonly gaps: number;
  /** Messages that were repeated under the same id. */
  readonly repeats: number;
  /** Requests to join without a position, in the middle of a replay. */
  readonly joinedAgain: number;
  /** Pages of history. */
  readonly pages: number;
  readonly trims: number;
  /** Kills, lost messages, and clean ends. */
  readonly kills: number;
  readonly lost: number;
  readonly restarts: number;
}

/** @throws Violation, with the seed and the last commands */
export function simulate({ seed, commands, breaks = {} }: SimulationOptions): SimulationResult {
  const simulation = new Simulation(seed, breaks);
  try {
    return simulation.run(commands);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Violation(`seed ${seed}: ${reason}\nafter\n${simulation.trace.join('\n')}`, { cause: error });
  }
}

/** How likely each action is usually; below also while the server fills, while it empties, and in a bad network. */
const weights = {
  connect: 10,
  join: 10,
  leave: 5,
  message: 30,
  signal: 4,
  direct: 4,
  broadcast: 0.5,
  name: 2,
  status: 4,
  list: 2,
  rooms: 1,
  identify: 1,
  quit: 3,
  lose: 4,
  time: 15,
  sayAgain: 4,
  history: 3,
  commit: 12,
  drain: 8,
  trim: 1,
  refuse: 0.4,
  kill: 0.06,
  restart: 0.06,
};
type Kind = keyof typeof weights;
/** The actions of a connected user. */
type UserKind = Exclude<Kind, 'time' | 'connect' | 'commit' | 'drain' | 'trim' | 'refuse' | 'kill' | 'restart'>;
type Phase = readonly (readonly [weight: number, kind: Kind])[];

const phases: readonly Phase[] = [
  weights,
  { ...weights, connect: 20, quit: 1, lose: 3, leave: 2 },
  { ...weights, connect: 20, quit: 1, lose: 3, leave: 2 },
  { ...weights, connect: 3, join: 4, quit: 10, lose: 8, leave: 12 },
  { ...weights, connect: 16, lose: 16, quit: 0.5 },
  { ...weights, commit: 0, kill: 0.2 },
  { ...weights, connect: 16, join: 16, lose: 10, drain: 1, trim: 4 },
].map((phase) => Object.entries(phase).map(([kind, weight]) => [weight, kind as Kind]));

class Simulation {
  readonly #random: Random;
  readonly #inspection: Inspection;
  readonly #actions: Actions;
  readonly #logActions: LogActions;
  readonly #choices: Choices;
  readonly #world: World;
  readonly #grace: number;
  readonly #wallClock: Random;

  constructor(seed: number, breaks: Breaks) {
    const random = new Random(seed);
    this.#random = random;
    this.#wallClock = new Random(seed + 1);
    this.#world = {
      users: Array.from({ length: 4 + random.below(22) }, (_, i) => `u${i}`),
      rooms: Array.from({ length: 2 + random.below(6) }, (_, i) => `r${i}`),
      maxRooms: random.pick([2, 4, 100]),
    };
    this.#grace = random.pick([0, 300, 3000, 3000]);
    const presenceLimit = random.pick([1, 4, 8, 1000]);
    const failureRate = random.pick([0, 0, 0.002, 0.03]);
    const failing = new Random(~seed);
    const sabotage = () => (failing.chance(failureRate) ? failing.pick(['before', 'after'] as const) : undefined);
    const { rooms, maxRooms } = this.#world;
    const share = random.pick([0, 0.5, 1, 1]);
    const kept = new Set(rooms.filter(() => random.chance(share)));
    const isKept = (room: string) => kept.has(room);
    const pageBytes = random.pick([300, 100_000]);
    const options = { grace: this.#grace, presenceLimit, maxRooms, isKept, afterCommit: random.chance(0.4), pageBytes };
    this.#inspection = new Inspection({ ...options, ...breaks, sabotage });
    this.#inspection.kit.log.readLimit = random.pick([1, 3, 10, 100]);
    this.#choices = new Choices(random, this.#inspection, this.#world);
    this.#actions = new Actions(this.#choices, this.#inspection, this.#world);
    this.#logActions = new LogActions(this.#choices, this.#inspection, maxRooms);
  }

  /** The latest commands. */
  get trace(): readonly string[] {
    return this.#inspection.trace;
  }

  run(commands: number): SimulationResult {
    while (this.#inspection.commands < commands) {
      const likely = this.#random.pick(phases);
      for (let left = 20 + this.#random.below(300); left > 0; left -= 1) this.#act(this.#random.weighted(likely));
      this.#calm();
      this.#inspection.checkQuiet();
      if (this.#random.chance(0.1)) this.#everyoneGoes();
    }
    this.#everyoneGoes();
    const { commands: done, deliveries, events, truth } = this.#inspection;
    return { commands: done, deliveries, ...events, ...truth.events, ...this.#logActions.events };
  }

  /** Commits everything, and lets everyone catch up. */
  #calm(): void {
    this.#logActions.refuse(false);
    this.#logActions.commit();
    this.#logActions.drainAll();
  }

  #act(kind: Kind): void {
    const { peers } = this.#inspection;
    const isEven = this.#random.chance(0.5);
    switch (kind) {
      case 'time':
        this.#setWallClock();
        return this.#inspection.time(this.#random.pick([1, 50, 100, 100, 100, 400]));
      case 'commit':
        return this.#logActions.commit(isEven ? 1 + this.#random.below(5) : undefined);
      case 'drain':
        return this.#logActions.drain(isEven ? 1 : undefined);
      case 'refuse':
        return this.#logActions.refuse(isEven);
      case 'trim':
      case 'kill':
      case 'restart':
        return this.#logActions[kind]();
      case 'connect':
        return this.#actions.connect();
      default:
        if (peers.length === 0) this.#actions.connect();
        else this.#use(this.#random.pick(peers), kind);
    }
  }

  /** The wall clock jumps now and then, by more than any relevant duration, and nothing may depend on it. */
  #setWallClock(): void {
    if (this.#wallClock.chance(0.05)) this.#inspection.kit.skew = this.#wallClock.pick([0, 500_000, -500_000]);
  }

  #use(peer: Peer, kind: UserKind): void {
    const actions = this.#actions;
    const isEven = this.#random.chance(0.5);
    switch (kind) {
      case 'quit':
      case 'lose':
        return actions.disconnect(peer, kind);
      case 'identify':
        return actions.identify(peer);
      case 'join':
        return this.#logActions.join(peer, this.#random.pick(this.#world.rooms));
      case 'leave':
        return actions.leave(peer, this.#choices.someRoom(peer));
      case 'message':
        return this.#logActions.say(peer);
      case 'sayAgain':
      case 'history':
        return this.#logActions[kind](peer);
      case 'signal':
        return isEven ? actions.signalRoom(peer) : actions.signalUser(peer);
      case 'direct':
        return isEven ? actions.direct(peer) : actions.directByName(peer);
      case 'broadcast':
        return actions.broadcast(peer);
      case 'name':
        return actions.rename(peer);
      case 'status':
        return actions.status(peer);
      case 'list':
        return isEven ? actions.listRoom(peer) : actions.listServer(peer);
      case 'rooms':
        return actions.listRooms(peer);
    }
  }

  #everyoneGoes(): void {
    const { peers, kit, truth } = this.#inspection;
    while (peers.length > 0) this.#actions.disconnect(this.#random.pick(peers), this.#random.pick(['quit', 'lose']));
    this.#calm();
    // A tick may fail; the next one does its work.
    this.#inspection.time(this.#grace);
    this.#inspection.time(1);
    kit.assertEmpty();
    checkLogs(truth, kit.log);
    ensure(truth.rooms.size === 0, () => 'the simulation itself is wrong: there are rooms left');
  }
}
