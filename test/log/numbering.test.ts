import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Numbering, resume } from '../../src/log/numbering.ts';

/**
 * Messages, commits, kills and power losses in any order. The model of the store has one durable checkpoint, and
 * perhaps a later one that a power loss undoes; uncommitted ones are lost by both.
 */
test('no number is given out twice, whatever happens in between', () => {
  const step = fc.oneof(
    {
      arbitrary: fc.record({ type: fc.constant('give' as const), count: fc.integer({ min: 1, max: 12_000 }) }),
      weight: 5,
    },
    {
      arbitrary: fc.record({ type: fc.constantFrom('commit' as const, 'kill' as const, 'powerLoss' as const) }),
      weight: 4,
    },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let crashes = 0;
      let kept = { next: 1, crashes: 0 };
      let latest = kept;
      let queued: { next: number; crashes: number }[] = [];
      let numbering = new Numbering(1);
      let highest = 0;
      for (const one of steps) {
        if (one.type === 'give') {
          for (let n = 0; n < one.count && numbering.allows(numbering.next); n += 1) {
            const seq = numbering.next;
            assert.ok(seq > highest, `${seq} after ${highest}`);
            highest = seq;
            if (!numbering.take(seq)) continue;
            numbering.checkpoint = numbering.next;
            queued.push({ next: numbering.next, crashes });
          }
        } else if (one.type === 'commit') {
          kept = latest;
          for (const checkpoint of queued) {
            latest = checkpoint;
            numbering.committed(checkpoint.next);
          }
          queued = [];
        } else {
          if (one.type === 'powerLoss') latest = kept;
          else kept = latest;
          queued = [];
          crashes += 1;
          numbering = new Numbering(resume(latest, crashes), latest.next);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('while commits keep up, numbers never run out', () => {
  const numbering = new Numbering(1);
  for (let seq = 1; seq < 100_000; seq += 1) {
    assert.ok(numbering.allows(seq));
    if (!numbering.take(seq)) continue;
    numbering.checkpoint = numbering.next;
    numbering.committed(numbering.next);
  }
});
