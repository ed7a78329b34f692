/** Defects to insert on purpose, to see that the simulation notices them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Effect } from '../../../src/hub/effects.ts';
import { step } from '../../../src/hub/room.ts';
import type { Wire } from '../../../src/protocol/dialect.ts';
import type { ServerFrame } from '../../../src/protocol/generated/frames.ts';
import { around, type FakeEdge } from '../fake-edge.ts';
import { type SimulationOptions, simulate } from './simulation.ts';

/** A defect in the hub, and the message of the simulation about it. */
export interface Mutant {
  readonly breaks: NonNullable<SimulationOptions['breaks']>;
  readonly says: RegExp;
}

/** How many times it works correctly before it fails. */
const patience = 200;

/** A message is missing, duplicated, or in the wrong place: the next action decides which check notices first. */
export const disorder = /should be delivered|has it up to|was last|r\d stands at|but it stands at/;

/** One test per mutant. */
export function finds(mutants: Readonly<Record<string, () => Mutant>>): void {
  for (const [name, mutant] of Object.entries(mutants)) {
    test(`the simulation finds ${name}`, () => {
      for (let seed = 1; seed <= 30; seed += 1) {
        const { breaks, says } = mutant();
        const reason = violation(seed, breaks);
        if (reason !== undefined) return assert.match(reason, says);
      }
      assert.fail('it did not');
    });
  }
}

/** The message of the simulation; undefined if it finds nothing. */
function violation(seed: number, breaks: Mutant['breaks']): string | undefined {
  try {
    simulate({ seed, commands: 2000, breaks });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split('\nafter\n')[0] ?? '';
  }
}

/** True once, after a while. */
export function countdown(): () => boolean {
  let left = patience;
  return () => left-- === 0;
}

/** Publishes one wire of a kind in another way. */
export function publishing(
  isMeant: (wire: Wire) => boolean,
  publish: (edge: FakeEdge, topic: string, wire: Wire, except: string | undefined) => void,
): Mutant['breaks'] {
  return {
    wrap: (edge) => {
      const isDue = countdown();
      return around(edge, {
        publish: (topic, wire, except) =>
          isMeant(wire) && isDue() ? publish(edge, topic, wire, except) : edge.publish(topic, wire, except),
      });
    },
  };
}

export function effects(change: (effect: Effect) => Effect): Mutant['breaks'] {
  return { step: (room, command, now) => step(room, command, now).map(change) };
}

export function frames(change: (frame: ServerFrame) => ServerFrame): Mutant['breaks'] {
  return effects((effect) =>
    'frame' in effect && effect.type !== 'append' ? { ...effect, frame: change(effect.frame) } : effect,
  );
}
