import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { ServerFrame } from '../../src/protocol/generated/frames.ts';
import { Inbox } from './inbox.ts';

/** RFC 6455, section 5.2. */
export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/** The bits of a frame's first two bytes that are not its opcode or length. */
export interface FrameBits {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** The three reserved bits, RSV1 being 4. */
  readonly rsv?: number;
  readonly masked?: boolean;
}

/** A frame as the server sent it. */
export interface RawFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Buffer;
  /** The payload, if it is a complete JSON frame. */
  readonly json: (ServerFrame & { id?: string }) | undefined;
}

/** The bytes of one WebSocket frame, valid or not; by default a masked text frame. */
export function frame(payload: string | Uint8Array, bits: FrameBits = {}): Buffer {
  const { opcode = opcodes.text, fin = true, rsv = 0, masked = true } = bits;
  const data = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const head = Buffer.concat([Buffer.from([first]), lengthBytes(data.length, masked ? 0x80 : 0)]);
  if (!masked) return Buffer.concat([head, data]);
  const key = randomBytes(4);
  for (let at = 0; at < data.length; at += 1) data[at] = (data[at] ?? 0) ^ (key[at & 3] ?? 0);
  return Buffer.concat([head, key, data]);
}

/** A JSON frame as the bytes of a WebSocket text frame. */
export function jsonFrame(value: object, bits: FrameBits = {}): Buffer {
  return frame(JSON.stringify(value), bits);
}

