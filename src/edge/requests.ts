/** Decides about a request: whether it opens a WebSocket, and with which parameters, or is plain HTTP. */
import { type ClientAddresses, clientAddresses } from './address.ts';
import { type Rejection, retryAfter } from './admission.ts';
import type { EdgeOptions } from './edge.ts';
import type { EdgeHandlers, EdgeSession, PlainRequest } from './handlers.ts';
import { asksForWebSocket, handshakeFault } from './handshake.ts';
import { requestFault } from './request-fault.ts';
import type { RequestHead } from './request-head.ts';
import { type RequestPath, requestPaths } from './request-path.ts';
import type { Sockets } from './sockets.ts';
import { readWatch } from './status-feed.ts';
import { type Purpose, readUpgrade, type UpgradeRequest } from './upgrade.ts';

const purposes: ReadonlyMap<string, Purpose> = new Map([
  ['/', 'json'],
  ['/ws', 'json'],
  ['/text', 'text'],
  ['/status', 'status'],
]);

const noRoom: Rejection = {
  status: '503 Service Unavailable',
  header: retryAfter,
  message: 'the server has reached its limit of connections',
};

/** An accepted handshake: the WebSocket has to be opened at once. */
export interface Upgrade extends UpgradeRequest {
  readonly session: EdgeSession;
  readonly address: string;
}

/** A request for plain HTTP. */
export interface Page {
  readonly request: PlainRequest;
  readonly address: string;
}

type Options = Pick<EdgeOptions, 'trustProxy' | 'proxyProtocol' | 'basePath'>;

export class Requests {
  readonly #handlers: Pick<EdgeHandlers, 'admit' | 'refused'>;
  readonly #sockets: Sockets;
  readonly #proxyProtocol: boolean;
  readonly #addresses: ClientAddresses;
  readonly #pathOf: (url: string) => RequestPath;

  constructor(
    { trustProxy, proxyProtocol, basePath }: Options,
    handlers: Pick<EdgeHandlers, 'admit' | 'refused'>,
    sockets: Sockets,
  ) {
    this.#handlers = handlers;
    this.#sockets = sockets;
    this.#proxyProtocol = proxyProtocol;
    this.#addresses = clientAddresses(trustProxy);
    this.#pathOf = requestPaths(basePath);
  }

  /** The purpose of a WebSocket at this path; undefined if there is none. */
  purposeOf(url: string): Purpose | undefined {
    return purposes.get(this.#pathOf(url).path);
  }

  /** @returns why the handshake is refused, or its answer: from then on the visitor is admitted. */
  upgrade(head: RequestHead, purpose: Purpose): Upgrade | Rejection {
    const fault = handshakeFault(head.lines);
    if (fault) return this.#refuse(head, fault);
    const asked = readUpgrade(head, purpose);
    const { handshake } = asked;
    const address = this.#addressOf(head);
    const watch = purpose === 'status' ? readWatch(head) : undefined;
    if (!this.#sockets.mayUpgrade()) return this.#refuse(head, noRoom);
    const admitted = this.#handlers.admit({ address, handshake, watch });
    return 'status' in admitted ? admitted : { ...asked, session: admitted, address };
  }

  /** @returns why the request is refused, or the request. */
  plain(head: RequestHead): Page | Rejection {
    const { method, url, lines } = head;
    // The library may take a faulty handshake for a plain request.
    const fault =
      lines.has('sec-websocket-key') || asksForWebSocket(lines) ? handshakeFault(lines) : requestFault(lines);
    if (fault) return this.#refuse(head, fault);
    const headers = new Map(Array.from(lines, ([name, values]) => [name, values.join(', ')]));
    return { request: { method, ...this.#pathOf(url), headers }, address: this.#addressOf(head) };
  }

  /** A malformed request: the rest of the server never sees its content. */
  #refuse(head: RequestHead, rejection: Rejection): Rejection {
    this.#handlers.refused({ address: this.#addressOf(head), ...rejection });
    return rejection;
  }

  #addressOf({ lines, peer, proxied }: RequestHead): string {
    const forwarded = lines.get('x-forwarded-for') ?? [];
    // The address from the nearest proxy comes last. If that has not sent one, its other claims do not count either.
    return this.#addresses(peer, this.#proxyProtocol ? [...forwarded, proxied] : forwarded);
  }
}
