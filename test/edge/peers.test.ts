import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type Peer, Peers } from '../../src/edge/peers.ts';
import type { Wire } from '../../src/protocol/dialect.ts';

const limits = { buffer: 1000, signalBuffer: 100 };
/** With this many unsent bytes, or fewer, a peer has caught up. */
const little = limits.signalBuffer / 2;

/** A socket whose unsent bytes the test sets, and which holds back corked messages until the end of the cork. */
class FakeSocket {
  unsent = 0;
  readonly sent: Wire[] = [];
  /** The number of messages in each write. */
  readonly writes: number[] = [];
  #corked: Wire[] | undefined;

  /** How many times its buffer was inspected. */
  looks = 0;

  getBufferedAmount(): number {
    this.looks += 1;
    return this.unsent;
  }

  send(wire: Wire): number {
    this.sent.push(wire);
    if (this.#corked) {
      this.#corked.push(wire);
      return 1;
    }
    this.writes.push(1);
    this.unsent += wire.length;
    return 0;
  }

  cork(send: () => void): void {
    this.#corked = [];
    send();
    this.writes.push(this.#corked.length);
    for (const wire of this.#corked) this.unsent += wire.length;
    this.#corked = undefined;
  }

  readonly topics = new Set<string>();

  getTopics(): string[] {
    return [...this.topics];
  }

  subscribe(topic: string): void {
    this.topics.add(topic);
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }

  isSubscribed(topic: string): boolean {
    return this.topics.has(topic);
  }
}

interface Kit {
  readonly peers: Peers;
  /** The peers that were reported as drained, in order. */
  readonly told: string[];
  /** The closed peers, with reasons. */
  readonly closed: string[];
  /** The reported failures. */
  readonly failures: string[];
  add(id: string): { peer: Peer; socket: FakeSocket };
}

/** @param then the reaction to a drained peer. */
function kit(then: (peers: Peers, id: string) => void = () => undefined): Kit {
  const told: string[] = [];
  const closed: string[] = [];
  const failures: string[] = [];
  const onDrained = (id: string) => {
    told.push(id);
    then(peers, id);
  };
  const peers = new Peers(limits, onDrained, (what, error) => failures.push(`${what}: ${(error as Error).message}`));
  const add = (id: string) => {
    const socket = new FakeSocket();
    const peer = {
      session: {
        id,
        end(why: string) {
          closed.push(`${id}: ${why}`);
          peers.remove(peer);
        },
      },
      socket,
      topics: [],
      isAwaited: false,
      isAnnounced: false,
    } as unknown as Peer;
    peers.add(peer);
    return { peer, socket };
  };
  return { peers, told, closed, failures, add };
}

test('a slow reader whose session takes a while to end it is told of once, and subscribed to nothing until then', () => {
  const { peers, add } = kit();
  const { peer, socket } = add('a');
  const ends: string[] = [];
  Object.assign(peer, { session: { id: 'a', end: (why: string) => ends.push(why) } });
  peers.subscribe('a', 'json:lobby', true);
  assert.deepEqual(socket.getTopics(), ['json:lobby', '~json:lobby']);
  socket.unsent = limits.buffer;
  peers.send('a', '1');
  peers.send('a', '2');
  peers.subscribe('a', 'json:other', true);
  peers.drained(peer);
  assert.deepEqual([ends, socket.getTopics()], [['slow_reader'], []]);
  // The goodbye.
  peers.send('a', '3');
  assert.deepEqual(socket.sent, ['1', '2', '3']);
});

describe('the buffers that are looked at', () => {
  test('are those of the subscribers of what was published to', () => {
    const { peers, add } = kit();
    const [a, b, elsewhere] = ['a', 'b', 'c'].map((id) => add(id).socket);
    for (const id of ['a', 'b']) peers.subscribe(id, 'json:one', true);
    peers.subscribe('c', 'json:two', true);
    const looks = () => [a, b, elsewhere].map((socket) => socket?.looks);
    peers.beforeEphemeral('json:one', 10);
    peers.beforePublish('json:one', 10);
    assert.deepEqual(looks(), [0, 0, 0]);
    peers.inspect();
    peers.inspect();
    assert.deepEqual(looks(), [1, 1, 0]);
    // This many bytes could fill a buffer.
    peers.beforeEphemeral('json:one', limits.signalBuffer);
    peers.beforeEphemeral('json:one', limits.signalBuffer);
    assert.deepEqual(looks(), [2, 2, 0]);
    peers.beforePublish('json:two', limits.buffer);
    assert.deepEqual(looks(), [3, 3, 0]);
    peers.inspect();
    assert.deepEqual(looks(), [3, 3, 1]);
  });

  test('are those of all after what goes to all, whose subscribers are known when they are asked for', () => {
    const { peers, add } = kit();
    const [a, b] = ['a', 'b'].map((id) => add(id).socket);
    peers.subscribe('a', '*json', false);
    assert.deepEqual(peers.subscribers('*json'), ['a']);
    peers.beforePublish('*json', 1);
    peers.inspect();
    peers.inspect();
    assert.deepEqual([a?.looks, b?.looks], [1, 1]);
    peers.unsubscribe('a', '*json');
    assert.deepEqual(peers.subscribers('*json'), []);
  });

  test('are each looked at once, where several topics have the same subscribers', () => {
    const { peers, add } = kit();
    const { socket } = add('a');
    const topics = Array.from({ length: 10 }, (_, n) => `json:${n}`);
    for (const topic of topics) peers.subscribe('a', topic, true);
    for (const topic of topics) peers.beforePublish(topic, 1);
    peers.inspect();
    assert.equal(socket.looks, 1);
  });

  test('are not those of one that has unsubscribed or is gone', () => {
    const { peers, add } = kit();
    const [{ socket }, { peer, socket: other }] = [add('a'), add('b')];
    for (let n = 0; n < 5; n += 1) add(`c${n}`);
    for (const id of ['a', 'b']) peers.subscribe(id, 'json:one', true);
    peers.beforePublish('json:one', 1);
    peers.unsubscribe('a', 'json:one');
    peers.remove(peer);
    peers.inspect();
    assert.deepEqual([socket.looks, other.looks], [0, 0]);
  });

  test('are looked at before more is published than fits, over however many topics it comes', () => {
    const { peers, closed, add } = kit();
    const { socket } = add('a');
    for (let n = 0; n < 100; n += 1) add(`other-${n}`);
    for (let n = 0; n < 20; n += 1) peers.subscribe('a', `json:${n}`, true);
    let most = 0;
    for (let n = 0; n < 20 && closed.length === 0; n += 1) {
      peers.beforePublish(`json:${n}`, limits.buffer / 4);
      socket.unsent += limits.buffer / 4;
      most = socket.unsent;
    }
    assert.deepEqual(closed, ['a: slow_reader']);
    assert.ok(most <= 2 * limits.buffer, `${most}`);
    assert.deepEqual(socket.getTopics(), []);
  });
});

describe('several wires that are sent at once', () => {
  test('go out in order, as few writes, after what waited for the end of the turn', async () => {
    const { peers, add } = kit();
    const { socket } = add('a');
    peers.sendSoon('a', 'ack');
    peers.sendAll('a', ['1', '2', '3', '4']);
    peers.send('a', '5');
    await turn();
    assert.deepEqual(socket.sent, ['ack', '1', '2', '3', '4', '5']);
    assert.deepEqual(socket.writes, [1, 4, 1]);
  });

  test('may be one, or none', () => {
    const { peers, add } = kit();
    const { socket } = add('a');
    peers.sendAll('a', []);
    peers.sendAll('a', ['1']);
    assert.deepEqual([socket.sent, socket.writes], [['1'], [1]]);
  });

  test('are nothing to one that is gone', () => {
    const { peers, add } = kit();
    const { peer, socket } = add('a');
    peers.remove(peer);
    peers.sendAll('a', ['1', '2']);
    assert.deepEqual(socket.sent, []);
  });

  test('close a slow reader, though no single one tells that it was not taken', () => {
    const { peers, closed, add } = kit();
    const { socket } = add('a');
    socket.unsent = limits.buffer - 10;
    peers.sendAll('a', ['1', 'x'.repeat(9)]);
    assert.deepEqual(closed, []);
    peers.sendAll('a', ['1', '2']);
    assert.deepEqual(closed, ['a: slow_reader']);
  });

  test('are not sent to one that is closed because of what waited for the end of the turn', () => {
    for (const send of ['send', 'sendAll'] as const) {
      const { peers, closed, add } = kit();
      const { socket } = add('a');
      peers.sendSoon('a', 'x'.repeat(limits.buffer + 1));
      if (send === 'send') peers.send('a', '1');
      else peers.sendAll('a', ['1', '2']);
      assert.deepEqual([closed, socket.sent.length], [['a: slow_reader'], 1]);
    }
  });
});

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
      // The socket may also report more than once in a turn that it has sent something.
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
    // They leave, and no longer wait.
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
    peers.sendAll('a', ['x', 'x'.repeat(little)]);
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
    // Writes in the meantime make the socket report it again and again.
    for (let left = 5; left > 0; left -= 1) peers.drained(peer);
    for (let left = 5; left > 0; left -= 1) await turn();
    assert.equal(told.filter((id) => id === 'a').length, 1);
    assert.equal(socket.sent.length, 1);
  });
});

