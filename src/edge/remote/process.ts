/** An edge process: an edge whose sessions are in the server's process. */
import { readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { ConnectionId } from '../../hub/user.ts';
import type { Failed } from '../../observe/guard.ts';
import type { EdgeHandlers, EdgeSession } from '../handlers.ts';
import { UwsEdge } from '../uws/edge.ts';
import type { Native } from '../uws/native.ts';
import { BatchReader, BatchWriter, type Call } from './batch.ts';
import { type Answers, descriptors, type EdgeCalls, type Questions, type ServerCalls } from './calls.ts';

/**
 * @param end ends the process: the server wants it, or is gone.
 * @returns what tells the server of a defect that ends the process.
 */
export function runEdgeProcess(native: Native, end: () => never): Failed {
  const failed: Failed = (what, error) => server.call('failed', what, plain(error));
  const server: BatchWriter<ServerCalls> = new BatchWriter((batch) => {
    try {
      writeWhole(descriptors.up, batch);
    } catch {
      end();
    }
  }, failed);
  const crashed: Failed = (what, error) => {
    failed(what, error);
    server.flush();
  };
  const reader = new BatchReader<EdgeCalls>(edgeCalls(native, server, failed, end), failed);
  const down = new Socket({ fd: descriptors.down, readable: true, writable: false });
  down.on('data', (chunk: Buffer) => {
    // One chunk in a turn of the loop: what is in it may be for thousands, and they must not wait for what is behind it.
    down.pause();
    setImmediate(() => down.resume());
    try {
      reader.take(chunk);
    } catch (error) {
      crashed('an edge process cannot read what it is told, and ends', error);
      end();
    }
  });
  // The server was killed: `close` comes next.
  down.on('error', () => undefined);
  down.on('close', end);
  return crashed;
}

/** An error without what cannot be written to a pipe. */
function plain(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const { name, message, stack } = error;
  return Object.assign(new Error(message), { name, stack });
}

/**
 * Waits until all is written. Nothing else makes an edge read less: uWebSockets.js cannot stop reading from a WebSocket, and
 * what came in while the server is busy would fill the memory.
 */
function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
}

/** What the server calls: most of it is the edge's own. */
function edgeCalls(native: Native, server: BatchWriter<ServerCalls>, failed: Failed, end: () => never): EdgeCalls {
  const handlers = new RemoteHandlers(server, failed, end);
  let edge: UwsEdge | undefined;
  const running = (): UwsEdge => {
    if (!edge) throw new Error('the edge was not started');
    return edge;
  };
  return {
    start(options, host, port) {
      try {
        edge = new UwsEdge(native, options, handlers);
      } catch (error) {
        failed('an edge process cannot start', error);
        server.flush();
        end();
      }
      server.call('listening', edge.listenShared(host, port));
    },
    renewCertificate: (tls) => running().renewCertificate(tls),
    send: (...args) => running().send(...args),
    sendEphemeral: (...args) => running().sendEphemeral(...args),
    sendAll: (...args) => running().sendAll(...args),
    sendEach: (...args) => running().sendEach(...args),
    sendSoon: (...args) => running().sendSoon(...args),
    publish: (...args) => running().publish(...args),
    publishEphemeral: (...args) => running().publishEphemeral(...args),
    subscribe: (...args) => running().subscribe(...args),
    unsubscribe: (...args) => running().unsubscribe(...args),
    whenDrained: (...args) => running().whenDrained(...args),
    disconnect: (...args) => running().disconnect(...args),
    close() {
      void running().close();
      end();
    },
  };
}

/** The server's, called over the pipes. */
class RemoteHandlers implements EdgeHandlers {
  readonly failed: Failed;
  readonly #server: BatchWriter<ServerCalls>;
  readonly #end: () => never;
  readonly #chunk = Buffer.allocUnsafe(64 * 1024);
  readonly #answers: BatchReader<Answers>;
  #answer: { readonly value: Parameters<Answers['answer']>[0] } | undefined;
  /** How many visitors there were. */
  #visitors = 0;

  constructor(server: BatchWriter<ServerCalls>, failed: Failed, end: () => never) {
    this.#server = server;
    this.failed = failed;
    this.#end = end;
    const answer: Answers['answer'] = (value) => {
      this.#answer = { value };
    };
    this.#answers = new BatchReader({ answer }, failed);
  }

  readonly admit: EdgeHandlers['admit'] = (visitor) => {
    this.#visitors += 1;
    const connection = this.#visitors.toString(36);
    return this.#ask('admit', connection, visitor) ?? new RemoteSession(connection, this.#server);
  };

  readonly closed: EdgeHandlers['closed'] = ({ connection, code, reason }) => {
    this.#server.call('closed', connection, code, reason);
  };

  readonly http: EdgeHandlers['http'] = (request) => this.#ask('http', request);

  readonly refused: EdgeHandlers['refused'] = (refusal) => this.#server.call('refused', refusal);

  readonly unheard: EdgeHandlers['unheard'] = (address, duration) => this.#server.call('unheard', address, duration);

  readonly full: EdgeHandlers['full'] = (sockets) => this.#server.call('full', sockets);

  readonly drained: EdgeHandlers['drained'] = (connection) => this.#server.call('drained', connection);

  #ask<Name extends keyof Questions>(...question: [Name, ...Parameters<Questions[Name]>]): ReturnType<Questions[Name]> {
    this.#server.call(...(question as unknown as Call<Questions>));
    this.#server.flush();
    for (this.#answer = undefined; !this.#answer; ) this.#answers.take(this.#readAnswer());
    const { value } = this.#answer as { readonly value: unknown };
    return value as ReturnType<Questions[Name]>;
  }

  #readAnswer(): Buffer {
    const length = readSync(descriptors.answers, this.#chunk);
    return length > 0 ? Buffer.from(this.#chunk.subarray(0, length)) : this.#end();
  }
}

/** What stands for a session of the server. */
class RemoteSession implements EdgeSession {
  readonly id: ConnectionId;
  readonly #server: BatchWriter<ServerCalls>;

  constructor(id: ConnectionId, server: BatchWriter<ServerCalls>) {
    this.id = id;
    this.#server = server;
  }

  open(): void {
    // The server does that when it admits a visitor.
  }

  receive(data: ArrayBuffer, isBinary: boolean): void {
    this.#server.call('receive', this.id, data, isBinary);
  }

  receiveControl(bytes: number): void {
    this.#server.call('receiveControl', this.id, bytes);
  }

  end(): void {
    this.#server.call('tooSlow', this.id);
  }
}
