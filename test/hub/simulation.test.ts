import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EdgePort } from '../../src/hub/edge-port.ts';
import { step } from '../../src/hub/room.ts';
import type { Wire } from '../../src/protocol/dialect.ts';
import { extent } from '../kit/extent.ts';
import { around, type FakeEdge } from './fake-edge.ts';
import { countdown, disorder, effects, finds, frames, publishing } from './simulation/mutants.ts';
import { simulate } from './simulation/simulation.ts';

const commands = 10_000;
const seeds = Array.from({ length: extent(26) }, (_, i) => i + 1);

/** `SEED=123 npx tsx --test test/hub/simulation.test.ts` plays one run again, or tries another one. */
const given = process.env['SEED'];

test('whatever users do, the hub keeps its promises', (t) => {
  const totals: Record<string, number> = {};
  const start = performance.now();
  for (const seed of given === undefined ? seeds : [Number(given)]) {
    const result = replayable(seed, () => simulate({ seed, commands }));
    for (const [event, times] of Object.entries(result)) totals[event] = (totals[event] ?? 0) + times;
  }
  const rate = Math.round((totals['commands'] ?? 0) / ((performance.now() - start) / 1000));
  t.diagnostic(`simulated ${JSON.stringify(totals)}, ${rate} commands a second`);
  if (given !== undefined) return;
  assert.ok((totals['commands'] ?? 0) >= 0.8 * seeds.length * commands);
  for (const [event, times] of Object.entries(totals))
    assert.ok(times > 4 * seeds.length, `${event} happened ${times} times`);
});

function replayable<T>(seed: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    console.error(`play it again with: SEED=${seed} npx tsx --test test/hub/simulation.test.ts`);
    throw error;
  }
}

test('the same seed does the same', () => {
  const results = [1, 2].map(() => simulate({ seed: 7, commands: 2000 }));
  assert.deepEqual(results[0], results[1]);
});

