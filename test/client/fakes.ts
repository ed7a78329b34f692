/** A client with a clock, random numbers and a server that the test controls. */
import assert from 'node:assert/strict';
import type { ConnectOptions, Room } from '../../src/client/api.ts';
import type { Environment } from '../../src/client/environment.ts';
import { HubClient } from '../../src/client/hub.ts';
import type { WebSocketLike } from '../../src/client/socket.ts';
import type {
  ClientFrame,
  ServerFrame,
  ServerJoined,
  ServerMessage,
  ServerWelcome,
} from '../../src/protocol/generated/frames.ts';

type Sent<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }> & { id: string };

/** Settles when all promises so far have got as far as they can. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

export class FakeClock {
  now = 0;
  readonly #timers = new Map<object, { readonly at: number; readonly then: () => void }>();

  after(delay: number, then: () => void): () => void {
    const key = {};
    this.#timers.set(key, { at: this.now + delay, then });
    return () => this.#timers.delete(key);
  }

  get timers(): number {
    return this.#timers.size;
  }

  async pass(time: number): Promise<void> {
    const end = this.now + time;
    await settled();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const [key, { at, then }] = next;
      this.#timers.delete(key);
      this.now = at;
      then();
      await settled();
    }
    this.now = end;
  }

  #next(end: number) {
    const due = [...this.#timers].filter(([, { at }]) => at <= end);
    return due.sort(([, a], [, b]) => a.at - b.at)[0];
  }
}

/** The client's end of a connection; the test plays the server. */
export class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  readonly bufferedAmount = 0;
  readonly url: URL;
  readonly protocols: string | string[] | undefined;
  /** Frames from the client that the test has not taken yet. */
  readonly sent: ClientFrame[] = [];
  readonly sentBytes: Uint8Array[] = [];
  /** The code with which the client closed it. */
  closedWith: number | undefined;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;

  constructor(url: string, protocols?: string | string[]) {
    this.url = new URL(url);
    this.protocols = protocols;
  }

  send(data: string | Uint8Array): void {
    if (typeof data === 'string') this.sent.push(JSON.parse(data));
    else this.sentBytes.push(data);
  }

  close(code = 1005): void {
    this.closedWith ??= code;
  }

  /** Takes the only frame that the client has sent, of this type. */
  take<Type extends ClientFrame['type']>(type: Type): Sent<Type> {
    const [frame, ...more] = this.sent.splice(0);
    assert.equal(frame?.type, type);
    assert.deepEqual(more, []);
    return frame as Sent<Type>;
  }

  /** Takes all frames that it has sent, which must be of this type. */
  takeAll<Type extends ClientFrame['type']>(type: Type): Sent<Type>[] {
    const frames = this.sent.splice(0);
    assert.ok(frames.every((frame) => frame.type === type));
    return frames as Sent<Type>[];
  }

  says(...frames: ServerFrame[]): void {
    for (const frame of frames) this.saysRaw(JSON.stringify(frame));
  }

  saysRaw(data: unknown): void {
    this.onmessage?.({ data } as never);
  }

  ends(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason } as never);
  }
}

export interface Bench {
  readonly hub: HubClient;
  readonly clock: FakeClock;
  /** All connections so far. */
  readonly sockets: FakeSocket[];
  /** The latest one. */
  readonly socket: FakeSocket;
  /** The next random number: the jitter. */
  random: number;
  /** The listeners for that. */
  readonly wakers: ReadonlySet<() => void>;
  /** The machine wakes up, or its network changes: connections may be dead. */
  wake(): void;
  /** Events of the hub, in order. */
  readonly events: [string, unknown][];
  /** The next connection is welcomed. */
  online(welcome?: Partial<Extract<ServerFrame, { type: 'welcome' }>>): Promise<FakeSocket>;
  /** Joins a room, at this number. */
  joined(name?: string, answer?: Partial<ServerJoined>): Promise<Room>;
}

export const ada = { id: 'u-ada', name: 'ada' };

export function bench(options: ConnectOptions = {}): Bench {
  const clock = new FakeClock();
  const sockets: FakeSocket[] = [];
  const events: [string, unknown][] = [];
  const wakers = new Set<() => void>();
  const state = { random: 0.5 };
  class Socket extends FakeSocket {
    constructor(url: string, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const environment: Environment = {
    now: () => clock.now,
    random: () => state.random,
    after: (delay, then) => clock.after(delay, then),
    newPrefix: () => 'x',
    onWaking(check) {
      wakers.add(check);
      return () => wakers.delete(check);
    },
    WebSocket: () => Socket,
  };
  const hub = new HubClient(new URL('ws://chat.example/'), options, environment);
  for (const event of ['state', 'user', 'refused', 'direct', 'broadcast', 'signal', 'error'] as const) {
    hub.on(event, (value) => events.push([event, value]));
  }
  const latest = () => {
    const socket = sockets.at(-1);
    assert.ok(socket, 'the client has connected');
    return socket;
  };
  return {
    hub,
    clock,
    sockets,
    events,
    wakers,
    get socket() {
      return latest();
    },
    get random() {
      return state.random;
    },
    set random(value) {
      state.random = value;
    },
    wake() {
      for (const check of wakers) check();
    },
    async online(more = {}) {
      await settled();
      const socket = latest();
      const welcome: ServerWelcome = {
        type: 'welcome',
        connection: 'c1',
        user: ada,
        server: { name: 'hubbub', version: '1' },
        protocol: 1,
        limits: { frame: 65536, rooms: 100 },
        rooms: [],
        heartbeat: 60_000,
        ticket: `ticket-${sockets.length}`,
        ...more,
      };
      socket.says(welcome);
      // It shows its credential, if it has one.
      if (socket.sent[0]?.type === 'hello') socket.says({ ...welcome, id: socket.take('hello').id });
      await settled();
      return socket;
    },
    async joined(name = 'general', answer = {}) {
      const room = hub.join(name);
      await settled();
      const { id } = latest().take('join');
      latest().says(joined(0, { room: name, id, ...answer }));
      return room;
    },
  };
}

export function joined(seq: number, more: Partial<ServerJoined> = {}): ServerJoined {
  return { type: 'joined', room: 'general', epoch: 'e1', seq, count: 1, ...more };
}

export function message(seq: number, more: Partial<ServerMessage> = {}): ServerMessage {
  return {
    type: 'message',
    room: 'general',
    seq,
    from: { id: 'u-bob', name: 'bob' },
    at: 1000 + seq,
    body: seq,
    ...more,
  };
}

export function ack(id: string, seq: number, epoch = 'e1'): ServerFrame {
  return { type: 'ack', id, room: 'general', epoch, seq, at: 1000 + seq };
}

/** Collects the bodies of a room's messages, with gaps between them, from now on. */
export function hear(room: Room): unknown[] {
  const heard: unknown[] = [];
  room.on('message', ({ body }) => heard.push(body));
  room.on('gap', ({ room: _, ...gap }) => heard.push(gap));
  return heard;
}
