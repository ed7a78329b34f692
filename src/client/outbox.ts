/**
 * The messages of a room that are not acknowledged yet. They are sent in order, and again on every new connection with
 * the same ids, until the server acknowledges them.
 */
import type { ServerError } from '../protocol/generated/frames.ts';
import type { Message, Sent } from './api.ts';
import type { Deferred } from './deferred.ts';
import type { Environment } from './environment.ts';
import type { HubbubError } from './error.ts';
import { defaultRetry, isPassing, toError } from './requests.ts';
import type { Job, Writer } from './writer.ts';

/** How many messages may be under way at once. */
const window = 64;

/** The longest time until the log has committed visible messages, in milliseconds. */
const commitTime = 1000;

export interface Letter {
  readonly id: string;
  job: Job;
  readonly receipt: Deferred<Sent>;
  /** It was given to the writer of this connection. */
  isUnderWay: boolean;
  /** Its place when it was received. It need not be sent again unless the server loses it. */
  heard?: { readonly sent: Sent; readonly connection: number } | undefined;
}

export class Outbox {
  readonly #environment: Environment;
  readonly #writer: Writer;
  readonly #letters = new Map<string, Letter>();
  #isOpen = false;
  /** Counts the connections. */
  #connection = 0;
  /** Sends one at a time until one is taken: later messages must not pass a refused one. */
  #isCareful = false;
  #pause: (() => void) | undefined;
  #confirmation: (() => void) | undefined;

  constructor(environment: Environment, writer: Writer) {
    this.#environment = environment;
    this.#writer = writer;
  }

  get size(): number {
    return this.#letters.size;
  }

  add(letter: Letter): void {
    this.#letters.set(letter.id, letter);
    this.#pump();
  }

  /** Settles when all present messages have been answered. */
  async settled(): Promise<void> {
    await Promise.allSettled(Array.from(this.#letters.values(), ({ receipt }) => receipt.promise));
  }

  /**
   * The room is entered again. Nothing is sent until all missed messages were received: own messages among them have
   * arrived.
   */
  shut(): void {
    this.#isOpen = false;
    this.#connection += 1;
    this.#pause?.();
    this.#pause = undefined;
    this.#confirmation?.();
    for (const letter of this.#letters.values()) letter.isUnderWay = false;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const letter of this.#letters.values()) {
      // It was received on an earlier connection, and is still in the log.
      if (letter.heard && letter.heard.connection < this.#connection) this.#confirm(letter);
    }
    // The others were just replayed. They may not be committed yet, and no `ack` will come for them.
    this.#confirmation = this.#environment.after(commitTime, () => {
      for (const letter of this.#letters.values()) if (!letter.isUnderWay) this.#confirm(letter);
    });
    this.#pump();
  }

  /** A message was received that may be one of these. */
  heard({ id = '', room, epoch, seq, at }: Message): void {
    const letter = this.#letters.get(id);
    if (letter) letter.heard = { sent: { id, room, epoch, seq, at }, connection: this.#connection };
  }

  /** The server has lost the messages after this number. */
  forgotten(after: number): void {
    for (const letter of this.#letters.values()) {
      if (letter.heard && letter.heard.sent.seq > after) letter.heard = undefined;
    }
  }

  acknowledged(sent: Sent): void {
    this.remove(sent.id)?.receipt.resolve(sent);
    this.#isCareful = false;
    this.#pump();
  }

  /** @returns whether it is one of them. */
  refused(error: ServerError): boolean {
    const letter = this.#letters.get(error.id ?? '');
    if (!letter) return false;
    if (isPassing(error)) {
      if (letter.isUnderWay) this.repeat(error.retry, letter);
    } else {
      letter.job.fail?.(toError(error));
      this.#pump();
    }
    return true;
  }

  /** Sends everything from this one on again, after a pause. */
  repeat(retry = defaultRetry, from?: Letter): void {
    let isLater = from === undefined;
    for (const letter of this.#letters.values()) {
      isLater ||= letter === from;
      if (!isLater || !letter.isUnderWay) continue;
      letter.isUnderWay = false;
      letter.job.dropped = true;
    }
    this.#isCareful = true;
    this.#pause ??= this.#environment.after(retry, () => {
      this.#pause = undefined;
      this.#pump();
    });
  }

  remove(id: string): Letter | undefined {
    const letter = this.#letters.get(id);
    this.#letters.delete(id);
    if (letter) letter.job.dropped = true;
    return letter;
  }

  fail(error: HubbubError): void {
    this.shut();
    for (const { job } of this.#letters.values()) job.fail?.(error);
  }

  #confirm(letter: Letter): void {
    if (!letter.heard) return;
    this.remove(letter.id);
    letter.receipt.resolve(letter.heard.sent);
  }

  #pump(): void {
    if (!this.#isOpen || this.#pause) return;
    let free = this.#isCareful ? 1 : window;
    for (const letter of this.#letters.values()) {
      if (free === 0) return;
      if (letter.heard && !letter.isUnderWay) continue;
      free -= 1;
      if (letter.isUnderWay) continue;
      letter.isUnderWay = true;
      // A new job: the dropped one may still be in the writer.
      letter.job = { ...letter.job, dropped: false };
      this.#writer.push(letter.job);
    }
  }
}
