/** What the hub may rely on, whatever carries the connections: src/hub/edge-port.ts and src/edge/handlers.ts, on real sockets. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import WebSocket from 'ws';
import type { Edge, EdgeOptions } from '../../src/edge/edge.ts';
import type { Closing, EdgeHandlers, EdgeSession } from '../../src/edge/handlers.ts';
import { PortableEdge } from '../../src/edge/portable/edge.ts';
import { UwsEdge } from '../../src/edge/uws/edge.ts';
import { loadNative } from '../../src/edge/uws/native.ts';
import { Inbox } from '../kit/inbox.ts';
import { onlyNative, until } from '../kit/server.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

const options: EdgeOptions = {
  limits: { buffer: 64 * MiB, signalBuffer: 64 * KiB },
  sockets: { open: 100, webSockets: 90 },
  maxFrame: 64 * KiB,
  idleTimeout: 60_000,
  trustProxy: 0,
  proxyProtocol: false,
  basePath: '/',
  http: { rate: undefined, oneRequest: false },
  tls: undefined,
};

const kinds: Record<string, (options: EdgeOptions, handlers: EdgeHandlers) => Promise<Edge>> = {
  uws: async (...args) => new UwsEdge(await loadNative(), ...args),
  portable: async (...args) => new PortableEdge(...args, 16 * KiB),
};

type Sent = string | Buffer;

/** A client that shows what came to it. */
class Client {
  readonly socket: WebSocket;
  readonly inbox = new Inbox<Sent>();
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.on('message', (data: Buffer, isBinary) => this.inbox.push(isBinary ? data : data.toString()));
    this.closed = new Promise((resolve) =>
      this.socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() })),
    );
  }

  /** All that came up to and with `last`. */
  async upTo(last: string): Promise<Sent[]> {
    const all: Sent[] = [];
    for (let next: Sent | undefined; next !== last; ) {
      next = await this.inbox.take(() => true, last);
      all.push(next);
    }
    return all;
  }
}

/** An edge whose sessions do as the test says. */
class Kit implements AsyncDisposable {
  readonly edge: Edge;
  readonly port: number;
  readonly received: [id: string, text: string, isBinary: boolean][] = [];
  readonly ended: [id: string, why: string][] = [];
  readonly closed: Omit<Closing, 'address'>[] = [];
  readonly drained: string[] = [];
  readonly failures: string[] = [];
  onReceive: (id: string, text: string) => void = () => undefined;

  private constructor(edge: Edge, port: number) {
    this.edge = edge;
    this.port = port;
  }

  static async start(kind: string, limits = options.limits): Promise<Kit> {
    let visitors = 0;
    const session = (id: string): EdgeSession => ({
      id,
      open: () => edge.send(id, 'open'),
      receive: (data, isBinary) => {
        const text = Buffer.from(data).toString();
        kit.received.push([id, text, isBinary]);
        kit.onReceive(id, text);
      },
      receiveControl: () => undefined,
      end: (why) => kit.ended.push([id, why]),
    });
    const handlers: EdgeHandlers = {
      admit: () => {
        visitors += 1;
        return session(`${visitors}`);
      },
      closed: ({ connection, code, reason }) => kit.closed.push({ connection, code, reason }),
      refused: () => undefined,
      unheard: () => undefined,
      full: () => undefined,
      http: ({ path }) => ({ status: '200 OK', headers: { 'x-path': path }, body: Buffer.from('here') }),
      drained: (id) => kit.drained.push(id),
      failed: (_what, error) => kit.failures.push((error as Error).message),
    };
    const edge = await (kinds[kind] ?? assert.fail())({ ...options, limits }, handlers);
    const kit = new Kit(edge, (await edge.listen('127.0.0.1', 0)) ?? assert.fail());
    return kit;
  }

  /** The connections are named 1, 2, 3. */
  async enter(): Promise<Client> {
    const client = new Client(`ws://127.0.0.1:${this.port}/`);
    await client.upTo('open');
    return client;
  }

  /** Sends until the client, which does not read, has fallen behind. */
  fill(id: string): void {
    const piece = 'x'.repeat(MiB);
    for (let sent = 0; sent < 16; sent += 1) this.edge.send(id, piece);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.edge.close();
  }
}

