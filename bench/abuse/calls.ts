/** The calls from the suite to the processes of a row, and their answers. */
import type { Address } from '../load/address.ts';

/** The situation before the attack, prepared by the process that holds the bystanders. */
export interface Ground {
  /** The ticket of the user with many connections. */
  readonly ticket?: string;
  readonly user?: string;
  /** The epoch of the room that is full of messages. */
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
  /** How many connections ended that were not cut here, by reason. */
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
  /** Requests that need an answer, and those that got none; undefined if there are no such requests. */
  readonly unanswered?: { readonly asked: number; readonly missing: number };
}

export type AttackerCall = PrepareCall | AttackCall | StopCall | CountCall;

export interface AttackerAnswers {
  prepare: Ground;
  attack: null;
  stop: Assault;
  count: { readonly open: number; readonly lost: number; readonly reason: string | undefined };
}

/** Brings in well-behaved clients, and one at a server without attackers. */
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

/** The times of pings, in microseconds. */
export interface Watched {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly pings: number;
  /** How many of them were not answered in time. */
  readonly unanswered: number;
  /** The noise of the machine: the p99 of the server without attackers or, if that is longer, of the own delay. */
  readonly noise: number;
}

/** The well-behaved clients stop sending, and wait for all messages. */
export interface LeaveCall {
  readonly type: 'leave';
}

/** The result for the well-behaved clients. */
export interface Outcome {
  readonly sent: number;
  readonly expected: number;
  readonly delivered: number;
  readonly missingAcks: number;
  readonly disorder: number;
  /** Why the first one was lost. */
  readonly lost: string | undefined;
}

export type WitnessCall = EnterCall | WatchCall | LeaveCall;

export interface WitnessAnswers {
  enter: null;
  watch: Watched;
  leave: Outcome;
}
