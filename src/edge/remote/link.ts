/** An edge process from the server's side: its connections, and the pipes to it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import type { ConnectionId } from '../../hub/user.ts';
import { guarded } from '../../observe/guard.ts';
import { type Rejection, retryAfter } from '../admission.ts';
import type { EdgeHandlers, EdgeSession, PlainReply, Visitor } from '../handlers.ts';
import { BatchReader, BatchWriter, type Call } from './batch.ts';
import { type Answers, descriptors, type EdgeCalls, type ServerCalls } from './calls.ts';

/** How an edge process is started. */
export interface Program {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A connection whose socket is in an edge process. */
export interface RemoteConnection {
  readonly link: Link;
  /** Its name in the edge process. */
  readonly name: ConnectionId;
  readonly session: EdgeSession;
  readonly address: string;
  readonly topics: Set<string>;
}

/** The callbacks for the connections of an edge process. */
export interface LinkEvents {
  readonly opened: (connection: RemoteConnection) => void;
  readonly closed: (connection: RemoteConnection) => void;
  /** It fell behind, or caught up. */
  readonly pace: () => void;
}

/** RFC 6455, section 7.4.1: the code of a connection that ended without a close frame. */
const abnormalClosure = 1006;

export interface LinkLimits {
  /** With more unsent bytes than this an edge process is behind. */
  readonly behind: number;
  /** With more unsent bytes than this it is given up. */
  readonly lost: number;
  /** If it is behind and takes nothing for this time, in milliseconds, it is given up as well. */
  readonly patience: number;
}

/** The answers to clients in case of a defect. */
const failedToAdmit: Rejection = {
  status: '503 Service Unavailable',
  header: retryAfter,
  message: 'the server failed on this request',
};
const failedToReply: PlainReply = {
  status: '500 Internal Server Error',
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: Buffer.from('the server failed on this request\n'),
};

const usual: LinkLimits = { behind: 1024 * 1024, lost: 256 * 1024 * 1024, patience: 30_000 };

export class Link {
  /** Whether it listens. */
  readonly listening: Promise<boolean>;
  /** Why it has ended. All of its connections are closed by then. */
  readonly ended: Promise<string>;
  readonly #handlers: EdgeHandlers;
  readonly #events: LinkEvents;
  readonly #process: ChildProcess;
  readonly #up: Readable;
  readonly #down: Writable;
  readonly #calls: BatchWriter<EdgeCalls>;
  readonly #answers: BatchWriter<Answers>;
  readonly #connections = new Map<ConnectionId, RemoteConnection>();
  /** How many of the connections are subscribed to a topic. */
  readonly #topics = new Map<string, number>();
  readonly #limits: LinkLimits;
  /** Set while it is behind: kills its process if it takes nothing. */
  #timer: NodeJS.Timeout | undefined;
  #givenUp: string | undefined;

