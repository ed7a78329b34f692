/** How much is offered: the same to every target, and well under what any of them can take. */
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
 * Deliveries per second that are offered to a room, unless the command line says otherwise: so many that what a server
 * does with them stands out from what it does anyway.
 */
export function offered(members: number, burst: number): number {
  return burst > 1 ? Math.min(500_000, 50_000 * Math.sqrt(members)) : Math.min(50_000, 1000 * Math.sqrt(members));
}

/** @param deliveriesPerSecond what to offer, if the command line does not say it. */
export function load(settings: Settings, members: number, burst: number, deliveriesPerSecond: number): Load {
  const { messages, seconds } = settings;
  if (messages !== undefined)
    return { burst, interval: Math.max(1, Math.round((burst * seconds * 1e6) / messages)) / 1000 };
  return { burst, interval: Math.max(1, Math.round((burst * 1000 * members) / deliveriesPerSecond)) };
}

/** Sends for so many seconds, from almost now. */
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

/** What a server needs besides a descriptor for each member. */
export const ownDescriptors = 100;

/** Sorts sizes of a single room by whether each load process has a member, and a process may have so many connections. */
export function affordable(
  sizes: readonly number[],
  { receivers }: Pick<Settings, 'receivers'>,
): { members: number[]; skipped: string[] } {
  return fitting(sizes, (members) => {
    if (members <= receivers) return `${members} members: there are ${receivers + 1} load processes`;
    return tooMany(members);
  });
}

/** Sorts sizes by whether there is a reason to leave them out. */
export function fitting(
  sizes: readonly number[],
  reasonAgainst: (members: number) => string | undefined,
): { members: number[]; skipped: string[] } {
  return {
    members: sizes.filter((members) => reasonAgainst(members) === undefined),
    skipped: sizes.flatMap((members) => reasonAgainst(members) ?? []),
  };
}

/** Why a process cannot have so many connections, if so. */
export function tooMany(connections: number): string | undefined {
  const limit = descriptorLimit();
  if (connections + ownDescriptors <= limit) return undefined;
  return `${connections} members: a process may have ${limit} descriptors`;
}
