/** What a server and its edge processes call of each other. A connection goes by the name that its edge process gave it. */
import type { EdgePort } from '../../hub/edge-port.ts';
import type { ConnectionId } from '../../hub/user.ts';
import type { Rejection } from '../admission.ts';
import type { EdgeOptions, TlsFiles } from '../edge.ts';
import type { PlainReply, PlainRequest, Refusal, Visitor } from '../handlers.ts';

/** The file descriptors of an edge process: to the server, from it, and for what it waits for. */
export const descriptors = { up: 3, down: 4, answers: 5 };

/** What an edge process does for the server. */
export interface EdgeCalls extends Omit<EdgePort, 'subscribers' | 'subscriberCount'> {
  /** Comes first, once. */
  start(options: EdgeOptions, host: string, port: number): void;
  renewCertificate(tls: TlsFiles): void;
  /** Comes last. */
  close(): void;
}

/**
 * What an edge process asks, and waits for the answer. A request has to be answered in the turn of the loop in which it
 * came: an upgrade that is put off makes uWebSockets.js use memory that it has freed, and another request behind one that
 * waits makes it close the connection.
 */
export interface Questions {
  /** Why the visitor is not admitted; undefined if it is. Its session is opened at once. */
  admit(connection: ConnectionId, visitor: Visitor): Rejection | undefined;
  http(request: PlainRequest): PlainReply;
}

/** The answers, on a pipe of their own: each to the one question that waits. */
export interface Answers {
  answer(answer: ReturnType<Questions[keyof Questions]>): void;
}

/** What the server does for an edge process. */
export interface ServerCalls extends Questions {
  /** Answers `start`: whether it has the port. */
  listening(isListening: boolean): void;
  /** What came for a session. */
  receive(connection: ConnectionId, data: ArrayBuffer, isBinary: boolean): void;
  receiveControl(connection: ConnectionId, bytes: number): void;
  /** It reads too slowly: its session is to end it. */
  tooSlow(connection: ConnectionId): void;
  refused(refusal: Refusal): void;
  unheard(address: string, duration: number): void;
  full(sockets: number): void;
  closed(connection: ConnectionId, code: number, reason: string): void;
  drained(connection: ConnectionId): void;
  /** A defect was met. */
  failed(what: string, error: unknown): void;
}
