/** One client: a raw socket whose frames are counted, not decoded. */
import { connect, type Socket } from 'node:net';
import { pong, textFrame } from './client-frame.ts';
import type { ClientDialect, Destination } from './dialect.ts';
import { FrameReader } from './frame-reader.ts';
import { upgradeRequest } from './upgrade-request.ts';

/** The place that a client enters. */
export interface Entrance extends Destination {
  readonly dialect: ClientDialect;
  /** How long the server may take to make the client a member, in milliseconds; 30 seconds by default. */
  readonly patience?: number;
}

/** Shared by all sockets of this process: each read is handled before the next one. */
const readBuffer = Buffer.alloc(256 * 1024);

const usualPatience = 30_000;

export class Connection {
  readonly reader: FrameReader;
  /** Pings it has answered. */
  pings = 0;
  readonly #socket: Socket;
  readonly #entrance: Entrance;
  /** Called with frames once the client is a member. */
  readonly #onPayload: FrameReader['onPayload'];
  #head = '';
  /** The latest frame that came before the client was a member. */
  #lastFrame: string | undefined;
  #upgraded = false;
  #lost: string | undefined;
  /** Settles `open`, until it has. */
  #opening: { member(): void; failed(error: Error): void } | undefined;

  private constructor(entrance: Entrance, minimum: number, onPayload: FrameReader['onPayload']) {
    const { address, dialect, room } = entrance;
    const { host, port } = address;
    const { heartbeat, hasLines } = dialect;
    this.#entrance = entrance;
    this.#onPayload = onPayload;
    const events = {
      onPing: () => {
        this.pings += 1;
        this.send(pong);
      },
      onHeartbeat: () => heartbeat && this.send(textFrame(heartbeat.answer)),
      onClose: (code: number, reason: string) =>
        this.#lose(`closed by the server with ${code}${reason === '' ? '' : ` (${reason})`}`),
    };
    this.reader = new FrameReader(minimum, events, { heartbeat: heartbeat?.begins, hasLines });
    const callback = (length: number): boolean => {
      this.#receive(readBuffer, length);
      return true;
    };
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: readBuffer, callback } });
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('close', () => this.#lose('the connection ended'));
    this.#socket.write(upgradeRequest(address, dialect.path(room, address)));
  }

  /**
   * Connects, and waits until the server counts the client as a member.
   *
   * @param minimum how many bytes of payload a data frame must have to count as a message.
   * @param onPayload is called with the payload of every data frame once the client is a member.
   */
  static async open(entrance: Entrance, minimum: number, onPayload?: FrameReader['onPayload']): Promise<Connection> {
    const connection = new Connection(entrance, minimum, onPayload);
    const { patience = usualPatience } = entrance;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((member, failed) => {
        connection.#opening = { member, failed };
        timer = setTimeout(() => connection.#lose(`not a member after ${patience} ms${connection.#said}`), patience);
      });
      return connection;
    } finally {
      clearTimeout(timer);
      connection.#opening = undefined;
    }
  }

  /** Why the connection is unusable; undefined if it is not. */
  get lost(): string | undefined {
    return this.#lost;
  }

  /** `bytes` must not be changed afterwards. */
  send(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Further data stays in the system's buffer, and costs this process nothing. */
  stopReading(): void {
    this.#socket.pause();
  }

  startReading(): void {
    this.#socket.resume();
  }

  #receive(chunk: Buffer, length: number): void {
    try {
      if (this.#upgraded) this.reader.push(chunk, length);
      else this.#upgrade(chunk, length);
    } catch (error) {
      this.#lose(error instanceof Error ? error.message : String(error));
    }
  }

  /** Reads the answer to the upgrade request, and what follows it as frames. */
  #upgrade(chunk: Buffer, length: number): void {
    const before = this.#head.length;
    this.#head += chunk.toString('latin1', 0, length);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!this.#head.startsWith('HTTP/1.1 101 ')) return this.#lose(`refused: ${this.#head.split('\r\n', 1)[0]}`);
    const { dialect, address } = this.#entrance;
    this.#upgraded = true;
    this.#head = '';
    if (dialect.greeting) this.send(textFrame(dialect.greeting(address)));
    if (dialect.opening === 'member at once') this.#enter();
    else this.reader.onPayload = (payload) => this.#open(payload.toString());
    this.reader.push(chunk.subarray(end + 4 - before, length));
  }

  #open(text: string): void {
    const { opening } = this.#entrance.dialect;
    this.#lastFrame = text.slice(0, 200);
    const next = typeof opening === 'function' ? opening(text, this.#entrance) : opening;
    if (typeof next === 'object') this.send(textFrame(next.reply));
    if (next === 'member') this.#enter();
  }

  /** The server's last frame. */
  get #said(): string {
    return this.#lastFrame === undefined ? ', and not a word from the server' : `: the server said ${this.#lastFrame}`;
  }

  #enter(): void {
    this.reader.onPayload = this.#onPayload;
    this.#opening?.member();
  }

  #lose(reason: string): void {
    this.#lost ??= reason;
    this.#opening?.failed(new Error(this.#lost));
    this.#socket.destroy();
  }
}