finds({
  'a message that does not reach one member': () => ({
    breaks: publishing(isMessage, (edge, topic, wire) => edge.publish(topic, wire, edge.subscribers(topic)[0])),
    says: disorder,
  }),
  'a message that comes twice': () => ({
    breaks: publishing(isMessage, (edge, topic, wire, except) => {
      edge.publish(topic, wire, except);
      edge.publish(topic, wire, except);
    }),
    says: disorder,
  }),
  'a message after its successor': () => ({
    breaks: { wrap: (edge) => around(edge, { publish: swapped(edge) }) },
    says: disorder,
  }),
  'a message that comes back although it was not to': () => ({
    breaks: { wrap: (edge) => around(edge, { publish: (topic, wire) => edge.publish(topic, wire) }) },
    says: disorder,
  }),
  'a presence that does not reach one member': () => ({
    breaks: publishing(isPresence, (edge, topic, wire) => edge.publish(topic, wire, edge.subscribers(topic)[0])),
    says: /as c\d+ knows it is|counts \d+ in/,
  }),
  'a subscription that gets lost': () => ({
    breaks: {
      wrap: (edge) => {
        const isDue = countdown();
        return around(edge, {
          subscribe: (connection, topic, ephemeral) =>
            isDue() ? undefined : edge.subscribe(connection, topic, ephemeral),
        });
      },
    },
    says: /has not subscribed|should be delivered|knows it is|counts/,
  }),
  'a subscription that is not ended': () => ({
    breaks: {
      wrap: (edge) => {
        const isDue = countdown();
        return around(edge, {
          unsubscribe: (connection, topic) => (isDue() ? undefined : edge.unsubscribe(connection, topic)),
        });
      },
    },
    says: /and is not in it|has subscribed to .* already|Expected values/,
  }),
  'an answer that gets lost': () => ({
    breaks: {
      wrap: (edge) => {
        const isDue = countdown();
        return around(edge, {
          send: (connection, wire) => (isAck(wire) && isDue() ? undefined : edge.send(connection, wire)),
        });
      },
    },
    says: /the answers should be "(.+,)?ack (\d+ )?to q\d+ for c\d+.*" and are "/,
  }),
  'a number that is left out': () => ({
    breaks: {
      step: (room, command, now) => {
        if (command.type === 'message' && room.last === 20) {
          room.last += 1;
          room.next += 1;
        }
        return step(room, command, now);
      },
    },
    says: disorder,
  }),
  'a number that is told wrongly in an ack': () => ({
    breaks: frames((frame) => (frame.type === 'ack' && frame.seq ? { ...frame, seq: frame.seq + 1 } : frame)),
    says: /the answers should be "ack \d+ to q\d+ for c\d+/,
  }),
  'a position that is told wrongly in joined': () => ({
    breaks: frames((frame) => (frame.type === 'joined' ? { ...frame, seq: frame.seq + 1 } : frame)),
    says: disorder,
  }),
  'a message that is another one for one member': () => ({
    breaks: publishing(isMessage, (edge, topic, wire, except) => {
      const [victim = ''] = edge.subscribers(topic).filter((connection) => connection !== except);
      edge.send(victim, wire.toString().replace(/"body":"m\d+"/, '"body":"m0"'));
      for (const other of edge.subscribers(topic)) {
        if (other !== victim && other !== except) edge.send(other, wire);
      }
    }),
    says: /is m0 by u\d+ for one member|is m\d+ by u\d+ for one member and m0|should be delivered/,
  }),
  'a message to somebody who is not in the room': () => ({
    breaks: publishing(isMessage, (edge, topic, wire, except) => {
      const members = new Set(edge.subscribers(topic));
      for (const connection of edge.subscribers('*json')) if (!members.has(connection)) edge.send(connection, wire);
      edge.publish(topic, wire, except);
    }),
    says: /got message of r\d and is not in it/,
  }),
  'a signal that comes back': () => ({
    breaks: effects((effect) => (effect.type === 'signal' ? { ...effect, except: 'nobody' } : effect)),
    says: disorder,
  }),
  'a leave that is not told': () => ({
    breaks: frames((frame) => {
      if (frame.type !== 'presence' || !frame.leaves || !(frame.joins || frame.changes)) return frame;
      const { leaves: _, ...rest } = frame;
      return rest;
    }),
    says: /as c\d+ knows it is/,
  }),
  'a change that is not told': () => ({
    breaks: { step: (room, command, now) => (command.type === 'changed' ? [] : step(room, command, now)) },
    says: /as c\d+ knows it is/,
  }),
  'a place that is not kept': () => ({
    breaks: {
      step: (room, command, now) => step(room, command.type === 'lose' ? { ...command, type: 'quit' } : command, now),
    },
    says: /as c\d+ knows it is|counts \d+|the rooms are|the list of/,
  }),
  'a place that is kept after a clean leave': () => ({
    breaks: {
      step: (room, command, now) => step(room, command.type === 'quit' ? { ...command, type: 'lose' } : command, now),
    },
    says: /as c\d+ knows it is|counts \d+|the rooms are|the list of/,
  }),
  'a place that is kept too long': () => ({
    breaks: {
      step: (room, command, now) =>
        step(room, command.type === 'lose' ? { ...command, time: command.time + 200 } : command, now),
    },
    says: /as c\d+ knows it is|counts \d+|the rooms are|the list of|Expected values/,
  }),
  'a count that is wrong': () => ({
    breaks: frames((frame) =>
      frame.type === 'presence' && !frame.joins ? { ...frame, count: frame.count + 1 } : frame,
    ),
    says: /counts \d+ in r\d, there are/,
  }),
  'a whole list that is not told': () => ({
    breaks: {
      wrap: (edge) =>
        around(edge, {
          publish: (topic, wire, except) => (isList(wire) ? undefined : edge.publish(topic, wire, except)),
        }),
    },
    says: /is small enough for lists|some in r\d have a list|counts \d+ in/,
  }),
  'a room that is never told of the time': () => ({
    breaks: { step: (room, command, now) => (command.type === 'tick' ? [] : step(room, command, now)) },
    says: /as c\d+ knows it is|counts \d+ in|Expected values/,
  }),
});

function isMessage(wire: Wire): boolean {
  return wire.toString().startsWith('{"type":"message"');
}

function isPresence(wire: Wire): boolean {
  return wire.toString().startsWith('{"type":"presence"');
}

function isList(wire: Wire): boolean {
  return wire.toString().startsWith('{"type":"members"');
}

function isAck(wire: Wire): boolean {
  return wire.toString().startsWith('{"type":"ack"');
}

/** Holds one message back until the next one has gone. */
function swapped(edge: FakeEdge): EdgePort['publish'] {
  const isDue = countdown();
  let held: (() => void) | undefined;
  return (topic, wire, except) => {
    if (isMessage(wire) && isDue()) {
      held = () => edge.publish(topic, wire, except);
      return;
    }
    edge.publish(topic, wire, except);
    if (!isMessage(wire)) return;
    held?.();
    held = undefined;
  };
}
