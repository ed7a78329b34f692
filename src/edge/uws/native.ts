/**
 * The part of uWebSockets.js that is used, and its sources. Its own types are not used: without a fitting binary it
 * need not be installed, and the server can still be built.
 */
// First: uWebSockets.js reads it when it is loaded.
import '../head-limit.ts';
import type { PeerSocket } from '../peers.ts';

export interface HttpRequest {
  /** In lower case. */
  getMethod(): string;
  getUrl(): string;
  getQuery(): string;
  /** All header lines, in order, names in lower case. */
  forEach(callback: (name: string, value: string) => void): void;
  /** Whether to pass the request to the next matching handler. */
  setYield(isYielding: boolean): unknown;
}

export interface HttpResponse {
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): HttpResponse;
  /** @returns whether the system took it, and whether the answer is complete. */
  tryEnd(body: Uint8Array, totalSize: number): [isWritten: boolean, isWhole: boolean];
  onWritable(handler: (offset: number) => boolean): unknown;
  onAborted(handler: () => void): unknown;
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
  /** Everything written in the callback goes out at once. */
  cork(callback: () => void): unknown;
  pause(): void;
  close(): unknown;
  getRemoteAddressAsText(): ArrayBuffer;
  getProxiedRemoteAddressAsText(): ArrayBuffer;
  upgrade<Data>(data: Data, key: string, subprotocol: string, extensions: string, context: SocketContext): void;
}

/** An address in native memory. */
declare const native: unique symbol;
export interface SocketContext {
  readonly [native]: 'context';
}
export interface ListenSocket {
  readonly [native]: 'listen socket';
}

export interface WebSocket<Data> extends PeerSocket {
  getUserData(): Data;
  /** Sends to all subscribers except itself. */
  publish(topic: string, message: string | Uint8Array, isBinary: boolean): unknown;
}

export interface WebSocketBehavior<Data> {
  readonly maxPayloadLength: number;
  readonly maxBackpressure: number;
  readonly closeOnBackpressureLimit: boolean;
  /** In seconds. */
  readonly idleTimeout: number;
  readonly sendPingsAutomatically: boolean;
  readonly upgrade: (response: HttpResponse, request: HttpRequest, context: SocketContext) => void;
  readonly open: (socket: WebSocket<Data>) => void;
  readonly message: (socket: WebSocket<Data>, data: ArrayBuffer, isBinary: boolean) => void;
  readonly ping: (socket: WebSocket<Data>, data: ArrayBuffer) => void;
  readonly pong: (socket: WebSocket<Data>, data: ArrayBuffer) => void;
  readonly drain: (socket: WebSocket<Data>) => void;
  readonly close: (socket: WebSocket<Data>, code: number, reason: ArrayBuffer) => void;
}

export interface TemplatedApp {
  ws<Data>(pattern: string, behavior: WebSocketBehavior<Data>): unknown;
  any(pattern: string, handler: (response: HttpResponse, request: HttpRequest) => void): unknown;
  /** Called for every socket: 1 when it has opened, -1 when it has closed without becoming a WebSocket. */
  filter(handler: (response: HttpResponse, change: number) => void): unknown;
  listen(host: string, port: number, options: number, callback: (socket: ListenSocket | false) => void): unknown;
  publish(topic: string, message: string | Uint8Array, isBinary: boolean): boolean;
  numSubscribers(topic: string): number;
  close(): unknown;
  // These three are missing in its own types.
  getDescriptor(): number;
  addChildAppDescriptor(descriptor: number): void;
  removeChildAppDescriptor(descriptor: number): void;
}

export interface Native {
  App(): TemplatedApp;
  SSLApp(options: { readonly cert_file_name: string; readonly key_file_name: string }): TemplatedApp;
  us_listen_socket_close(socket: ListenSocket): void;
  us_socket_local_port(socket: ListenSocket): number;
}

/**
 * Packages that have it, in the order in which they are tried. The first is a dependency, under the name of
 * uWebSockets.js itself, which may replace it. The second has binaries for later versions of Node, and is installed by
 * hand.
 */
const packages = ['uWebSockets.js', '@btc-vision/uwebsockets.js'] as const;

/** Thrown when no package has a binary that runs here. The message has the reason of each, in one line. */
export class NativeError extends Error {
  override readonly name = 'NativeError';
  /** Whether the dependency is installed. */
  readonly isInstalled: boolean;

  constructor(reasons: ReadonlyMap<string, string>) {
    super(Array.from(reasons, ([name, reason]) => `${name}: ${reason}`).join('; '));
    this.isInstalled = reasons.get(packages[0]) !== notInstalled;
  }
}

const notInstalled = 'not installed';

/**
 * Loads the native part.
 * @throws NativeError if none runs here.
 */
export async function loadNative(load: (name: string) => Promise<unknown> = (name) => import(name)): Promise<Native> {
  const reasons = new Map<string, string>();
  for (const name of packages) {
    try {
      return (await load(name)) as Native;
    } catch (error) {
      reasons.set(name, reasonOf(error));
    }
  }
  throw new NativeError(reasons);
}

/** The packages put the system's message after text of their own. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND') return notInstalled;
  const said = message.split('\n').findLast((line) => line.startsWith('Error: ')) ?? message;
  return said.includes('Cannot find module') ? 'no binary for this Node' : said.replace(/^Error: /, '').trim();
}