  constructor(
    { command: [command, ...args], env }: Program,
    handlers: EdgeHandlers,
    events: LinkEvents,
    limits: LinkLimits = usual,
  ) {
    this.#limits = limits;
    this.#handlers = handlers;
    this.#events = events;
    this.#process = spawn(command, args, {
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe', 'pipe'],
    });
    // Without a free descriptor Node makes no pipes, and emits `error` in the next turn.
    const pipeOf = (descriptor: number) =>
      (this.#process.stdio as ChildProcess['stdio'] | undefined)?.[descriptor] ?? new PassThrough();
    this.#up = pipeOf(descriptors.up) as Readable;
    this.#down = pipeOf(descriptors.down) as Writable;
    const answers = pipeOf(descriptors.answers) as Writable;
    const { failed } = handlers;
    this.#calls = new BatchWriter((batch) => this.#send(batch), failed);
    this.#answers = new BatchWriter((batch) => answers.write(batch), failed);
    this.listening = new Promise((resolve) => {
      const reader = new BatchReader<ServerCalls>(this.#serverCalls(resolve), failed);
      this.#up.on('data', (chunk: Buffer) => {
        try {
          reader.take(chunk);
        } catch (error) {
          failed('the output of an edge process cannot be read', error);
          this.kill('its output could not be read');
        }
      });
    });
    this.#down.on('drain', guarded('the pace of edge processes cannot be set', failed, events.pace));
    // The process is gone, and `ended` has the reason.
    for (const pipe of [this.#up, this.#down, answers]) pipe.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      this.#process.on('error', (error) => resolve(error.message));
      // Later than `exit`: everything from it has been read by then.
      this.#process.once('close', (code, signal) => {
        this.#stopWatching();
        this.#closeAll();
        const how = signal ? `it was ended by ${signal}` : `it ended with the exit code ${code}`;
        resolve(this.#givenUp ?? how);
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  call(...call: Call<EdgeCalls>): void {
    this.#calls.call(...call);
  }

  subscriberCount(topic: string): number {
    return this.#topics.get(topic) ?? 0;
  }

  hasSubscribers(topic: string): boolean {
    return this.#topics.has(topic);
  }

  subscribe({ name, topics }: RemoteConnection, topic: string, ephemeral: boolean): void {
    if (!topics.has(topic)) this.#topics.set(topic, (this.#topics.get(topic) ?? 0) + 1);
    topics.add(topic);
    this.call('subscribe', name, topic, ephemeral);
  }

  unsubscribe(connection: RemoteConnection, topic: string): void {
    this.#forget(connection, topic);
    this.call('unsubscribe', connection.name, topic);
  }

  /** Whether it takes data more slowly than it is sent. */
  get isBehind(): boolean {
    return this.#down.writableLength > this.#limits.behind;
  }

  /** Starts or stops reading from it. While it is not read, it soon reads nothing from its sockets. */
  listen(isWanted: boolean): void {
    const isOver = this.#process.exitCode !== null || this.#process.signalCode !== null;
    if (isWanted || isOver) this.#up.resume();
    else this.#up.pause();
  }

  /** Ends the process at once. */
  kill(reason: string): void {
    this.#givenUp ??= reason;
    this.#process.kill('SIGKILL');
  }

  #send(batch: Uint8Array): void {
    if (!this.#down.writable) return;
    if (this.#down.write(batch, () => this.#watch())) return;
    const { lost, patience } = this.#limits;
    if (this.#down.writableLength > lost) this.kill(`it let more than ${lost} bytes wait`);
    if (!this.isBehind) return;
    this.#timer ??= setTimeout(() => this.kill(`it took nothing for ${patience} ms`), patience).unref();
    this.#events.pace();
  }

  /** It has taken some data. */
  #watch(): void {
    if (this.isBehind) this.#timer?.refresh();
    else this.#stopWatching();
  }

  #stopWatching(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Handles its calls. They may still concern a connection that it was told to close. */
  #serverCalls(listening: ServerCalls['listening']): ServerCalls {
    const session = (name: ConnectionId) => this.#connections.get(name)?.session;
    return {
      listening,
      admit: (name, visitor) => this.#admit(name, visitor),
      receive: (name, data, isBinary) => session(name)?.receive(data, isBinary),
      receiveControl: (name, bytes) => session(name)?.receiveControl(bytes),
      failed: this.#handlers.failed,
      tooSlow: (name) => session(name)?.end('slow_reader'),
      closed: (name, code, reason) => {
        const connection = this.#connections.get(name);
        if (connection) this.#closed(connection, code, reason);
      },
      refused: (refusal) => this.#handlers.refused(refusal),
      unheard: (address, duration) => this.#handlers.unheard(address, duration),
      full: this.#handlers.full,
      drained: (name) => {
        const id = session(name)?.id;
        if (id !== undefined) this.#handlers.drained(id);
      },
      http: (request) => this.#answer(this.#ask(() => this.#handlers.http(request), failedToReply)),
    };
  }

  /** The edge process waits for the answer, so there must be one. */
  #ask<Answer>(ask: () => Answer, otherwise: Answer): Answer {
    try {
      return ask();
    } catch (error) {
      this.#handlers.failed('an edge process cannot be answered', error);
      return otherwise;
    }
  }

  #answer<Answer extends Parameters<Answers['answer']>[0]>(answer: Answer): Answer {
    this.#answers.call('answer', answer);
    this.#answers.flush();
    return answer;
  }

  #admit(name: ConnectionId, visitor: Visitor): Rejection | undefined {
    const admitted = this.#ask<EdgeSession | Rejection>(() => this.#handlers.admit(visitor), failedToAdmit);
    if ('status' in admitted) return this.#answer(admitted);
    this.#answer(undefined);
    const { address, handshake } = visitor;
    const connection = { link: this, name, session: admitted, address, topics: new Set<string>() };
    this.#connections.set(name, connection);
    this.#events.opened(connection);
    admitted.open(handshake);
    return undefined;
  }

  #closed(connection: RemoteConnection, code: number, reason: string): void {
    const { name, session, address, topics } = connection;
    this.#connections.delete(name);
    for (const topic of topics) this.#forget(connection, topic);
    this.#events.closed(connection);
    this.#handlers.closed({ connection: session.id, address, code, reason });
  }

  #forget({ topics }: RemoteConnection, topic: string): void {
    if (!topics.delete(topic)) return;
    const left = (this.#topics.get(topic) ?? 0) - 1;
    if (left > 0) this.#topics.set(topic, left);
    else this.#topics.delete(topic);
  }

  #closeAll(): void {
    const close = guarded(
      'a connection of an edge process that has ended cannot be closed',
      this.#handlers.failed,
      (connection: RemoteConnection) => this.#closed(connection, abnormalClosure, ''),
    );
    for (const connection of this.#connections.values()) close(connection);
  }
}
