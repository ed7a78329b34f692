/** An edge process: an edge whose sessions are in the server's process. */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { ConnectionId } from '../../hub/user.ts';
import { Edge } from '../edge.ts';
import type { EdgeHandlers, EdgeSession, PlainReply } from '../handlers.ts';
import { BatchReader, BatchWriter } from './batch.ts';
import { descriptors, type EdgeCalls, type ServerCalls } from './calls.ts';

/** @param end ends the process, when the server wants it or is gone. */
export function runEdgeProcess(end: () => void): void {
  const server = new BatchWriter<ServerCalls>((batch) => {
    try {
      writeWhole(descriptors.up, batch);
    } catch {
      end();
    }
  });
  const reader = new BatchReader<EdgeCalls>(edgeCalls(server, end));
  const down = new Socket({ fd: descriptors.down, readable: true, writable: false });
  down.on('data', (chunk: Buffer) => reader.take(chunk));
  down.on('close', end);
}

/**
 * Waits until all is written. Nothing else makes an edge read less: uWebSockets.js cannot stop reading from a WebSocket, and
 * what came in while the server is busy would fill the memory.
 */
function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
}

/** What the server calls: most of it is the edge's own. */
function edgeCalls(server: BatchWriter<ServerCalls>, end: () => void): EdgeCalls {
  const handlers = new RemoteHandlers(server);
  let edge: Edge | undefined;
  const running = (): Edge => {
    if (!edge) throw new Error('the edge was not started');
    return edge;
  };
  return {
    start(options, host, port) {
      edge = new Edge(options, handlers);
      server.call('listening', edge.listen(host, port, true) !== undefined);
    },
    admitted: (connection, rejection) => handlers.admitted(connection, rejection),
    answer: (question, answer) => handlers.answer(question, answer),
    send: (...args) => running().send(...args),
    sendAll: (...args) => running().sendAll(...args),
    sendSoon: (...args) => running().sendSoon(...args),
    publish: (...args) => running().publish(...args),
    publishEphemeral: (...args) => running().publishEphemeral(...args),
    subscribe: (...args) => running().subscribe(...args),
    unsubscribe: (...args) => running().unsubscribe(...args),
    whenDrained: (...args) => running().whenDrained(...args),
    disconnect: (...args) => running().disconnect(...args),
    publishStatus: (text) => running().publishStatus(text),
    close() {
      running().close();
      end();
    },
  };
}

/** Asks the server. */
class RemoteHandlers implements EdgeHandlers {
  readonly #server: BatchWriter<ServerCalls>;
  readonly #visitors = new Map<ConnectionId, Parameters<EdgeHandlers['admit']>[1]>();
  readonly #questions = new Map<number, (answer: PlainReply | string) => void>();
  /** How many connections and questions had a name. */
  #named = 0;

  constructor(server: BatchWriter<ServerCalls>) {
    this.#server = server;
  }

  readonly admit: EdgeHandlers['admit'] = (visitor, answer) => {
    this.#named += 1;
    const connection = this.#named.toString(36);
    this.#visitors.set(connection, answer);
    this.#server.call('admit', connection, visitor);
  };

  admitted(...[connection, rejection]: Parameters<EdgeCalls['admitted']>): void {
    const answer = this.#visitors.get(connection);
    this.#visitors.delete(connection);
    answer?.(rejection ?? new RemoteSession(connection, this.#server));
  }

  readonly closed: EdgeHandlers['closed'] = ({ connection, code, reason }) => {
    this.#server.call('closed', connection, code, reason);
  };

  readonly drained: EdgeHandlers['drained'] = (connection) => this.#server.call('drained', connection);

  readonly http: EdgeHandlers['http'] = (request, answer) => this.#server.call('http', this.#ask(answer), request);

  readonly status: EdgeHandlers['status'] = (answer) => this.#server.call('status', this.#ask(answer));

  answer(question: number, answer: PlainReply | string): void {
    const take = this.#questions.get(question);
    this.#questions.delete(question);
    take?.(answer);
  }

  /** @returns the number of a question. */
  #ask(answer: (answer: never) => void): number {
    this.#named += 1;
    // The server answers each question by what it asks for.
    this.#questions.set(this.#named, answer as (answer: PlainReply | string) => void);
    return this.#named;
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

  end(): void {
    this.#server.call('tooSlow', this.id);
  }
}
