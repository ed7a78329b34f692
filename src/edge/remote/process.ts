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
 * @param end ends the process: at the server's wish, or when it is gone.
 * @returns a function that reports a fatal defect to the server.
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
    // One chunk per turn of the loop: it may be for thousands of sockets, which must not wait for the next chunk.
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

/** An error without properties that cannot be serialized. */
function plain(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const { name, message, stack } = error;
  return Object.assign(new Error(message), { name, stack });
}

/**
 * Blocks until everything is written. There is no other way to make an edge read less: uWebSockets.js cannot stop
 * reading from a WebSocket, and incoming data would fill the memory while the server is busy.
 */
function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
}

/** The calls from the server: most are methods of the edge. */
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

/** The handlers of the server, called over the pipes. */
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

/** Stands for a session of the server. */
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