for (const kind of Object.keys(kinds)) {
  describe(`the ${kind} edge`, kind === 'uws' ? onlyNative : {}, () => {
    test('delivers in the order of the calls; what may come soon is not overtaken by what is sent later', async () => {
      await using kit = await Kit.start(kind);
      const { edge } = kit;
      const client = await kit.enter();
      edge.subscribe('1', 'topic', false);
      edge.publish('topic', 'a');
      edge.send('1', 'b');
      edge.sendAll('1', ['c', 'd']);
      edge.publish('topic', 'e');
      edge.publish('topic', 'f');
      edge.sendSoon('1', 'soon');
      edge.publish('topic', 'g');
      edge.sendEach(['1'], 'h');
      edge.publish('topic', 'last');
      const all = await client.upTo('last');
      assert.equal(all.filter((one) => one !== 'soon').join(''), 'abcdefghlast');
      const [soon, later] = [all.indexOf('soon'), all.indexOf('h')];
      assert.ok(0 <= soon && soon < later, `${soon} and ${later}`);
    });

    test('delivers texts and bytes of any length as they are', async () => {
      await using kit = await Kit.start(kind);
      const client = await kit.enter();
      kit.edge.subscribe('1', 'topic', false);
      const wires = [0, 1, 125, 126, 65_535, 65_536, 200_000].flatMap((length) => [
        'é'.repeat(length),
        Buffer.alloc(length, 7),
      ]);
      for (const wire of wires) {
        kit.edge.publish('topic', wire);
        kit.edge.send('1', wire);
      }
      kit.edge.send('1', 'last');
      assert.deepEqual(await client.upTo('last'), [...wires.flatMap((wire) => [wire, wire]), 'last']);
    });

    test('publishes to the subscribers of a topic, but for the one that is left out', async () => {
      await using kit = await Kit.start(kind);
      const { edge } = kit;
      const clients = [await kit.enter(), await kit.enter(), await kit.enter()];
      for (const id of ['1', '2']) edge.subscribe(id, 'topic', false);
      edge.subscribe('3', 'other', false);
      assert.deepEqual([edge.subscriberCount('topic'), edge.subscribers('topic')], [2, ['1', '2']]);
      edge.publish('topic', 'to both');
      edge.publish('topic', 'to the second', '1');
      edge.publish('topic', 'to both, too', '3');
      edge.publishEphemeral('topic', 'to nobody');
      edge.unsubscribe('2', 'topic');
      edge.publish('topic', 'to the first');
      edge.sendEach(['1', '2', '3'], 'last');
      assert.deepEqual(await Promise.all(clients.map((client) => client.upTo('last'))), [
        ['to both', 'to both, too', 'to the first', 'last'],
        ['to both', 'to the second', 'to both, too', 'last'],
        ['last'],
      ]);
    });

    test('ignores a connection that is gone', async () => {
      await using kit = await Kit.start(kind);
      const { edge } = kit;
      const client = await kit.enter();
      edge.subscribe('1', 'topic', true);
      client.socket.close(1000, 'bye');
      await until(() => kit.closed.length > 0, 'it is closed');
      assert.deepEqual(kit.closed, [{ connection: '1', code: 1000, reason: 'bye' }]);
      assert.deepEqual([edge.subscriberCount('topic'), edge.subscribers('topic')], [0, []]);
      edge.send('1', 'x');
      edge.sendEphemeral('1', 'x');
      edge.sendAll('1', ['x']);
      edge.sendSoon('1', 'x');
      edge.publish('topic', 'x', '1');
      edge.subscribe('1', 'topic', true);
      edge.unsubscribe('1', 'topic');
      edge.whenDrained('1');
      edge.disconnect('1', 1000, '');
      await turn();
      assert.deepEqual([edge.subscriberCount('topic'), kit.drained, kit.closed.length, kit.failures], [0, [], 1, []]);
    });

    test('spares a connection that has fallen behind what is ephemeral, and tells once when it has caught up', async () => {
      await using kit = await Kit.start(kind);
      const { edge } = kit;
      const client = await kit.enter();
      edge.subscribe('1', 'topic', true);
      edge.publishEphemeral('topic', 'before');
      client.socket.pause();
      kit.fill('1');
      edge.sendEphemeral('1', 'spared');
      edge.publishEphemeral('topic', 'spared');
      edge.publish('topic', 'not spared');
      edge.whenDrained('1');
      await turn();
      assert.deepEqual(kit.drained, []);
      client.socket.resume();
      await until(() => kit.drained.length > 0, 'it has caught up');
      edge.publishEphemeral('topic', 'after');
      edge.sendEphemeral('1', 'last');
      const all = (await client.upTo('last')).filter(({ length }) => length < MiB);
      assert.deepEqual(all, ['before', 'not spared', 'after', 'last']);
      assert.deepEqual(kit.drained, ['1']);
      edge.whenDrained('1');
      assert.deepEqual(kit.drained, ['1'], 'it is told in a later turn');
      await until(() => kit.drained.length > 1, 'it is told again');
    });

    test('asks the session of one that reads too slowly to end it; all that was sent before comes before the close', async () => {
      await using kit = await Kit.start(kind, { buffer: 4 * MiB, signalBuffer: 64 * KiB });
      const { edge } = kit;
      const [client, other] = [await kit.enter(), await kit.enter()];
      for (const id of ['1', '2']) edge.subscribe(id, 'topic', false);
      client.socket.pause();
      const piece = 'x'.repeat(MiB);
      let published = 0;
      for (; kit.ended.length === 0; published += 1) {
        assert.ok(published < 64);
        edge.publish('topic', piece);
        await other.inbox.take(() => true, 'a piece');
      }
      edge.publish('topic', 'too late');
      edge.send('1', 'goodbye');
      edge.disconnect('1', 4008, 'too slow');
      assert.deepEqual(kit.ended, [['1', 'slow_reader']]);
      assert.equal(edge.subscriberCount('topic'), 1);
      client.socket.resume();
      assert.deepEqual(await client.closed, { code: 4008, reason: 'too slow' });
      const all = client.inbox.drain();
      assert.equal(all.pop(), 'goodbye');
      assert.ok(all.length > 0 && all.length <= published && all.every((one) => one === piece));
      assert.deepEqual(kit.closed, [{ connection: '1', code: 4008, reason: 'too slow' }]);
    });

    test('takes nothing more from a connection that it was told to close', async () => {
      await using kit = await Kit.start(kind);
      const client = await kit.enter();
      kit.onReceive = (id) => kit.edge.disconnect(id, 4000, 'enough');
      for (const text of ['one', 'two', 'three']) client.socket.send(text);
      assert.deepEqual(await client.closed, { code: 4000, reason: 'enough' });
      assert.deepEqual(kit.received, [['1', 'one', false]]);
    });

    test('closes a connection whose session fails, and no other', async () => {
      await using kit = await Kit.start(kind);
      const [client, other] = [await kit.enter(), await kit.enter()];
      kit.onReceive = (_id, text) => {
        if (text === 'fail') throw new Error('a defect');
      };
      client.socket.send('fail');
      assert.equal((await client.closed).code, 1011);
      other.socket.send(Buffer.from('go on'));
      await until(() => kit.received.length === 2, 'the other one is heard');
      assert.deepEqual(kit.received[1], ['2', 'go on', true]);
      assert.deepEqual(kit.failures, ['a defect']);
    });

    test('answers plain HTTP', async () => {
      await using kit = await Kit.start(kind);
      const answer = await fetch(`http://127.0.0.1:${kit.port}/some/page?query`);
      assert.deepEqual([answer.status, answer.headers.get('x-path'), await answer.text()], [200, '/some/page', 'here']);
    });

    test('has its port alone, and drops all connections when it closes', async () => {
      await using kit = await Kit.start(kind);
      await using other = await Kit.start(kind);
      const second = await (kinds[kind] ?? assert.fail())(options, {} as EdgeHandlers).catch(assert.fail);
      assert.equal(await second.listen('127.0.0.1', kit.port), undefined);
      await second.close();
      const client = await other.enter();
      const gone = once(client.socket, 'close');
      await other.edge.close();
      assert.deepEqual(
        other.closed.map(({ connection, code }) => [connection, code]),
        [['1', 1006]],
      );
      await gone;
      await assert.rejects(fetch(`http://127.0.0.1:${other.port}/`));
    });
  });
}
