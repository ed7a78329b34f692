/** A raw connection that may misbehave: it need not write valid HTTP or WebSocket frames, and need not read. */
import { connect, type Socket } from 'node:net';
import type { Address } from '../load/address.ts';
import { pong } from '../load/client-frame.ts';
import { FrameReader } from '../load/frame-reader.ts';
import { upgradeRequest } from '../load/upgrade-request.ts';

/** Shared by all sockets of this process: each read is handled before the next one. */
const readBuffer = Buffer.alloc(256 * 1024);

/** How long the server may take to accept a connection, in milliseconds. */
const patience = 60_000;

/** The reason of a connection that was ended here. */
export const ownEnd = 'ended here';

/** A close frame with code 1000. */
const normalClose = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);

export interface Place {
  readonly server: Address;
  /** The local address; loopback has many. */
  readonly from: string;
}

export class Wire {
  /** Data frames that came. */
  frames = 0;
  /** Bytes. */
  written = 0;
  read = 0;
  readonly #socket: Socket;
  readonly #closed: Promise<string>;
  #end: string | undefined;
  #take: (chunk: Buffer, length: number) => void = () => undefined;
  /** Resumes writers that wait for room. */
  #goOn: (() => void)[] = [];

  private constructor({ server: { host, port }, from }: Place) {
    const callback = (length: number): boolean => {
      this.read += length;
      this.#take(readBuffer, length);
      return true;
    };
    const onread = { buffer: readBuffer, callback };
    this.#socket = connect({ host, port, localAddress: from, noDelay: true, onread });
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('drain', () => this.#resume());
    this.#closed = new Promise((resolve) => {
      this.#socket.on('close', () => {
        this.#lose('the connection ended');
        this.#resume();
        resolve(this.#end ?? '');
      });
    });
  }

  /** A TCP connection. @throws {Error} if there is none. */
  static async dial(place: Place): Promise<Wire> {
    const wire = new Wire(place);
    await Promise.race([new Promise((done) => wire.#socket.once('connect', done)), wire.#closed]);
    if (wire.#end !== undefined) throw new Error(wire.#end);
    return wire;
  }

  /**
   * A WebSocket.
   *
   * @param onPayload is called with every data frame; the payload is only valid during the call.
   * @throws {Error} if the server refuses it.
   */
  static async open(place: Place, path: string, onPayload?: (payload: Buffer) => void): Promise<Wire> {
    const wire = new Wire(place);
    const timer = setTimeout(() => wire.#lose(`not upgraded after ${patience} ms`), patience);
    const upgraded = wire.#upgrade(place.server, path, onPayload);
    await Promise.race([upgraded, wire.#closed]);
    clearTimeout(timer);
    if (wire.#end !== undefined) throw new Error(wire.#end);
    return wire;
  }

  /** Why it ended; undefined while it is open. */
  get end(): string | undefined {
    return this.#end;
  }

  get closed(): Promise<string> {
    return this.#closed;
  }

  /** Writes, and waits until the socket takes more, or is closed. */
  async send(bytes: Buffer): Promise<void> {
    if (this.#end !== undefined) return;
    this.written += bytes.length;
    if (this.#socket.write(bytes)) return;
    await new Promise<void>((goOn) => this.#goOn.push(goOn));
  }

  /** Writes the same bytes as fast as the socket takes them, until it is closed. */
  async pour(bytes: Buffer): Promise<void> {
    while (this.#end === undefined) await this.send(bytes);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  /** Closes with a close frame, and waits until the connection is closed. */
  async leave(): Promise<void> {
    this.#end ??= ownEnd;
    this.#socket.write(normalClose);
    await this.#closed;
  }

  cut(): void {
    this.#lose(ownEnd);
  }

  #upgrade(server: Address, path: string, onPayload?: (payload: Buffer) => void): Promise<void> {
    const reader = new FrameReader(0, {
      onPing: () => void this.#socket.write(pong),
      onClose: (code) => this.#lose(`closed with ${code}`),
    });
    reader.onPayload = onPayload;
    const takeFrames = (chunk: Buffer, length: number) => {
      reader.push(chunk, length);
      this.frames = reader.messages;
    };
    this.#socket.write(upgradeRequest(server, path));
    return new Promise((upgraded) => {
      let head = '';
      this.#take = (chunk, length) => {
        const before = head.length;
        head += chunk.toString('latin1', 0, length);
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!head.startsWith('HTTP/1.1 101 ')) return this.#lose(`refused with ${head.slice(9, 12)}`);
        this.#take = takeFrames;
        upgraded();
        takeFrames(chunk.subarray(end + 4 - before, length), length - (end + 4 - before));
      };
    });
  }

  #lose(reason: string): void {
    this.#end ??= reason;
    this.#socket.destroy();
  }

  #resume(): void {
    for (const goOn of this.#goOn.splice(0)) goOn();
  }
}
