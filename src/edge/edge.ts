/** The WebSocket edge: it accepts sockets and carries bytes, and knows nothing of the protocol. */
import type { EdgePort } from '../hub/edge-port.ts';
import type { TrustedProxies } from './address.ts';
import type { PressureLimits } from './peers.ts';
import type { PlainHttpOptions } from './plain-http.ts';
import type { SocketLimits } from './sockets.ts';

/** An edge, as the broker uses it. */
export interface Edge extends EdgePort {
  /** @returns the port; if `port` is 0, the one that the system chose. undefined if it cannot be used. */
  listen(host: string, port: number): Promise<number | undefined>;

  /**
   * New connections get this certificate; present ones keep theirs. Not for an edge without TLS.
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
  /** After how long a silent peer that answers no ping counts as gone, in milliseconds. */
  readonly idleTimeout: number;
  /** The proxies that may name the client's address. */
  readonly trustProxy: TrustedProxies;
  /** Whether the nearest of them uses the PROXY protocol for that. */
  readonly proxyProtocol: boolean;
  /** The path of the server; `/` for the root. */
  readonly basePath: string;
  readonly http: PlainHttpOptions;
  readonly tls: TlsFiles | undefined;
}

/**
 * Frames up to this many bytes above the limit are read, and then refused with a reason. Longer ones are cut off
 * without one, before memory is reserved for them.
 */
export const readBeyond = 16 * 1024;

/** How often buffers are inspected, in milliseconds. */
export const inspectInterval = 100;