test('a socket that fails keeps nobody else from what is sent at the end of the turn', async () => {
  const { peers, failures, add } = kit();
  const [ada, bob] = [add('ada'), add('bob')];
  ada.socket.send = () => assert.fail('a defect');
  for (const id of ['ada', 'bob']) peers.sendSoon(id, 'ack');
  await turn();
  assert.deepEqual(bob.socket.sent, ['ack']);
  assert.deepEqual(failures, ['what waits for the end of the turn cannot be sent: a defect']);
});

test('nor from being looked at', () => {
  const { peers, closed, failures, add } = kit();
  const [ada, bob] = [add('ada'), add('bob')];
  ada.socket.getBufferedAmount = () => assert.fail('a defect');
  bob.socket.unsent = limits.buffer + 1;
  for (const id of ['ada', 'bob']) peers.subscribe(id, 'json:lobby', true);
  peers.beforePublish('json:lobby', 1);
  peers.inspect();
  assert.deepEqual(closed, ['bob: slow_reader']);
  assert.deepEqual(failures, ['the buffer of a connection cannot be measured: a defect']);
});

test('nor from being told of that they have caught up', async () => {
  const { peers, told, failures, add } = kit((_, id) => assert.notEqual(id, 'ada', 'a defect'));
  for (const id of ['ada', 'bob']) {
    add(id);
    peers.whenDrained(id);
  }
  await turn();
  assert.deepEqual(told, ['ada', 'bob']);
  assert.deepEqual(failures, ['a connection that has caught up cannot go on: a defect']);
});
