import { once } from 'node:events';
import WebSocket, { type ClientOptions } from 'ws';
import type { ClientFrame, ServerFrame } from '../../src/protocol/generated/frames.ts';
import { Inbox } from './inbox.ts';

type Of<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>;

/** A client of the json dialect on the `ws` package. */
export class JsonClient implements AsyncDisposable {
  readonly socket: WebSocket;
  /** The code and reason of the close, once it has happened. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #frames = new Inbox<ServerFrame>();
  readonly #binary = new Inbox<{ header: ServerFrame; payload: Buffer }>();

  private constructor(url: string, protocols: string[], options: ClientOptions) {
    this.socket = new WebSocket(url, protocols, { perMessageDeflate: false, ...options });
    this.socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.#binary.push(readBinary(data));
      else this.#frames.push(JSON.parse(data.toString()));
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  static async connect(url: string, protocols: string[] = [], options: ClientOptions = {}): Promise<JsonClient> {
    const client = new JsonClient(url, protocols, options);
    await once(client.socket, 'open');
    return client;
  }

  /** Sends a frame, valid or not; a string is sent unchanged. */
  send(frame: ClientFrame | string | object): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  sendBinary(header: object, payload: Uint8Array): void {
    const head = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.from([0x01, head.length >> 8, head.length & 0xff]);
    this.socket.send(Buffer.concat([prefix, head, payload]));
  }

  /** The next frame of this type that `matches`; other frames stay for later. */
  async next<T extends ServerFrame['type']>(type: T, matches: (frame: Of<T>) => boolean = () => true): Promise<Of<T>> {
    const found = await this.#frames.take((frame) => frame.type === type && matches(frame as Of<T>), type);
    return found as Of<T>;
  }

  /** The next binary frame, header and payload apart. */
  nextBinary(): Promise<{ header: ServerFrame; payload: Buffer }> {
    return this.#binary.take(() => true, 'a binary frame');
  }

  /** Takes all received frames that were not taken yet. */
  drain(): ServerFrame[] {
    return this.#frames.drain();
  }

  /**
   * Settles when the server has handled everything sent before, and its effects for this client have arrived; except
   * for those that wait for the log: the `ack` of a message, and replays.
   */
  async settle(): Promise<void> {
    const id = `settle-${Math.random().toString(36).slice(2)}`;
    this.send({ type: 'ping', id });
    await this.next('pong', (frame) => frame.id === id);
  }

  async close(code = 1000): Promise<void> {
    this.socket.close(code);
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.terminate();
    await this.closed;
  }
}

/** A client of the text dialect: lines out, lines in. */
export class TextClient implements AsyncDisposable {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #lines = new Inbox<string>();

  private constructor(url: string, protocols: string[]) {
    this.socket = new WebSocket(url, protocols, { perMessageDeflate: false });
    this.socket.on('message', (data: Buffer) => {
      for (const line of data.toString().split('\n')) this.#lines.push(line);
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  static async connect(url: string, protocols: string[] = []): Promise<TextClient> {
    const client = new TextClient(url, protocols);
    await once(client.socket, 'open');
    return client;
  }

  say(line: string): void {
    this.socket.send(line);
  }

  /** The next line that fits; others stay for later. */
  line(wanted: RegExp | string): Promise<string> {
    const fits = (line: string) => (typeof wanted === 'string' ? line === wanted : wanted.test(line));
    return this.#lines.take(fits, String(wanted));
  }

  drain(): string[] {
    return this.#lines.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return;
    this.socket.terminate();
    await this.closed;
  }
}

function readBinary(data: Buffer): { header: ServerFrame; payload: Buffer } {
  const end = 3 + data.readUInt16BE(1);
  return { header: JSON.parse(data.subarray(3, end).toString()), payload: data.subarray(end) };
}
