/**
 * What is used of uWebSockets.js, and where it comes from. Its own types are not used: where none of its binaries runs it
 * need not be installed, and the server is built all the same.
 */
// First: uWebSockets.js looks at it when it is loaded.
import '../head-limit.ts';

export interface HttpRequest {
  /** In lower case. */
  getMethod(): string;
  getUrl(): string;
  getQuery(): string;
  /** All header lines, in order, names in lower case. */
  forEach(callback: (name: string, value: string) => void): void;
  /** Whether the next handler that fits is to be asked instead. */
  setYield(isYielding: boolean): unknown;
}

export interface HttpResponse {
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): HttpResponse;
  /** @returns whether the system took it, and whether the answer is whole. */
  tryEnd(body: Uint8Array, totalSize: number): [isWritten: boolean, isWhole: boolean];
  onWritable(handler: (offset: number) => boolean): unknown;
  onAborted(handler: () => void): unknown;
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): unknown;
  /** What is written in the callback goes out at once. */
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

export interface WebSocket<Data> {
  getUserData(): Data;
  send(message: string | Uint8Array, isBinary: boolean): number;
  cork(callback: () => void): unknown;
  getBufferedAmount(): number;
  end(code: number, reason: string): void;
  subscribe(topic: string): unknown;
  unsubscribe(topic: string): unknown;
  isSubscribed(topic: string): boolean;
  getTopics(): string[];
  /** To all subscribers but itself. */
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
  /** Told of every socket: 1 it has opened, -1 it has closed and never was a WebSocket. */
  filter(handler: (response: HttpResponse, change: number) => void): unknown;
  listen(host: string, port: number, options: number, callback: (socket: ListenSocket | false) => void): unknown;
  publish(topic: string, message: string | Uint8Array, isBinary: boolean): boolean;
  numSubscribers(topic: string): number;
  close(): unknown;
  // These three its own types do not tell of.
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
 * Packages that have it, in the order in which they are tried. The first is a dependency, under the name that uWebSockets.js
 * itself has: it may be put in its place. The second has binaries for later versions of Node; it is installed by hand.
 */
const packages = ['uWebSockets.js', '@btc-vision/uwebsockets.js'] as const;

/** Thrown when no package has a binary that runs here. The message has what each said, in one line. */
export class NativeError extends Error {
  override readonly name = 'NativeError';
  /** Whether the dependency is there. */
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

/** The packages put what the system said behind words of their own. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_MODULE_NOT_FOUND') return notInstalled;
  const said = message.split('\n').findLast((line) => line.startsWith('Error: ')) ?? message;
  return said.includes('Cannot find module') ? 'no binary for this Node' : said.replace(/^Error: /, '').trim();
}
