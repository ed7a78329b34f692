/** Measures the usage of a server and the machine over a time. Times are in microseconds. */
import type { LoopDelay, Server } from '../targets/server.ts';
import { machineTime } from '../targets/usage.ts';

export interface Used {
  /** CPU time of the server; undefined if it cannot be known. */
  readonly serverCpu: number | undefined;
  /** That of the server; undefined if it was not watched. */
  readonly loopDelay: LoopDelay | undefined;
  /** Time of all CPUs: in all, and in use. */
  readonly machine: { readonly all: number; readonly busy: number };
}

/** @returns a function that stops, and returns the usage. */
export async function meter(server: Server, watchesLoop: boolean): Promise<() => Promise<Used>> {
  if (watchesLoop) await server.watchLoop();
  const before = machineTime();
  const cpu = server.cpu();
  return async () => {
    const serverCpu = difference(server.cpu(), cpu);
    const now = machineTime();
    const loopDelay = watchesLoop ? await server.loopDelay() : undefined;
    const busy = now.busy - before.busy;
    return { serverCpu, loopDelay, machine: { all: busy + now.idle - before.idle, busy } };
  };
}

/** CPU time of other processes than the server and the load processes. @param clients the time of the latter. */
export function ofOthers({ serverCpu, machine }: Used, clients: number): number {
  return Math.max(0, machine.busy - clients - (serverCpu ?? 0));
}

/** Of CPU time; undefined if it cannot be known. */
export function difference(now: number | undefined, before: number | undefined): number | undefined {
  return now === undefined || before === undefined ? undefined : now - before;
}
