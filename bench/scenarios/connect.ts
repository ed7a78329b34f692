/**
 * Storms of connections: clients that connect all at once, and a full room whose members are all cut off and come back.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { microseconds } from '../load/clock.ts';
import { addEntries, type Entries } from '../load/entries.ts';
import { total } from '../load/workers.ts';
import type { Settings } from '../settings.ts';
import { Histogram } from '../statistics.ts';
import { floor, hubbub, named, type Target } from '../targets/targets.ts';
import type { Case, Column, Measurement, Scenario } from './case.ts';
import { count, large, milliseconds } from './format.ts';
import { affordable } from './load.ts';
import { columns, failed } from './measure.ts';
import { demandWhole, Invalid, newRoom } from './room.ts';
import { speaking } from './speaking.ts';
import { addTolls, circumstances, Stage, shares, type Toll } from './stage.ts';

/** How many messages are sent while everyone is away. */
const missed = 10;

/** How long servers may take to handle ended connections, and a room to become quiet, in milliseconds. */
const pause = 300;
const silence = 1200;

/** How long to wait for missed messages, in milliseconds. */
const patience = 15_000;

const names = [hubbub, floor, 'ws'];

const shown: [Column, ...Column[]] = [
  { figure: 'entriesPerCpuSecond', label: 'connects/CPU s', format: large },
  { figure: 'cpuPerEntry', label: 'CPU each', format: (value) => `${count(value)} µs`, isCost: true },
  { figure: 'entriesPerSecond', label: 'connects/s', format: large },
  { figure: 'elapsed', label: 'elapsed', format: milliseconds, isCost: true },
  { figure: 'entryP50', label: 'p50', format: milliseconds, isCost: true },
  { figure: 'entryP99', label: 'p99', format: milliseconds, isCost: true },
  columns.recovered,
  columns.server,
  columns.client,
];

export const connect: Scenario = {
  name: 'connect',
  description: '2,000 clients connect at once; a room of 1,000 is cut off at once, and all come back',
  cases(settings) {
    const together = affordable(settings.members ?? [2000], settings);
    const returning = affordable(settings.members ?? [1000], settings);
    return {
      cases: [
        ...together.members.map((clients) => connectCase(settings, clients)),
        ...returning.members.map((members) => reconnectCase(settings, members)),
      ],
      skipped: together.skipped,
    };
  },
};

function connectCase(settings: Settings, clients: number): Case {
  const chosen = settings.targets ?? named(...names);
  return stormCase(settings, speaking('hubbub-roomless', chosen), {
    ...{ name: 'connect', title: `${count(clients)} clients connect at once`, clients },
    prepare: () => Promise.resolve(),
    async strike({ workers }, place) {
      const entries = await workers.open(place, clients, 0);
      const open = (await workers.census()).reduce((sum, { open }) => sum + open, 0);
      if (open !== clients) throw new Invalid(`${clients - open} clients lost`, open, clients);
      return { entries, delivered: open, expected: clients };
    },
    after: ({ workers }) => workers.cut('all'),
  });
}

function reconnectCase(settings: Settings, members: number): Case {
  const chosen = settings.targets ?? named(...names);
  const options = { hasAcks: false, patience, isShared: true };
  return stormCase(settings, chosen, {
    ...{
      name: 'reconnect',
      title: `a room of ${count(members)} is cut off at once, and all come back`,
      clients: members,
    },
    async prepare({ workers }, place) {
      await workers.openFirst(place);
      await workers.arm('one', { burst: missed, ids: false });
      // All are decoded: they have to know their positions.
      await workers.open(place, members - settings.receivers, members);
      await workers.settle(silence);
    },
    async strike({ workers }) {
      await workers.mark();
      await workers.cut('all but senders');
      const sent = await workers.send({ kind: 'paced', start: microseconds(), interval: 1, bursts: 1 });
      const entries = await workers.comeBack();
      const tally = await workers.collect(sent, options);
      demandWhole(tally);
      return { entries, delivered: total(tally, 'delivered'), expected: total(tally, 'expected') };
    },
    after: ({ workers }) => workers.settle(silence),
  });
}

