/**
 * A bad network between clients and a server: TCP connections that break in all the ways they can, as a seed decides.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from './random.ts';

/** The possible fates of a connection. */
const fates = [
  [6, 'cut'],
  [1, 'silent'],
  [1, 'deaf'],
  [1, 'mute'],
] as const;

/** `cut`: closed. `silent`: open, but nothing comes through; `mute`: not from the client; `deaf`: not to it. */
export type Fate = (typeof fates)[number][1];

export interface FaultOptions {
  readonly random: Random;
  /** The present port of the server. */
  readonly target: () => number;
  /** After how many bytes, on average, a connection meets its fate; undefined for never. */
  readonly every?: number;
}

export class FaultProxy implements AsyncDisposable {
  /** How many times each has happened. */
  readonly faults: Record<Fate, number> = { cut: 0, silent: 0, deaf: 0, mute: 0 };
  readonly #options: FaultOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: FaultOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (client) => this.#carry(client));
  }

  static async start(options: FaultOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** `ws://127.0.0.1:<port>` */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts all present connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, 'close');
  }

  #carry(client: Socket): void {
    const { random, target, every } = this.#options;
    const server = connect({ port: target(), host: '127.0.0.1', noDelay: true });
    const fate = random.weighted(fates);
    /** How many bytes until then, both ways together. */
    let left = every === undefined ? Number.POSITIVE_INFINITY : random.below(2 * every);
    const spend = (amount: number) => {
      if (left <= 0) return;
      left -= amount;
      if (left > 0) return;
      this.faults[fate] += 1;
      if (fate === 'cut') client.destroy();
    };
    const isFaulty = every !== undefined;
    const up = isFaulty ? this.#way(random) : undefined;
    const down = isFaulty ? this.#way(random) : undefined;
    const end = () => {
      client.destroy();
      server.destroy();
      this.#sockets.delete(client);
      this.#sockets.delete(server);
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('close', end).on('error', end);
    }
    const pass = (to: Socket, isLost: () => boolean, way: Way | undefined) => (data: Buffer) => {
      spend(data.length);
      if (isLost()) return;
      if (way) way(data, to);
      else to.write(data);
    };
    client.on(
      'data',
      pass(server, () => left <= 0 && fate !== 'deaf', up),
    );
    server.on(
      'data',
      pass(client, () => left <= 0 && fate !== 'mute', down),
    );
  }

  /** Whole and at once, in pieces, or late; always in order. */
  #way(random: Random): Way {
    const kind = random.below(3);
    if (kind === 0) return (data, to) => to.write(data);
    if (kind === 1) {
      return (data, to) => {
        for (let at = 0; at < data.length; ) {
          const end = at + 1 + random.below(random.chance(0.2) ? 4 : 4000);
          to.write(data.subarray(at, end));
          at = end;
        }
      };
    }
    let before = Promise.resolve();
    return (data, to) => {
      const delay = random.below(4);
      before = before.then(() => wait(delay)).then(() => void (to.destroyed || to.write(data)));
    };
  }
}

type Way = (data: Buffer, to: Socket) => void;
