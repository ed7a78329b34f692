import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Peer, Peers } from '../../src/edge/peers.ts';
import type { Wire } from '../../src/protocol/dialect.ts';

const limits = { buffer: 1000, signalBuffer: 100 };
/** Up to so many unsent bytes a peer has caught up. */
const little = limits.signalBuffer / 2;

/** A socket that leaves as much unsent as the test says. */
class FakeSocket {
  unsent = 0;
  readonly sent: Wire[] = [];

  getBufferedAmount(): number {
    return this.unsent;
  }

  send(wire: Wire): number {
    this.sent.push(wire);
    this.unsent += wire.length;
    return 0;
  }

  getTopics(): string[] {
    return [];
  }
}

interface Kit {
  readonly peers: Peers;
  /** Of whom it was told, in order. */
  readonly told: string[];
  add(id: string): { peer: Peer; socket: FakeSocket };
}

/** @param then what is done by who is told. */
function kit(then: (peers: Peers, id: string) => void = () => undefined): Kit {
  const told: string[] = [];
  const peers = new Peers(limits, (id) => {
    told.push(id);
    then(peers, id);
  });
  const add = (id: string) => {
    const socket = new FakeSocket();
    const peer = {
      session: { id, end: () => assert.fail(`${id} is closed`) },
      socket,
      isAwaited: false,
      isAnnounced: false,
    } as unknown as Peer;
    peers.add(peer);
    return { peer, socket };
  };
  return { peers, told, add };
}

describe('that a peer has caught up is told', () => {
  test('once, and not within the call that asked', async () => {
    const { peers, told, add } = kit();
    const { peer } = add('a');
    peers.whenDrained('a');
    peers.whenDrained('a');
    peers.drained(peer);
    assert.deepEqual(told, []);
    await turn();
    assert.deepEqual(told, ['a']);
    peers.drained(peer);
    await turn();
    await turn();
    assert.deepEqual(told, ['a']);
  });

  test('again when it is asked again, in a later turn', async () => {
    let turns = 0;
    const { peers, told, add } = kit((all, id) => {
      assert.equal(told.length, turns);
      if (told.length < 5) all.whenDrained(id);
    });
    const { peer } = add('a');
    peers.whenDrained('a');
    for (turns = 1; turns <= 6; turns += 1) {
      // The socket, too, may say more than once in a turn that it has sent something.
      peers.drained(peer);
      peers.drained(peer);
      await turn();
    }
    assert.deepEqual(told, Array(5).fill('a'));
  });

  test('not to who did not ask', async () => {
    const { peers, told, add } = kit();
    peers.drained(add('a').peer);
    await turn();
    assert.deepEqual(told, []);
  });

  test('of a few in each turn, in the order in which they caught up', async () => {
    const { peers, told, add } = kit();
    const ids = Array.from({ length: 20 }, (_, index) => `p${index}`);
    for (const id of ids) add(id);
    for (const id of ids) peers.whenDrained(id);
    const counts: number[] = [];
    for (let left = 5; left > 0; left -= 1) {
      await turn();
      counts.push(told.length);
    }
    assert.deepEqual(counts, [8, 16, 20, 20, 20]);
    assert.deepEqual(told, ids);
  });

  test('of each in turn, where all ask again and again', async () => {
    const { peers, told, add } = kit((all, id) => all.whenDrained(id));
    const ids = Array.from({ length: 20 }, (_, index) => `p${index}`);
    for (const id of ids) add(id);
    for (const id of ids) peers.whenDrained(id);
    while (told.length < 200) await turn();
    // They go, and so ask no more.
    for (const id of ids) peers.remove(add(id).peer);
    const counts = ids.map((id) => told.filter((one) => one === id).length);
    assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, String(counts));
  });

  test('not of one that is gone', async () => {
    const { peers, told, add } = kit();
    const { peer } = add('a');
    peers.whenDrained('a');
    peers.remove(peer);
    peers.whenDrained('a');
    peers.whenDrained('nobody');
    peers.drained(peer);
    await turn();
    assert.deepEqual(told, []);
  });

  test('not while much is unsent, but when little is left', async () => {
    const { peers, told, add } = kit();
    const { peer, socket } = add('a');
    socket.unsent = little + 1;
    peers.whenDrained('a');
    peers.drained(peer);
    await turn();
    assert.deepEqual(told, []);
    socket.unsent = little;
    peers.drained(peer);
    assert.deepEqual(told, []);
    await turn();
    assert.deepEqual(told, ['a']);
  });

  test('not of one that has fallen behind again before it could be told', async () => {
    const { peers, told, add } = kit();
    const { peer, socket } = add('a');
    peers.whenDrained('a');
    peers.send('a', 'x'.repeat(little + 1));
    await turn();
    assert.deepEqual(told, []);
    socket.unsent = 0;
    peers.drained(peer);
    await turn();
    assert.deepEqual(told, ['a']);
  });

  test('not twice to one that fills up when it is told, while others wait', async () => {
    const full = new Set<string>();
    const { peers, told, add } = kit((all, id) => {
      assert.ok(!full.has(id), `${id} is full`);
      full.add(id);
      all.send(id, 'x'.repeat(limits.signalBuffer));
      all.whenDrained(id);
    });
    for (let index = 0; index < 20; index += 1) add(`other-${index}`);
    for (let index = 0; index < 20; index += 1) peers.whenDrained(`other-${index}`);
    const { peer, socket } = add('a');
    peers.whenDrained('a');
    // What is written meanwhile makes the socket say so, again and again.
    for (let left = 5; left > 0; left -= 1) peers.drained(peer);
    for (let left = 5; left > 0; left -= 1) await turn();
    assert.equal(told.filter((id) => id === 'a').length, 1);
    assert.equal(socket.sent.length, 1);
  });
});