interface Storm {
  readonly name: string;
  readonly title: string;
  /** How many clients connect. */
  readonly clients: number;
  readonly prepare: (stage: Stage, place: Place) => Promise<void>;
  readonly strike: (stage: Stage, place: Place) => Promise<Struck>;
  /** Restores the state for the next storm. */
  readonly after: (stage: Stage) => Promise<void>;
}

type Place = Parameters<Stage['workers']['open']>[0];

interface Struck {
  readonly entries: Entries;
  readonly delivered: number;
  readonly expected: number;
}

function stormCase({ receivers, messageSize, seconds }: Settings, chosen: readonly Target[], storm: Storm): Case {
  const { name, title, clients } = storm;
  return {
    scenario: 'connect',
    title: `${name}: ${title}`,
    traits: { members: clients, [name]: true },
    targets: chosen,
    control: floor,
    columns: shown,
    async measure(own) {
      const entrants = own.map((target) => new Entrant(target, storm));
      try {
        for (const entrant of entrants) await entrant.open(receivers, messageSize);
        // A storm takes about a second.
        for (let left = seconds; left > 0; left -= 1) for (const entrant of entrants) await entrant.takeTurn();
      } finally {
        await Promise.all(entrants.map((entrant) => entrant[Symbol.asyncDispose]()));
      }
      return entrants.map((entrant) => entrant.measurement());
    },
  };
}

/** A target in a round. After its first failure it takes no more turns, and has no figures. */
class Entrant implements AsyncDisposable {
  readonly #target: Target;
  readonly #storm: Storm;
  readonly #struck: (readonly [Struck, Toll])[] = [];
  #stage: Stage | undefined;
  #place: Place | undefined;
  #failure: Measurement | undefined;

  constructor(target: Target, storm: Storm) {
    this.#target = target;
    this.#storm = storm;
  }

  /** The first storm does not count: it compiles the server's code. */
  async open(receivers: number, messageSize: number): Promise<void> {
    await this.#attempt(async () => {
      const stage = await Stage.open(this.#target, receivers);
      this.#stage = stage;
      const { dialect } = this.#target;
      const place = { address: stage.server.address, dialect, rooms: [newRoom()], messageSize };
      this.#place = place;
      await this.#storm.prepare(stage, place);
      await this.#strike(stage, place);
    });
  }

  async takeTurn(): Promise<void> {
    const [stage, place] = [this.#stage, this.#place];
    if (!stage || !place || this.#failure) return;
    await this.#attempt(async () => {
      this.#struck.push(await this.#strike(stage, place));
    });
  }

  async #strike(stage: Stage, place: Place): Promise<[Struck, Toll]> {
    const struck = await stage.watch(() => this.#storm.strike(stage, place));
    await this.#storm.after(stage);
    await wait(pause);
    return struck;
  }

  measurement(): Measurement {
    if (this.#failure) return this.#failure;
    const toll = addTolls(this.#struck.map(([, one]) => one));
    const entries = addEntries(this.#struck.map(([{ entries }]) => entries));
    const sum = (of: 'delivered' | 'expected') => this.#struck.reduce((before, [one]) => before + one[of], 0);
    return {
      figures: { ...figures(entries, toll, this.#struck.length), ...shares(toll) },
      delivered: sum('delivered'),
      expected: sum('expected'),
      ...circumstances(toll),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stage?.[Symbol.asyncDispose]();
  }

  async #attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#failure = failed(error);
    }
  }
}

function figures({ times, recovered }: Entries, { duration, serverCpu }: Toll, storms: number): Record<string, number> {
  const all = new Histogram(times);
  return {
    entriesPerSecond: (all.size * 1e6) / duration,
    elapsed: duration / storms,
    entryP50: all.percentile(0.5),
    entryP99: all.percentile(0.99),
    recovered: recovered / storms,
    ...(serverCpu !== undefined && {
      entriesPerCpuSecond: (all.size * 1e6) / serverCpu,
      cpuPerEntry: serverCpu / all.size,
    }),
  };
}
