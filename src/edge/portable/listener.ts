/** The listener of the portable edge: it accepts connections, and reads requests with Node's HTTP server. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Failed, guarded } from '../../observe/guard.ts';
import type { TlsFiles } from '../edge.ts';
import type { EdgeHandlers } from '../handlers.ts';
import type { Sockets } from '../sockets.ts';
import { peerAddress } from './request-head.ts';
import { endWith } from './responder.ts';

export interface ListenerEvents {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  /** A request for another protocol. @param head the bytes that arrived after it. */
  readonly upgrade: (request: IncomingMessage, head: Buffer) => void;
}

interface Connection {
  /** The TCP socket. */
  readonly socket: Socket;
  /** `unheard` before the first complete request. */
  state: 'unheard' | 'heard' | 'upgraded';
}

/** How long a request may take to arrive, and a connection may be idle, in milliseconds. */
const requestTime = 60_000;
const idleTime = 10_000;
/** How often that is checked, in milliseconds. */
const checkInterval = 1000;

/** The answers to requests that Node cannot parse. */
const answers: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

export class Listener {
  readonly #server: Server;
  readonly #secure: ReturnType<typeof createTlsServer> | undefined;
  readonly #sockets: Sockets;
  readonly #unheard: EdgeHandlers['unheard'];
  readonly #failed: Failed;
  /** All connections by address and port of the other end: with TLS, requests refer to a different socket object. */
  readonly #connections = new Map<string, Connection>();
  readonly #failing = new WeakSet<Socket>();

  /** @throws Error if the files of the certificate cannot be used. */
  constructor(
    tls: TlsFiles | undefined,
    headLimit: number,
    sockets: Sockets,
    { request, upgrade }: ListenerEvents,
    { unheard, failed }: Pick<EdgeHandlers, 'unheard' | 'failed'>,
  ) {
    this.#sockets = sockets;
    this.#unheard = unheard;
    this.#failed = failed;
    const options: ServerOptions = {
      maxHeaderSize: headLimit,
      requireHostHeader: false,
      noDelay: true,
      headersTimeout: idleTime,
      keepAliveTimeout: idleTime,
      requestTimeout: requestTime,
      connectionsCheckingInterval: checkInterval,
    };
    this.#secure = tls && createTlsServer({ ...options, ...readFiles(tls), handshakeTimeout: idleTime });
    this.#server = this.#secure ?? createServer(options);
    // A client may close its side after the request, and still gets the answer.
    Object.assign(this.#server, { httpAllowHalfOpen: true });
    this.#secure?.on('secureConnection', (socket) => socket.on('error', ignore));
    this.#secure?.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#server.on('connection', guarded('a new connection is not watched', failed, this.#connected));
    this.#server.on('clientError', guarded('a request that cannot be read is not answered', failed, this.#unreadable));
    this.#server.on('request', this.#heard(request));
    this.#server.on(
      'upgrade',
      this.#heard((asked: IncomingMessage, _socket, head: Buffer) => upgrade(asked, head)),
    );
  }

  /** @returns the port; if `port` is 0, the one that the system chose. undefined if it cannot be used. */
  listen(host: string, port: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      // An error later is one of accepting a connection, which is lost. The promise is settled by then.
      this.#server.on('error', () => resolve(undefined));
      this.#server.listen({ host, port, exclusive: true }, () => {
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** @throws Error if the files cannot be used; nothing has changed then. */
  renew(tls: TlsFiles): void {
    this.#secure?.setSecureContext(readFiles(tls));
  }

  /** MUST be called for every WebSocket. */
  upgraded(socket: Socket): void {
    this.#sockets.upgraded();
    this.#set(socket, 'upgraded');
  }

  /** Stops listening and drops all connections. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const { socket } of this.#connections.values()) socket.destroy();
    await closed;
  }

  readonly #connected = (socket: Socket): void => {
    const name = nameOf(socket);
    const address = peerAddress(socket);
    const start = performance.now();
    const connection: Connection = { socket, state: 'unheard' };
    const closed = () => {
      if (this.#connections.get(name) === connection) this.#connections.delete(name);
      if (connection.state === 'upgraded') this.#sockets.webSocketClosed();
      else this.#sockets.closed();
      if (connection.state === 'unheard') this.#unheard(address, performance.now() - start);
    };
    this.#connections.set(name, connection);
    socket.on('error', ignore);
    socket.once('close', guarded('a connection that has closed is not counted', this.#failed, closed));
    if (this.#sockets.opened()) return;
    connection.state = 'heard';
    socket.destroy();
  };

  readonly #unreadable = (error: NodeJS.ErrnoException, socket: Socket): void => {
    // Further unreadable pieces keep arriving.
    if (this.#failing.has(socket)) return;
    this.#failing.add(socket);
    if (!socket.writable) socket.destroy();
    else endWithStatus(socket, answers[error.code ?? ''] ?? '400 Bad Request');
  };

  #set(socket: Socket, state: Connection['state']): void {
    const connection = this.#connections.get(nameOf(socket));
    if (connection) connection.state = state;
  }

  #heard<Rest extends unknown[]>(then: (request: IncomingMessage, ...rest: Rest) => void) {
    return (request: IncomingMessage, ...rest: Rest): void => {
      if (request.httpVersion !== '1.1') return endWithStatus(request.socket, '505 HTTP Version Not Supported');
      this.#set(request.socket, 'heard');
      try {
        then(request, ...rest);
      } catch (error) {
        this.#failed('a request cannot be answered', error);
        request.socket.destroy();
      }
    };
  }
}

function endWithStatus(socket: Socket, status: string): void {
  endWith(socket, `HTTP/1.1 ${status}\r\nconnection: close\r\n\r\n`);
}

function readFiles({ certFile, keyFile }: TlsFiles) {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function ignore(): void {
  // `close` comes next.
}
