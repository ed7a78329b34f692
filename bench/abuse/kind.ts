/** A kind of abuse. */
import type { Attacker } from './attacker.ts';
import type { Ground } from './calls.ts';
import type { Crowd } from './crowd.ts';

export interface Kind {
  readonly name: string;
  readonly description: string;
  /** Options of the server, besides the defaults. */
  readonly options?: readonly string[];
  /** Prepares the situation before the attack. */
  readonly prepare?: (crowd: Crowd) => Promise<Ground>;
  /** How many connections an attacker has, depending on the number of attackers; one by default. */
  readonly connections?: (attackers: number) => number;
  /** The attack of a connection, until it is closed; then it is repeated. */
  readonly attack: (attacker: Attacker) => Promise<void>;
}

/** The connections of a single attacker, and of each of many. */
export function few(alone: number, each: number): (attackers: number) => number {
  return (attackers) => (attackers === 1 ? alone : each);
}
