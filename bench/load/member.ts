/** A client in a room: over one connection or, when that is cut, one after the other. */
import { readStamp } from './body.ts';
import { Connection, type Entrance } from './connection.ts';
import type { Sample } from './sample.ts';
import type { Standing } from './standing.ts';

export interface MemberOptions extends Entrance {
  /** How many bytes of payload a data frame must have to count as a message. */
  readonly minimum: number;
  /** Whether its messages are decoded. */
  readonly isSampled: boolean;
}

export class Member {
  readonly isSampled: boolean;
  /** Whether it has missed messages since the mark that its server cannot replay. */
  hasGap = false;
  readonly #options: MemberOptions;
  /** The state that it keeps to resume; undefined if it is not decoded, or its server cannot resume. */
  readonly #standing: Standing | undefined;
  #connection: Connection | undefined;
  #sample: Sample | undefined;
  #onPayload: ((payload: Buffer) => void) | undefined;
  /** A separate connection to send with, if messages do not come back over the sending one. */
  #publisher: Connection | undefined;

  private constructor(options: MemberOptions) {
    const { dialect, room, isSampled } = options;
    this.#options = options;
    this.isSampled = isSampled;
    this.#standing = isSampled ? dialect.standing?.(room) : undefined;
  }

  /** Connects, and waits until the server counts the client as a member. */
  static async open(options: MemberOptions): Promise<Member> {
    const member = new Member(options);
    const standing = member.#standing;
    const { opening } = options.dialect;
    await member.#connect(
      standing && typeof opening === 'function'
        ? (text, destination) => {
            standing.note(text);
            return opening(text, destination);
          }
        : opening,
    );
    return member;
  }

  get room(): string {
    return this.#options.room;
  }

  /** Why it is unusable; undefined if it is not. */
  get lost(): string | undefined {
    return this.#connection?.lost ?? this.#publisher?.lost;
  }

  /** Messages since the mark. */
  get messages(): number {
    return this.#sample?.messages ?? this.#reader?.messages ?? 0;
  }

  /** Data frames since the mark, over this connection. */
  get frames(): number {
    return (this.#reader?.messages ?? 0) + (this.#reader?.others ?? 0);
  }

  /** Bytes of payload since the mark in frames that are long enough for messages, over this connection. */
  get bytes(): number {
    return this.#reader?.bytes ?? 0;
  }

  /** Pings that this connection has answered. */
  get pings(): number {
    return this.#connection?.pings ?? 0;
  }

  /** Counts from here on. @param sample examines the messages; undefined if nothing does. */
  mark(sample: Sample | undefined, onPayload: ((payload: Buffer) => void) | undefined): void {
    this.hasGap = false;
    this.#sample = sample;
    this.#onPayload = onPayload;
    this.#reader?.reset();
    if (this.#reader) this.#reader.onPayload = onPayload;
  }

  /** Allows it to send. */
  async becomeSender(): Promise<void> {
    const { dialect, minimum } = this.#options;
    if (!dialect.excludesSender || this.#publisher) return;
    this.#publisher = await Connection.open(this.#options, minimum, (payload) => {
      // It gets messages over its other connection; everything else here is an error of the server.
      if (!readStamp(payload)) this.#onPayload?.(payload);
    });
  }

  /** `bytes` must not be changed afterwards. */
  send(bytes: Buffer): void {
    (this.#publisher ?? this.#connection)?.send(bytes);
  }

  /** Stops reading, like a client in a tunnel. */
  stall(): void {
    this.#connection?.stopReading();
  }

  wake(): void {
    this.#connection?.startReading();
  }

  /** Cuts the connection without a close frame. */
  cut(): void {
    this.#connection?.close();
    this.#publisher?.close();
  }

  /**
   * Comes back, and waits until it is a member again: it resumes if its server can do that, and joins anew otherwise.
   *
   * @returns how many messages it had missed, and gets now.
   */
  async comeBack(): Promise<number> {
    const standing = this.#standing;
    if (!standing) {
      this.hasGap = true;
      this.#sample?.forget();
      await this.#connect(this.#options.dialect.opening);
      return 0;
    }
    standing.sequence = this.#sample?.sequence ?? standing.sequence;
    await this.#connect((text) => standing.opening(text), standing.path);
    return standing.missed;
  }

  get #reader() {
    return this.#connection?.reader;
  }

  async #connect(opening: Entrance['dialect']['opening'], path?: string): Promise<void> {
    const { dialect, minimum } = this.#options;
    const entrance = {
      ...this.#options,
      dialect: { ...dialect, opening, ...(path !== undefined && { path: () => path }) },
    };
    this.#connection = await Connection.open(entrance, minimum, this.#onPayload);
  }
}
