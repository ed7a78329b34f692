/** One client: a raw socket whose frames are counted, not decoded. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { pong, textFrame } from './client-frame.ts';
import type { ClientDialect } from './dialects.ts';
import { FrameReader } from './frame-reader.ts';

/** Where members are. */
export interface Entrance {
  readonly address: Address;
  readonly dialect: ClientDialect;
  readonly room: string;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** All sockets of this process read into it: what has come is dealt with before the next read. */
const readBuffer = Buffer.alloc(256 * 1024);

/** How long a server may take to make a member of a client, in milliseconds. */
const patience = 30_000;

export class Connection {
  readonly reader: FrameReader;
  readonly #socket: Socket;
  readonly #dialect: ClientDialect;
  #head = '';
  #upgraded = false;
  #lost: string | undefined;
  /** Settles `open`, until it has. */
  #opening: { member(): void; failed(error: Error): void } | undefined;

  private constructor({ address: { host, port }, dialect, room }: Entrance, minimum: number) {
    this.#dialect = dialect;
    this.reader = new FrameReader(minimum, {
      onPing: () => this.send(pong),
      onClose: (code) => this.#lose(`closed by the server with ${code}`),
    });
    const callback = (length: number): boolean => {
      this.#receive(readBuffer, length);
      return true;
    };
    this.#socket = connect({ host, port, noDelay: true, onread: { buffer: readBuffer, callback } });
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('close', () => this.#lose('the connection ended'));
    this.#socket.write(upgradeRequest(host, port, dialect.path(room)));
  }

  /**
   * Connects, and waits until the server counts the client as a member.
   *
   * @param minimum how many bytes of payload a data frame must have to count as a message.
   */
  static async open(entrance: Entrance, minimum: number): Promise<Connection> {
    const connection = new Connection(entrance, minimum);
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((member, failed) => {
        connection.#opening = { member, failed };
        timer = setTimeout(() => failed(new Error(`not a member after ${patience} ms`)), patience);
      });
      return connection;
    } finally {
      clearTimeout(timer);
      connection.#opening = undefined;
    }
  }

  /** Why the connection is of no use any more, if so. */
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

  /** What comes from now on waits in the system's buffer, and costs this process nothing. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #receive(chunk: Buffer, length: number): void {
    try {
      if (this.#upgraded) this.reader.push(chunk, length);
      else this.#upgrade(chunk, length);
    } catch (error) {
      this.#lose(String(error));
    }
  }

  /** Reads the answer to the upgrade request, and what follows it as frames. */
  #upgrade(chunk: Buffer, length: number): void {
    const before = this.#head.length;
    this.#head += chunk.toString('latin1', 0, length);
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return;
    if (!this.#head.startsWith('HTTP/1.1 101 ')) return this.#lose(`refused: ${this.#head.slice(0, 200)}`);
    this.#upgraded = true;
    this.#head = '';
    if (this.#dialect.opening === 'member at once') this.#opening?.member();
    else this.reader.onPayload = (payload) => this.#open(payload.toString());
    this.reader.push(chunk.subarray(end + 4 - before, length));
  }

  #open(text: string): void {
    const { opening } = this.#dialect;
    const next = typeof opening === 'function' ? opening(text) : opening;
    if (typeof next === 'object') this.send(textFrame(next.reply));
    if (next !== 'member') return;
    this.reader.onPayload = undefined;
    this.#opening?.member();
  }

  #lose(reason: string): void {
    this.#lost ??= reason;
    this.#opening?.failed(new Error(this.#lost));
    this.#socket.destroy();
  }
}

function upgradeRequest(host: string, port: number, path: string): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}
