/** The WebSocket edge: it accepts sockets and carries bytes. Of the protocol it knows nothing. */
import type { EdgePort } from '../hub/edge-port.ts';
import type { TrustedProxies } from './address.ts';
import type { PressureLimits } from './peers.ts';
import type { PlainHttpOptions } from './plain-http.ts';
import type { SocketLimits } from './sockets.ts';

/** An edge, as the broker has it. */
export interface Edge extends EdgePort {
  /** @returns the port, which is another than `port` if that is 0; undefined if it cannot be had. */
  listen(host: string, port: number): Promise<number | undefined>;

  /**
   * New connections get this certificate; those that are there keep theirs. Not for an edge without TLS.
   * @throws Error if its files cannot be used; nothing has changed then.
   */
  renewCertificate(tls: TlsFiles): void;

  /** Stops listening and drops the sockets that are left. */
  close(): Promise<void>;
}

/** PEM files. */
export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface EdgeOptions {
  readonly limits: PressureLimits;
  readonly sockets: SocketLimits;
  /** The longest frame a session takes, in bytes. */
  readonly maxFrame: number;
  /** After how long a silent peer that answers no ping is gone, in milliseconds. */
  readonly idleTimeout: number;
  /** Whose word it is taken for that a request is of another address. */
  readonly trustProxy: TrustedProxies;
  /** Whether it is by the PROXY protocol that the first of them says so. */
  readonly proxyProtocol: boolean;
  /** The path under which the server is; `/` for its own root. */
  readonly basePath: string;
  readonly http: PlainHttpOptions;
  readonly tls: TlsFiles | undefined;
}

/**
 * Frames that are longer than the limit by so many bytes are read, and then refused with a reason. What is longer still is
 * cut off without one: nothing is set aside for it.
 */
export const readBeyond = 16 * 1024;

/** How often buffers are looked at, in milliseconds. */
export const inspectInterval = 100;
