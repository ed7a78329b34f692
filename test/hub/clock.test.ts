/** The wall clock jumps: only stamps depend on it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HubKit, kept } from './kit.ts';

const hour = 3_600_000;
const day = 24 * hour;

for (const skew of [-hour, hour, -40 * day, 40 * day]) {
  describe(`with a wall clock that is wrong by ${skew / hour} hours`, () => {
    test('who broke off leaves after the grace time, and is forgotten then', () => {
      const kit = new HubKit({ grace: 10_000 });
      const ada = kit.connect('ada', { rooms: ['x'] });
      kit.connect('bob', { rooms: ['x'] }).lose();
      kit.skew = skew;
      kit.advance(1);
      kit.connect('cleo', { rooms: ['x'] }).lose();
      kit.advance(9000);
      ada.frames();
      assert.ok(kit.hub.find('u-bob') && kit.hub.find('u-cleo'));
      kit.advance(1100);
      const leaves = ada.take('presence').flatMap(({ leaves = [] }) => leaves.map(({ name }) => name));
      assert.deepEqual(leaves, ['bob', 'cleo']);
      assert.deepEqual([kit.hub.find('u-bob'), kit.hub.find('u-cleo')], [undefined, undefined]);
    });

    test('a large room tells its count', () => {
      const kit = new HubKit({ presenceLimit: 2 });
      const ada = kit.connect('ada', { rooms: ['x'] });
      for (const name of ['bob', 'cleo']) kit.connect(name, { rooms: ['x'] });
      kit.advance(1000);
      kit.skew = skew;
      ada.frames();
      kit.connect('dora', { rooms: ['x'] });
      kit.advance(1000);
      assert.deepEqual(
        ada.take('presence').map(({ count }) => count),
        [4],
      );
    });

    test('a message said again is the same one, though it was stamped while the clock was wrong', () => {
      const kit = new HubKit({ policy: () => kept });
      kit.started = Date.UTC(2026, 11, 1);
      const ada = kit.connect('ada', { rooms: ['x'] });
      ada.say('x', 'before', { id: 'm1' });
      kit.skew = skew;
      ada.say('x', 'meanwhile', { id: 'm2' });
      const stamps = ada.take('message').map(({ at }) => at);
      assert.deepEqual(stamps, [kit.trusted, kit.trusted + skew]);
      for (const now of [skew, 0, -skew]) {
        kit.skew = now;
        ada.say('x', 'before', { id: 'm1' });
        ada.say('x', 'meanwhile', { id: 'm2' });
      }
      assert.equal(kit.log.head('x').seq, 2);
      assert.deepEqual(
        kit.log.read('x', { after: 0 }, { entries: 10, bytes: 1000 }).map(({ at }) => at),
        [kit.trusted, kit.trusted],
      );
    });
  });
}
