/** Runs a plan with the senders of a process. */
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { type Churn, churn } from './churn.ts';
import { microseconds } from './clock.ts';
import { type Entries, noEntries } from './entries.ts';
import type { Member } from './member.ts';
import type { Sender } from './sender.ts';

/** An open loop: a burst every `interval`, by the senders in turns, whether the last one has arrived or not. */
export interface PacedPlan {
  readonly kind: 'paced';
  /** When the first burst is due, in microseconds. */
  readonly start: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly bursts: number;
  /** Members that lose their connections in the meantime. */
  readonly churn?: Churn;
}

/** A closed loop: each sender sends a burst whenever fewer than `window` of its messages are in flight. */
export interface WindowPlan {
  readonly kind: 'window';
  readonly window: number;
  /** Each stops after this many messages, or… */
  readonly messages: number;
  /** … after this many milliseconds. */
  readonly duration: number;
}

export type Plan = PacedPlan | WindowPlan;

export interface Sent {
  readonly messages: number;
  /** Bursts that went out more than half an interval, but at least two milliseconds, after they were due. */
  readonly late: number;
  /** Members that lost their connection and came back. */
  readonly returns: Entries;
}

/** @param restless members that lose their connections, if the plan has churn. */
export async function send(senders: readonly Sender[], restless: readonly Member[], plan: Plan): Promise<Sent> {
  const [late, returns] = await Promise.all([
    plan.kind === 'paced' ? pace(senders, plan) : keepUp(senders, plan),
    plan.kind === 'paced' && plan.churn ? churn(restless, plan.churn, plan) : noEntries,
  ]);
  return { messages: senders.reduce((sum, { sent }) => sum + sent, 0), late, returns };
}

async function pace(senders: readonly Sender[], { start, interval, bursts }: PacedPlan): Promise<number> {
  let late = 0;
  const waitUntil = senders.length > 1 ? doze : watch;
  for (let burst = 0; burst < bursts; burst += 1) {
    const due = start + burst * interval * 1000;
    await waitUntil(due);
    if (microseconds() - due > Math.max(2000, interval * 500)) late += 1;
    senders[burst % senders.length]?.write(due);
  }
  return late;
}

async function keepUp(senders: readonly Sender[], { window, messages, duration }: WindowPlan): Promise<number> {
  const end = microseconds() + duration * 1000;
  for (const sender of senders) sender.keepUp(window, messages, end);
  while (microseconds() < end && senders.some(({ isKeepingUp }) => isKeepingUp)) await wait(5);
  for (const sender of senders) sender.stop();
  return 0;
}

/** At least one turn of the loop: bursts of one sender that are late still go out one by one. */
async function watch(due: number): Promise<void> {
  const left = (due - microseconds()) / 1000;
  if (left >= 1) await wait(Math.floor(left));
  do await nextTurn();
  while (microseconds() < due);
}

/** Precise to a millisecond: several senders that poll the clock would take CPU time from the server. */
async function doze(due: number): Promise<void> {
  while (microseconds() < due) await wait(1);
}
