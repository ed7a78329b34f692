/** The offered load: the same for every target, and well below the capacity of each. */
import { microseconds } from '../load/clock.ts';
import type { PacedPlan } from '../load/send.ts';
import type { Settings } from '../settings.ts';
import { descriptorLimit } from '../targets/usage.ts';

export interface Load {
  readonly burst: number;
  /** Milliseconds between two bursts. */
  readonly interval: number;
}

/**
 * Deliveries per second that are offered to a room, unless the command line says otherwise: enough that their cost
 * stands out from the cost of an idle server.
 */
export function offered(members: number, burst: number): number {
  return burst > 1 ? Math.min(500_000, 50_000 * Math.sqrt(members)) : Math.min(50_000, 1000 * Math.sqrt(members));
}

/** @param deliveriesPerSecond the load, unless the command line has one. */
export function load(settings: Settings, members: number, burst: number, deliveriesPerSecond: number): Load {
  const { messages, seconds } = settings;
  if (messages !== undefined)
    return { burst, interval: Math.max(1, Math.round((burst * seconds * 1e6) / messages)) / 1000 };
  return { burst, interval: Math.max(1, Math.round((burst * 1000 * members) / deliveriesPerSecond)) };
}

/** Sends for this many seconds, starting almost now. */
export function paced({ interval }: Load, seconds: number): PacedPlan {
  return {
    kind: 'paced',
    start: microseconds() + 20_000,
    interval,
    bursts: Math.max(1, Math.round((seconds * 1000) / interval)),
  };
}

/** A round in which one sender of a room keeps this pace, in turns of half a second, but not fewer than two bursts. */
export function evenly(offers: Load) {
  const { burst, interval } = offers;
  const turn = Math.max(0.5, (2 * interval) / 1000);
  return { burst, senders: 'one', turn, plan: (seconds: number) => paced(offers, seconds) } as const;
}

/** Descriptors that a server needs besides one for each member. */
export const ownDescriptors = 100;

/** Splits sizes of a single room into possible ones and others: each process needs a member, and enough descriptors. */
export function affordable(
  sizes: readonly number[],
  { receivers }: Pick<Settings, 'receivers'>,
): { members: number[]; skipped: string[] } {
  return fitting(sizes, (members) => {
    if (members <= receivers) return `${members} members: there are ${receivers + 1} load processes`;
    return tooMany(members);
  });
}

/** Splits sizes by whether there is a reason to leave them out. */
export function fitting(
  sizes: readonly number[],
  reasonAgainst: (members: number) => string | undefined,
): { members: number[]; skipped: string[] } {
  return {
    members: sizes.filter((members) => reasonAgainst(members) === undefined),
    skipped: sizes.flatMap((members) => reasonAgainst(members) ?? []),
  };
}

/** Why a process cannot have this many connections; undefined if it can. */
export function tooMany(connections: number): string | undefined {
  const limit = descriptorLimit();
  if (connections + ownDescriptors <= limit) return undefined;
  return `${connections} members: a process may have ${limit} descriptors`;
}
