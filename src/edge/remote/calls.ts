/** The calls between the server and its edge processes. A connection has the name that its edge process gave it. */
import type { EdgePort } from '../../hub/edge-port.ts';
import type { ConnectionId } from '../../hub/user.ts';
import type { Rejection } from '../admission.ts';
import type { EdgeOptions, TlsFiles } from '../edge.ts';
import type { PlainReply, PlainRequest, Refusal, Visitor } from '../handlers.ts';

/** The file descriptors of an edge process: to the server, from it, and for answers that it waits for. */
export const descriptors = { up: 3, down: 4, answers: 5 };

/** The functions of an edge process that the server calls. */
export interface EdgeCalls extends Omit<EdgePort, 'subscribers' | 'subscriberCount'> {
  /** The first call, once. */
  start(options: EdgeOptions, host: string, port: number): void;
  renewCertificate(tls: TlsFiles): void;
  /** The last call. */
  close(): void;
}

/**
 * Calls for whose answers an edge process waits. A request has to be answered in the turn of the loop in which it
 * arrived: a deferred upgrade makes uWebSockets.js use freed memory, and a second request on the connection of a
 * waiting one makes it close the connection.
 */
export interface Questions {
  /** Returns why the visitor is refused; undefined if it is admitted: then its session is opened at once. */
  admit(connection: ConnectionId, visitor: Visitor): Rejection | undefined;
  http(request: PlainRequest): PlainReply;
}

/** The answers, on a pipe of their own: each to the one waiting question. */
export interface Answers {
  answer(answer: ReturnType<Questions[keyof Questions]>): void;
}

/** The functions of the server that an edge process calls. */
export interface ServerCalls extends Questions {
  /** Answers `start`: whether it listens. */
  listening(isListening: boolean): void;
  /** A message for a session. */
  receive(connection: ConnectionId, data: ArrayBuffer, isBinary: boolean): void;
  receiveControl(connection: ConnectionId, bytes: number): void;
  /** A slow reader: its session should end it. */
  tooSlow(connection: ConnectionId): void;
  refused(refusal: Refusal): void;
  unheard(address: string, duration: number): void;
  full(sockets: number): void;
  closed(connection: ConnectionId, code: number, reason: string): void;
  drained(connection: ConnectionId): void;
  /** A defect was met. */
  failed(what: string, error: unknown): void;
}
