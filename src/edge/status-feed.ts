/**
 * The figures of the server for its operators: a WebSocket that only sends. It is open to programs on the same machine
 * that connect directly, and to clients with the key.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { EdgePort } from '../hub/edge-port.ts';
import type { ConnectionId } from '../hub/user.ts';
import { closeCodes } from '../protocol/codes.ts';
import { isLoopback } from './address.ts';
import type { Rejection } from './admission.ts';
import type { EdgeSession } from './handlers.ts';
import { elements, type RequestHead, single } from './request-head.ts';

export const statusSubprotocol = 'hubbub.status';

/** The key as a subprotocol, in Base64url: a page in a browser can set no other header. */
const keyPrefix = 'key.';

/** Never the topic of a room: those have a colon. */
const topic = '*status';

/** The credentials of a request for the figures. */
export interface Watch {
  /** Whether the asking page, if it is one, is from this server. */
  readonly isOwnPage: boolean;
  /** Whether it comes from this machine, and not through a proxy. */
  readonly isLocal: boolean;
  readonly key: string | undefined;
}

/** Headers that proxies and CDNs add: the client's address, or their own name. */
const forwarding =
  /^(forwarded|via|cdn-loop|x-forwarded.*|x-original-.*|x-envoy-.*|cf-.*|.*-ip|.*-client-?ip|.*-client-addr(ess)?)$/;

/**
 * Only these names are local: if any name that resolves to 127.0.0.1 were, a page in a browser on this machine could
 * read the figures under its own name (DNS rebinding).
 */
const localHost = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?$/i;

export function readWatch({ peer, proxied, lines }: RequestHead): Watch {
  const host = single(lines, 'host') ?? '';
  const origins = lines.get('origin') ?? [];
  const isForwarded = proxied !== '' || [...lines.keys()].some((name) => forwarding.test(name));
  const key = elements(lines, 'sec-websocket-protocol')
    .find((name) => name.startsWith(keyPrefix))
    ?.slice(keyPrefix.length);
  return {
    isOwnPage: origins.every((origin) => hostOf(origin) === host.toLowerCase()),
    isLocal: isLoopback(peer) && localHost.test(host) && !isForwarded,
    key: key && Buffer.from(key, 'base64url').toString(),
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

const refusal: Rejection = {
  status: '403 Forbidden',
  message: 'the status page is open to the server machine or its --status-key',
};

export class StatusFeed {
  readonly #port: EdgePort;
  readonly #first: () => string;
  readonly #key: Buffer | undefined;
  readonly #watchers = new Set<ConnectionId>();

  /**
   * @param first the first message.
   * @param key undefined if only this machine may have the figures.
   */
  constructor(port: EdgePort, first: () => string, key: string | undefined) {
    this.#port = port;
    this.#first = first;
    this.#key = key === undefined ? undefined : digest(key);
  }

  refuse({ isOwnPage, isLocal, key }: Watch): Rejection | undefined {
    return isOwnPage && (isLocal || this.#isKey(key)) ? undefined : refusal;
  }

  /** Makes a session, to be opened with its socket. */
  watcher(id: ConnectionId): EdgeSession {
    return {
      id,
      open: () => {
        this.#watchers.add(id);
        this.#port.send(id, this.#first());
        this.#port.subscribe(id, topic, false);
      },
      receive: () => undefined,
      receiveControl: () => undefined,
      end: (why) => this.#port.disconnect(id, closeCodes[why].code, closeCodes[why].message),
    };
  }

  closed(id: ConnectionId): void {
    this.#watchers.delete(id);
  }

  publish(text: string): void {
    if (this.#watchers.size > 0) this.#port.publish(topic, text);
  }

  /** Compares in constant time. */
  #isKey(key: string | undefined): boolean {
    return this.#key !== undefined && key !== undefined && timingSafeEqual(this.#key, digest(key));
  }
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
