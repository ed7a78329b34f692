/**
 * A seeded run of the hub: many users do what users do, in no order. The hub is held against a plain model of how things
 * really stand, and every connection keeps the replica that a plain client would.
 */

import { Random } from '../../kit/random.ts';
import type { KitOptions } from '../kit.ts';
import { Actions, type World } from './actions.ts';
import { Inspection, type Peer } from './inspection.ts';
import { ensure, Violation } from './violation.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly commands: number;
  /** To break something on purpose. */
  readonly breaks?: Pick<KitOptions, 'wrap' | 'step'>;
}

/** How often what is rare has happened, to see that the run was worth something. */
export interface SimulationResult {
  readonly commands: number;
  /** Frames and lines that reached a connection. */
  readonly deliveries: number;
  /** Rooms that failed and were rebuilt. */
  readonly failures: number;
  /** Clients that were told to forget a list, and that got one again. */
  readonly toCounts: number;
  readonly toLists: number;
  /** Places that were kept, and those of them that were come back to. */
  readonly kept: number;
  readonly cameBack: number;
  /** Requests that were answered by an error. */
  readonly errors: number;
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

/** How likely each thing is as a rule; below also while the server fills, while it empties, and while the network is bad. */
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
};
type Kind = keyof typeof weights;
type Phase = readonly (readonly [weight: number, kind: Kind])[];

const phases: readonly Phase[] = [
  weights,
  { ...weights, connect: 20, quit: 1, lose: 3, leave: 2 },
  { ...weights, connect: 20, quit: 1, lose: 3, leave: 2 },
  { ...weights, connect: 3, join: 4, quit: 10, lose: 8, leave: 12 },
  { ...weights, connect: 16, lose: 16, quit: 0.5 },
].map((phase) => Object.entries(phase).map(([kind, weight]) => [weight, kind as Kind]));

class Simulation {
  readonly #random: Random;
  readonly #inspection: Inspection;
  readonly #actions: Actions;
  readonly #world: World;
  readonly #grace: number;

  constructor(seed: number, breaks: Pick<KitOptions, 'wrap' | 'step'>) {
    const random = new Random(seed);
    this.#random = random;
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
    const options = { grace: this.#grace, presenceLimit, maxRooms: this.#world.maxRooms, ...breaks };
    this.#inspection = new Inspection({ ...options, sabotage });
    this.#actions = new Actions(random, this.#inspection, this.#world);
  }

  /** The latest commands. */
  get trace(): readonly string[] {
    return this.#inspection.trace;
  }

  run(commands: number): SimulationResult {
    while (this.#inspection.commands < commands) {
      const likely = this.#random.pick(phases);
      for (let left = 20 + this.#random.below(300); left > 0; left -= 1) this.#act(this.#random.weighted(likely));
      this.#inspection.checkQuiet();
      if (this.#random.chance(0.1)) this.#everyoneGoes();
    }
    this.#everyoneGoes();
    const { commands: done, deliveries, events, truth } = this.#inspection;
    return { commands: done, deliveries, ...events, ...truth.events };
  }

  #act(kind: Kind): void {
    const { peers } = this.#inspection;
    if (kind === 'time') this.#inspection.time(this.#random.pick([1, 50, 100, 100, 100, 400]));
    else if (kind === 'connect' || peers.length === 0) this.#actions.connect();
    else this.#use(this.#random.pick(peers), kind);
  }

  #use(peer: Peer, kind: Exclude<Kind, 'time' | 'connect'>): void {
    const actions = this.#actions;
    const isEven = this.#random.chance(0.5);
    switch (kind) {
      case 'quit':
      case 'lose':
        return actions.disconnect(peer, kind);
      case 'identify':
        return actions.identify(peer);
      case 'join':
        return actions.join(peer, this.#random.pick(this.#world.rooms));
      case 'leave':
        return actions.leave(peer, actions.someRoom(peer));
      case 'message':
        return actions.say(peer);
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
    // A tick may fail, and what it was to do is done by the next one.
    this.#inspection.time(this.#grace);
    this.#inspection.time(1);
    kit.assertEmpty();
    ensure(truth.rooms.size === 0, () => 'the simulation itself is wrong: there are rooms left');
  }
}
