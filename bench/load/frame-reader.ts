/**
 * The frames a server sends (RFC 6455, section 5.2), told apart by their headers. A payload is skipped without being
 * looked at, unless somebody asks for it: that keeps a load client cheaper than the server it measures.
 */

export interface FrameEvents {
  onPing(): void;
  /** A heartbeat of the server in a data frame. */
  onHeartbeat?(): void;
  /** The server closes; 1005 stands for no code (RFC 6455, section 7.1.5). */
  onClose(code: number, reason: string): void;
}

export interface ReaderOptions {
  /** The beginning of a heartbeat: a data frame below the minimum length. */
  readonly heartbeat?: string | undefined;
  /** Whether each line of a data frame counts as one. */
  readonly hasLines?: boolean | undefined;
}

const lineFeed = 0x0a;

const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** The longest header of a frame without a mask. */
const longestHeader = 10;

export class FrameReader {
  /** Complete data frames of at least the minimum length. */
  messages = 0;
  /** Shorter data frames. */
  others = 0;
  /** Bytes of payload in `messages`. */
  bytes = 0;
  /** Called with the payload of every data frame while it is set; only valid during the call. */
  onPayload: ((payload: Buffer) => void) | undefined;
  readonly #minimum: number;
  readonly #events: FrameEvents;
  readonly #heartbeat: Buffer | undefined;
  readonly #hasLines: boolean;
  /** A header that came in pieces. */
  readonly #header = Buffer.alloc(longestHeader);
  #headerBytes = 0;
  #opcode = 0;
  #length = 0;
  /** Bytes of the current payload that are still to come. */
  #missing = 0;
  /** The payload so far, when it is wanted and came in pieces. */
  #pieces: Buffer[] = [];

  /** @param minimum how many bytes of payload a data frame must have to count as a message. */
  constructor(minimum: number, events: FrameEvents, { heartbeat, hasLines = false }: ReaderOptions = {}) {
    this.#minimum = minimum;
    this.#events = events;
    this.#heartbeat = heartbeat === undefined ? undefined : Buffer.from(heartbeat);
    this.#hasLines = hasLines;
  }

  reset(): void {
    this.messages = 0;
    this.others = 0;
    this.bytes = 0;
  }

  /**
   * Takes the first `end` bytes of `chunk`, which is not kept.
   *
   * @throws {Error} at a masked frame, which a server must not send.
   */
  push(chunk: Buffer, end = chunk.length): void {
    let at = 0;
    while (at < end) {
      if (this.#missing > 0) at = this.#skip(chunk, at, end);
      else if (this.#headerBytes > 0 || end - at < longestHeader) at = this.#collectHeader(chunk, at);
      else at += this.#begin(chunk, at);
    }
  }

  #skip(chunk: Buffer, at: number, end: number): number {
    const until = Math.min(end, at + this.#missing);
    if (this.#wanted && until - at < this.#length) this.#pieces.push(Buffer.from(chunk.subarray(at, until)));
    this.#missing -= until - at;
    if (this.#missing > 0) return until;
    if (!this.#wanted) this.#finish(undefined);
    else if (this.#pieces.length === 0) this.#finish(chunk.subarray(at, until));
    else this.#finish(Buffer.concat(this.#pieces.splice(0)));
    return until;
  }

  get #wanted(): boolean {
    if (this.onPayload !== undefined || this.#hasLines || this.#opcode === opcodes.close) return true;
    return this.#heartbeat !== undefined && this.#length < this.#minimum;
  }

  /** Adds one byte to a header that may be incomplete. */
  #collectHeader(chunk: Buffer, at: number): number {
    this.#header[this.#headerBytes] = chunk[at] as number;
    this.#headerBytes += 1;
    if (this.#headerBytes >= 2 && this.#headerBytes === headerLength(this.#header[1] as number)) {
      this.#headerBytes = 0;
      this.#begin(this.#header, 0);
    }
    return at + 1;
  }

  /** Reads the header at `at`, and says how long it is. */
  #begin(bytes: Buffer, at: number): number {
    const second = bytes[at + 1] as number;
    if (second > 127) throw new Error('the server sent a masked frame');
    this.#opcode = (bytes[at] as number) & 0x0f;
    if (second < 126) this.#length = second;
    else if (second === 126) this.#length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    else this.#length = Number(bytes.readBigUInt64BE(at + 2));
    this.#missing = this.#length;
    if (this.#missing === 0) this.#finish(undefined);
    return headerLength(second);
  }

  #finish(payload: Buffer | undefined): void {
    switch (this.#opcode) {
      case opcodes.close:
        if (!payload || payload.length < 2) return this.#events.onClose(1005, '');
        return this.#events.onClose(payload.readUInt16BE(0), payload.toString('utf8', 2));
      case opcodes.ping:
        return this.#events.onPing();
      case opcodes.pong:
        return;
      default:
    }
    if (this.#hasLines && payload) this.#takeLines(payload);
    else this.#take(this.#length, payload);
  }

  #takeLines(payload: Buffer): void {
    for (let from = 0; from < payload.length; ) {
      const end = payload.indexOf(lineFeed, from);
      const until = end < 0 ? payload.length : end;
      if (until > from) this.#take(until - from, payload.subarray(from, until));
      from = until + 1;
    }
  }

  #take(length: number, payload: Buffer | undefined): void {
    if (length >= this.#minimum) {
      this.messages += 1;
      this.bytes += length;
    } else if (this.#heartbeat && payload?.subarray(0, this.#heartbeat.length).equals(this.#heartbeat)) {
      return this.#events.onHeartbeat?.();
    } else {
      this.others += 1;
    }
    if (payload) this.onPayload?.(payload);
  }
}

/** @param second the second byte of a frame without a mask. */
function headerLength(second: number): number {
  if (second < 126) return 2;
  return second === 126 ? 4 : longestHeader;
}
