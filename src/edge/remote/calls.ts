/**
 * What a server and its edge processes call of each other. A connection goes by the name that its edge process has given
 * it, and a question by its number.
 */
import type { EdgePort } from '../../hub/edge-port.ts';
import type { ConnectionId } from '../../hub/user.ts';
import type { Rejection } from '../admission.ts';
import type { EdgeOptions } from '../edge.ts';
import type { PlainReply, PlainRequest, Visitor } from '../handlers.ts';

/** The file descriptors of an edge process: to the server, and from it. */
export const descriptors = { up: 3, down: 4 };

/** The first argument of the program that makes it an edge process. */
export const edgeArgument = 'edge-process';

/** What an edge process does for the server. */
export interface EdgeCalls extends EdgePort {
  /** Comes first, once. */
  start(options: EdgeOptions, host: string, port: number): void;
  /** Answers `admit`: undefined, the visitor is in. */
  admitted(connection: ConnectionId, rejection: Rejection | undefined): void;
  /** Answers `http` and `status`. */
  answer(question: number, answer: PlainReply | string): void;
  publishStatus(text: string): void;
  /** Comes last. */
  close(): void;
}

/** What the server does for an edge process. */
export interface ServerCalls {
  /** Answers `start`: whether it has the port. */
  listening(isListening: boolean): void;
  admit(connection: ConnectionId, visitor: Visitor): void;
  /** What came for a session. */
  receive(connection: ConnectionId, data: ArrayBuffer, isBinary: boolean): void;
  /** It reads too slowly: its session is to end it. */
  tooSlow(connection: ConnectionId): void;
  closed(connection: ConnectionId, code: number, reason: string): void;
  drained(connection: ConnectionId): void;
  http(question: number, request: PlainRequest): void;
  status(question: number): void;
}
