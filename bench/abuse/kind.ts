/** A kind of abuse. */
import type { Attacker } from './attacker.ts';
import type { Ground } from './calls.ts';
import type { Crowd } from './crowd.ts';

export interface Kind {
  readonly name: string;
  readonly description: string;
  /** How the server is started, besides what is its default. */
  readonly options?: readonly string[];
  /** What is there before the attack. */
  readonly prepare?: (crowd: Crowd) => Promise<Ground>;
  /** How many connections an attacker has, by how many attackers there are; one if not said. */
  readonly connections?: (attackers: number) => number;
  /** What a connection does until it is closed; then it is done again. */
  readonly attack: (attacker: Attacker) => Promise<void>;
}

/** Connections of one who is alone, and of each of many. */
export function few(alone: number, each: number): (attackers: number) => number {
  return (attackers) => (attackers === 1 ? alone : each);
}
