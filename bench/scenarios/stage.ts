/** A server and its clients without load, to measure the cost of a single event. */
import { microseconds } from '../load/clock.ts';
import { Workers } from '../load/workers.ts';
import { type LoopDelay, Server } from '../targets/server.ts';
import type { Target } from '../targets/targets.ts';
import type { Measurement } from './case.ts';
import { bottleneck, othersNote } from './measure.ts';
import { meter, ofOthers } from './meter.ts';

/** The cost of an event. Times are in microseconds. */
export interface Toll {
  readonly duration: number;
  /** undefined if it cannot be known. */
  readonly serverCpu: number | undefined;
  /** That of the busiest load process. */
  readonly clientCpu: number;
  readonly loopDelay: LoopDelay | undefined;
  /** Shares of all CPUs: in use, and in use by neither the server nor the load processes. */
  readonly machineBusy: number;
  readonly others: number;
}

export class Stage implements AsyncDisposable {
  readonly server: Server;
  readonly workers: Workers;
  readonly #watchesLoop: boolean;

  private constructor(server: Server, workers: Workers, watchesLoop: boolean) {
    this.server = server;
    this.workers = workers;
    this.#watchesLoop = watchesLoop;
  }

  /** @param watchesLoop whether the delay of the server's event loop is watched, if it is started here. */
  static async open(target: Target, receivers: number, watchesLoop = false): Promise<Stage> {
    const watches = watchesLoop && !target.running;
    return new Stage(await Server.start(target, watches), new Workers(receivers), watches);
  }

  /** Runs a function, and measures its cost. */
  async watch<T>(act: () => Promise<T>): Promise<[T, Toll]> {
    const { server, workers } = this;
    const clients = await workers.census();
    const stop = await meter(server, this.#watchesLoop);
    const start = microseconds();
    const result = await act();
    const duration = microseconds() - start;
    const used = await stop();
    const cpus = (await workers.census()).map((one, at) => one.cpu - (clients[at]?.cpu ?? 0));
    const { serverCpu, loopDelay, machine } = used;
    const others = ofOthers(
      used,
      cpus.reduce((sum, one) => sum + one, 0),
    );
    return [
      result,
      {
        ...{ duration, serverCpu, loopDelay, clientCpu: Math.max(...cpus) },
        ...{ machineBusy: machine.busy / machine.all, others: others / machine.all },
      },
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.workers[Symbol.asyncDispose](), this.server[Symbol.asyncDispose]()]);
  }
}

/** The sum of several tolls. */
export function addTolls(tolls: readonly Toll[]): Toll {
  const sum = (of: (toll: Toll) => number) => tolls.reduce((before, toll) => before + of(toll), 0);
  const duration = sum((toll) => toll.duration);
  const share = (of: (toll: Toll) => number) => sum((toll) => of(toll) * toll.duration) / duration;
  return {
    duration,
    serverCpu: tolls.some(({ serverCpu }) => serverCpu === undefined) ? undefined : sum((toll) => toll.serverCpu ?? 0),
    clientCpu: sum(({ clientCpu }) => clientCpu),
    loopDelay: tolls.at(-1)?.loopDelay,
    machineBusy: share(({ machineBusy }) => machineBusy),
    others: share(({ others }) => others),
  };
}

/** The circumstances of a measurement. */
export function circumstances(toll: Toll): Pick<Measurement, 'bottleneck' | 'notes'> {
  return { bottleneck: bottleneck(toll), notes: othersNote(toll.others) };
}

export function shares({ duration, serverCpu, clientCpu }: Toll): Record<string, number> {
  return {
    clientShare: clientCpu / duration,
    ...(serverCpu !== undefined && { serverShare: serverCpu / duration }),
  };
}