function lengthBytes(length: number, mask: number): Buffer {
  if (length < 126) return Buffer.from([mask | length]);
  if (length < 0x10000) return Buffer.from([mask | 126, length >> 8, length & 0xff]);
  const bytes = Buffer.alloc(9);
  bytes[0] = mask | 127;
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** The key of the example in RFC 6455, section 1.3, and a server's answer to it. */
export const sampleKey = 'dGhlIHNhbXBsZSBub25jZQ==';
export const sampleAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** Header lines by name: several of one name, or none. */
export type HeaderLines = Record<string, string | readonly string[] | undefined>;

/** An upgrade request by hand. `headers` replace the usual ones of the same name; undefined leaves one out. */
export function upgradeRequest(path = '/', headers: HeaderLines = {}): string {
  const all: HeaderLines = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': sampleKey,
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value = []]) => [value].flat().map((one) => `${name}: ${one}`));
  return `GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/** The head of an HTTP answer. */
export interface ResponseHead {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

export interface RawOptions {
  /** Of the upgrade request; they replace the usual ones of the same name. */
  readonly headers?: HeaderLines;
  readonly answersPings?: boolean;
  /** The local address: any of 127.0.0.0/8. */
  readonly localAddress?: string;
}

/** A WebSocket client by hand, which can break the protocol. */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  /** The server's close frame; 1006 if the connection ends without one (RFC 6455, section 7.1.5). */
  readonly closeFrame: Promise<{ code: number; reason: string }>;
  /** Settles when the TCP connection has ended in any way. */
  readonly gone: Promise<void>;
  /** The head of the answer to the request. */
  readonly head: Promise<ResponseHead>;
  /** Gets every frame first, in order. */
  onFrame: (one: RawFrame) => void = () => undefined;
  readonly #frames = new Inbox<RawFrame>();
  readonly #answersPings: boolean;
  #settled = 0;
  #isUpgraded = false;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #neededBytes = 0;
  #onHead: (head: ResponseHead) => void = () => undefined;
  #onCloseFrame: (close: { code: number; reason: string }) => void = () => undefined;

  constructor(port: number, { answersPings = true, localAddress = '127.0.0.1' }: RawOptions = {}) {
    this.#answersPings = answersPings;
    this.head = new Promise((resolve) => {
      this.#onHead = resolve;
    });
    this.closeFrame = new Promise((resolve) => {
      this.#onCloseFrame = resolve;
    });
    this.socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    this.gone = new Promise((resolve) => this.socket.once('close', () => resolve()));
    void this.gone.then(() => this.#onCloseFrame({ code: 1006, reason: '' }));
    // A reset is an acceptable end.
    this.socket.on('error', () => undefined);
    this.socket.on('data', (data) => this.#read(data));
  }

  /** Connects and upgrades. */
  static async connect(port: number, path = '/', options: RawOptions = {}): Promise<RawClient> {
    const client = new RawClient(port, options);
    client.write(upgradeRequest(path, options.headers));
    const { status } = await client.head;
    if (status !== 101) throw new Error(`the upgrade was answered with ${status}`);
    return client;
  }

  /** Sends bytes unchanged. */
  write(...bytes: (string | Uint8Array)[]): void {
    this.socket.write(Buffer.concat(bytes.map((part) => Buffer.from(part))));
  }

  /** Sends bytes one by one, so that a server in this process reads each by itself. */
  async trickle(bytes: string | Uint8Array): Promise<void> {
    for (const byte of Buffer.from(bytes)) {
      this.write(Buffer.from([byte]));
      // The loop polls its sockets between two turns.
      await turn();
    }
  }

  /** The next WebSocket frame with this opcode; others stay for later. */
  nextFrame(opcode: number): Promise<RawFrame> {
    return this.#frames.take((one) => one.opcode === opcode, `a frame with opcode ${opcode}`);
  }

  /** The next text frame that is a JSON frame of this type; others stay for later. */
  async next<T extends ServerFrame['type']>(type: T): Promise<Extract<ServerFrame, { type: T }>> {
    const found = await this.#frames.take((one) => one.json?.type === type, type);
    return found.json as Extract<ServerFrame, { type: T }>;
  }

  /** Takes all received JSON frames that were not taken yet. */
  drain(): ServerFrame[] {
    return this.#frames.drain().flatMap((one) => one.json ?? []);
  }

  /** Settles when the server has handled everything sent before, and its effects for this client have arrived. */
  async settle(): Promise<void> {
    const id = `settle-${this.#settled}`;
    this.#settled += 1;
    this.write(jsonFrame({ type: 'ping', id }));
    await this.#frames.take((one) => one.json?.id === id, `the answer to ${id}`);
  }

  /** Ends the connection with a TCP reset. */
  async reset(): Promise<void> {
    this.socket.resetAndDestroy();
    await this.gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  #read(data: Buffer): void {
    this.#unread.push(data);
    this.#unreadBytes += data.length;
    if (this.#unreadBytes < this.#neededBytes) return;
    let bytes: Buffer = Buffer.concat(this.#unread);
    if (!this.#isUpgraded) bytes = this.#readHead(bytes);
    this.#neededBytes = this.#isUpgraded ? 0 : bytes.length + 1;
    while (this.#isUpgraded) {
      const { one, needed } = parse(bytes);
      this.#neededBytes = needed;
      if (!one) break;
      bytes = bytes.subarray(needed);
      this.#take(one);
    }
    this.#unread = [bytes];
    this.#unreadBytes = bytes.length;
  }

  /** @returns the bytes after the head, or all bytes if the head is incomplete. */
  #readHead(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return bytes;
    const [statusLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const status = Number(statusLine.split(' ')[1]);
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
    this.#isUpgraded = status === 101;
    this.#onHead({ status, headers: new Map(headers) });
    return bytes.subarray(end + 4);
  }

  #take(one: RawFrame): void {
    if (one.opcode === opcodes.ping && this.#answersPings) this.write(frame(one.payload, { opcode: opcodes.pong }));
    if (one.opcode === opcodes.close) {
      const { payload } = one;
      this.#onCloseFrame({
        code: payload.length < 2 ? 1005 : payload.readUInt16BE(0),
        reason: payload.toString('utf8', 2),
      });
    }
    this.onFrame(one);
    this.#frames.push(one);
  }
}

/** The first frame in `bytes`, and how many it takes; without a frame, how many are needed to go on. */
function parse(bytes: Buffer): { one?: RawFrame; needed: number } {
  if (bytes.length < 2) return { needed: 2 };
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  // RFC 6455, section 5.1: a server must not mask.
  if (second & 0x80) throw new Error('the server sent a masked frame');
  const start = second < 126 ? 2 : second === 126 ? 4 : 10;
  if (bytes.length < start) return { needed: start };
  const length = second < 126 ? second : second === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  const needed = start + length;
  if (bytes.length < needed) return { needed };
  const payload = Buffer.from(bytes.subarray(start, needed));
  const fin = first >= 0x80;
  const opcode = first & 0xf;
  return { one: { fin, rsv: (first >> 4) & 7, opcode, payload, json: readJson(fin, opcode, payload) }, needed };
}

function readJson(fin: boolean, opcode: number, payload: Buffer): RawFrame['json'] {
  return fin && opcode === opcodes.text && payload[0] === 0x7b ? JSON.parse(payload.toString()) : undefined;
}
