/** What the suite asks of the processes of a row, and what they answer. */
import type { Address } from '../load/address.ts';

/** What attackers find: made before the attack, by the process that holds the bystanders. */
export interface Ground {
  /** Of the user who has many connections. */
  readonly ticket?: string;
  readonly user?: string;
  /** Of the room that is full of messages. */
  readonly epoch?: string;
}

export interface PrepareCall {
  readonly type: 'prepare';
  readonly kind: string;
  readonly server: Address;
}

export interface AttackCall {
  readonly type: 'attack';
  readonly kind: string;
  readonly server: Address;
  readonly ground: Ground;
  readonly attackers: number;
}

/** Ends the attack: all connections are cut. */
export interface StopCall {
  readonly type: 'stop';
}

/** How many of the bystanders' connections are still there. */
export interface CountCall {
  readonly type: 'count';
}

export interface Assault {
  readonly opened: number;
  /** How often a connection ended that was not cut here, by how. */
  readonly ends: Readonly<Record<string, number>>;
  /** Bytes. */
  readonly written: number;
  readonly read: number;
  /** Data frames that came. */
  readonly frames: number;
  /** Of the event loop of the attackers' process, in microseconds. */
  readonly loopP99: number;
  /** CPU time of the process during the attack, and how long that took, in microseconds. */
  readonly cpu: number;
  readonly duration: number;
  /** Requests that an answer is demanded to, and those that were not answered; undefined: none is. */
  readonly unanswered?: { readonly asked: number; readonly missing: number };
}

export type AttackerCall = PrepareCall | AttackCall | StopCall | CountCall;

export interface AttackerAnswers {
  prepare: Ground;
  attack: null;
  stop: Assault;
  count: { readonly open: number; readonly lost: number; readonly reason: string | undefined };
}

/** Well-behaved clients come, and one to a server that nobody attacks. */
export interface EnterCall {
  readonly type: 'enter';
  readonly server: Address;
  readonly control: Address;
}

/** Watches the answers to the pings of the next while. */
export interface WatchCall {
  readonly type: 'watch';
  readonly milliseconds: number;
}

/** What pings took. Times are in microseconds. */
export interface Watched {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly pings: number;
  /** Of those, how many were not answered in time. */
  readonly unanswered: number;
  /** What the machine had no time for: the p99 of the server that nobody attacks or, if that is longer, of the own delay. */
  readonly noise: number;
}

/** The well-behaved clients say no more, and wait for all there should be. */
export interface LeaveCall {
  readonly type: 'leave';
}

/** What became of the well-behaved clients. */
export interface Outcome {
  readonly sent: number;
  readonly expected: number;
  readonly delivered: number;
  readonly missingAcks: number;
  readonly disorder: number;
  /** Why the first one that is lost is. */
  readonly lost: string | undefined;
}

export type WitnessCall = EnterCall | WatchCall | LeaveCall;

export interface WitnessAnswers {
  enter: null;
  watch: Watched;
  leave: Outcome;
}
