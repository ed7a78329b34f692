/** A room of this client: it is joined again on every connection, followed without gaps, and left once. */
import type {
  Change,
  Member,
  Position,
  ServerError,
  ServerFrame,
  ServerGap,
  ServerHistory,
  ServerJoined,
  ServerMessage,
} from '../protocol/generated/frames.ts';
import type {
  CallOptions,
  EntryOptions,
  HistoryOptions,
  Message,
  Page,
  Presence,
  Room,
  RoomEvents,
  SendOptions,
  Sent,
} from './api.ts';
import { abortable, Deferred } from './deferred.ts';
import { asyncDispose } from './dispose.ts';
import { Emitter } from './emitter.ts';
import type { Environment } from './environment.ts';
import { HubbubError } from './error.ts';
import { Follower } from './follower.ts';
import { Outbox } from './outbox.ts';
import { defaultRetry, isPassing, type Requests, toError } from './requests.ts';
import { Roster } from './roster.ts';
import { Stream } from './stream.ts';
import { encode, fromPage, signalOf } from './wire.ts';
import type { Writer } from './writer.ts';

/** The part of the hub that rooms use. */
export interface RoomContext {
  readonly environment: Environment;
  readonly writer: Writer;
  readonly requests: Requests;
  readonly newId: () => string;
  /** Why nothing can be sent now; undefined if it can. */
  readonly refusal: () => HubbubError | undefined;
  /** Called when the room has ended. */
  readonly over: (room: RoomClient) => void;
  /** Called with the members that changed; this user may be one of them. */
  readonly changed: (changes: readonly Change[]) => void;
}

/** All events except `message`, which goes through the stream. */
type Events = Omit<RoomEvents, 'message'>;

/**
 * `out` → `joining` → `catching up` → `live`, on every connection; `left` at the end. What is said to the room goes out
 * while it is live.
 */
type Phase = 'out' | 'joining' | 'catching up' | 'live' | 'left';

export class RoomClient implements Room {
  readonly name: string;
  /** How many callers have the room or wait to enter it. */
  waiting = 0;
  /** A later entry of the same room, which starts once this one has been left. */
  next: RoomClient | undefined;
  readonly #entered = new Deferred<void>();
  readonly #context: RoomContext;
  readonly #emitter = new Emitter<Events>();
  readonly #stream = new Stream((gap) => this.#emitter.emit('gap', gap));
  readonly #roster = new Roster();
  readonly #outbox: Outbox;
  readonly #follower = new Follower((after) => this.#outbox.forgotten(after));
  /**
   * The ids of own messages that are not to be heard. They come nevertheless: without them the position would not be
   * sure.
   */
  readonly #unechoed = new Set<string>();
  #phase: Phase = 'out';
  #isFirst = true;
  /** The options of the first entry. */
  readonly #start: EntryOptions;
  /** The id of the pending `join`. */
  #joinId: string | undefined;
  /** The epoch of the position in that `join`. */
  #epochBefore: string | undefined;
  /** The room is live once it has every message up to this number. */
  #target = 0;
  /** The position from which it was last joined again because a message was missing. */
  #missedAt: string | undefined;
  #leaving: Promise<void> | undefined;

  constructor(context: RoomContext, name: string, { since, last }: EntryOptions) {
    this.name = name;
    this.#context = context;
    this.#start = { since: since && { epoch: since.epoch, seq: since.seq }, last };
    this.#outbox = new Outbox(context.environment, context.writer);
    // Nobody may be waiting for it: avoids an unhandled rejection.
    this.entered.catch(() => undefined);
  }

  get entered(): Promise<void> {
    return this.#entered.promise;
  }

  get position(): Position | undefined {
    return this.#follower.position;
  }

  get members(): ReadonlyMap<string, Member> | undefined {
    return this.#roster.members;
  }

  get count(): number {
    return this.#roster.count;
  }

  /** The number of messages that are not acknowledged yet. */
  get unacknowledged(): number {
    return this.#outbox.size;
  }

  /** Settles when all that was sent by now has been answered. */
  settled(): Promise<void> {
    return this.#outbox.settled();
  }

  // ---- what the application asks for

  async send(body: unknown, { signal, echo = true, mime }: SendOptions = {}): Promise<Sent> {
    signal?.throwIfAborted();
    const { refusal: refused, writer, newId } = this.#context;
    const id = newId();
    const encoded = encode({ type: 'message', room: this.name, body, mime, id });
    const refusal = this.#over() ?? refused() ?? writer.refusal(encoded.size);
    if (refusal) throw refusal;
    const receipt = new Deferred<Sent>();
    const fail = (reason: unknown) => this.#outbox.remove(id)?.receipt.reject(reason);
    if (!echo) this.#unechoed.add(id);
    this.#outbox.add({ id, job: { ...encoded, fail }, receipt, isUnderWay: false });
    return abortable(receipt.promise, signal, () => fail(signal?.reason));
  }

  signal(kind: string, body?: unknown, { mime }: { readonly mime?: string } = {}): boolean {
    const { writer } = this.#context;
    if (this.#phase !== 'live' || !writer.isIdle) return false;
    const job = encode({ type: 'signal', room: this.name, kind, body, mime });
    if (writer.refusal(job.size)) return false;
    writer.push(job);
    return true;
  }

  async history({ before, after, limit, signal }: HistoryOptions = {}): Promise<Page> {
    const refusal = this.#over();
    if (refusal) throw refusal;
    const page = await this.#context.requests.ask<ServerHistory>(
      { type: 'history', room: this.name, before, after, limit },
      signal,
      true,
    );
    return { messages: page.messages.map((message) => fromPage(message, page.epoch)), more: page.more };
  }

  get isLeft(): boolean {
    return this.#phase === 'left';
  }

  /** Resolves when the room has been left; undefined unless that was asked for. */
  get leaving(): Promise<void> | undefined {
    return this.#leaving;
  }

  leave({ signal }: CallOptions = {}): Promise<void> {
    this.#leaving ??= this.#leave();
    return abortable(this.#leaving, signal);
  }

  [asyncDispose](): Promise<void> {
    return this.leave();
  }

  on<Event extends keyof RoomEvents>(event: Event, listener: (event: RoomEvents[Event]) => void): () => void {
    if (event === 'message') return this.#stream.listen(listener as (message: Message) => void);
    return this.#emitter.on(event as keyof Events, listener as (event: Events[keyof Events]) => void);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Message, undefined> {
    return this.#stream.iterate();
  }

  async #leave(): Promise<void> {
    await this.#outbox.settled();
    const isIn = this.#phase !== 'out' && this.#phase !== 'left';
    // Without a connection there is nothing to send: the server removes the user when the grace time is over.
    const left = isIn && this.#context.requests.ask({ type: 'leave', room: this.name });
    // After the request was sent, because this lets another entry of the room start.
    this.end(undefined);
    if (left) await left.catch(() => undefined);
  }

  /** Why nothing can be sent to this room any more; undefined if it can. */
  #over(): HubbubError | undefined {
    const isOver = this.#phase === 'left' || this.#leaving !== undefined;
    return isOver ? this.#left() : undefined;
  }

  #left(): HubbubError {
    return new HubbubError('left', `${this.name} has been left`);
  }

  // ---- what the hub tells

  /** Joins: on a new connection, or again on this one because a message is missing. */
  enter(): void {
    if (this.#phase === 'left') return;
    this.#outbox.shut();
    this.#phase = 'joining';
    this.#joinId = this.#context.newId();
    const { position } = this.#follower;
    const start = position ? { since: position } : this.#start;
    this.#epochBefore = start.since?.epoch;
    const fail = (error: HubbubError) => this.end(error);
    this.#context.writer.push({ ...encode({ type: 'join', room: this.name, ...start, id: this.#joinId }), fail });
  }

  /** Called when the connection is lost. */
  lost(): void {
    if (this.#phase === 'left') return;
    this.#phase = 'out';
    this.#joinId = undefined;
    this.#outbox.shut();
  }

  /** An unknown frame was refused by the rate limit: sends everything again that is not answered. */
  repeat(retry: number): void {
    this.#outbox.repeat(retry);
    if (this.#phase === 'joining') this.#enterLater(retry);
  }

  /** @returns whether the refused frame was from this room. */
  refused(error: ServerError): boolean {
    if (error.id === undefined || error.id !== this.#joinId) return this.#outbox.refused(error);
    if (isPassing(error) || (error.code === 'internal' && !this.#isFirst)) this.#enterLater(error.retry);
    else this.end(toError(error));
    return true;
  }

  receive(frame: ServerFrame): void {
    // Frames of an earlier stay in the room may still arrive.
    if (this.#isFirst && frame.type !== 'joined') return;
    switch (frame.type) {
      case 'joined':
        return this.#joined(frame);
      case 'message':
        return this.#message(frame);
      case 'ack': {
        const { type: _, ...sent } = frame;
        // The `ack` of a message has a position.
        return this.#outbox.acknowledged(sent as Sent);
      }
      case 'gap':
        return this.#gap(frame);
      case 'presence':
        this.#present(this.#roster.update(frame));
        return this.#context.changed(frame.changes ?? []);
      case 'members':
        return this.#present(this.#roster.replace(frame.members, frame.count));
      case 'signal':
        return this.#emitter.emit('signal', signalOf(frame));
      case 'left':
        return this.end(new HubbubError('left', `the server has ended ${this.name} for this client`));
      default:
    }
  }

  /**
   * It is over, by an error or not.
   * @param why what is told to those who wait for an answer.
   */
  end(error: HubbubError | undefined, why = error ?? this.#left()): void {
    if (this.#phase === 'left') return;
    this.#phase = 'left';
    this.#outbox.fail(why);
    this.#entered.reject(why);
    this.#context.over(this);
    this.#stream.end(error);
    this.#emitter.emit('left', error);
  }

  // ---- following

  #joined({ id, epoch, seq, after = seq, recovered = true, members, count }: ServerJoined): void {
    const isAnswer = this.#joinId !== undefined && id === this.#joinId;
    if (!isAnswer && (id !== undefined || this.#isFirst)) return;
    const difference = this.#roster.replace(members, count);
    if (isAnswer) {
      this.#joinId = undefined;
      this.#phase = 'catching up';
      this.#target = seq;
      this.#follower.set(epoch, after);
    }
    const first = this.#isFirst;
    this.#isFirst = false;
    this.#emitter.emit('joined', { first, epoch, seq, count });
    if (first) this.#entered.resolve();
    else this.#present(difference);
    if (!isAnswer) return this.#unasked(epoch, seq);
    // Otherwise the server sends `gap` next.
    if (recovered) this.#advanced();
  }

  /** The server had to rebuild the room. The position tells whether anything is missing. */
  #unasked(epoch: string, seq: number): void {
    const { position } = this.#follower;
    if (this.#phase === 'joining' || !position) return;
    if (position.epoch !== epoch) this.#follower.set(epoch, 0);
    if (seq > (position.epoch === epoch ? position.seq : 0)) return this.enter();
    this.#target = seq;
    this.#advanced();
  }

  #gap({ type: _, ...gap }: ServerGap): void {
    const { position } = this.#follower;
    if (!position) return;
    const { to } = gap;
    this.#stream.gap(gap);
    if (to !== undefined) {
      if (to > position.seq) this.#follower.set(position.epoch, to);
      return this.#advanced();
    }
    // In a new epoch this client has seen no message yet.
    if (position.epoch === this.#epochBefore || position.seq === 0) return this.#advanced();
    this.#follower.set(position.epoch, 0);
    this.enter();
  }

  #message(frame: ServerMessage): void {
    let news = this.#follower.take(frame);
    if (news === 'missing' && !this.#miss(frame)) news = this.#follower.take(frame);
    const { position } = this.#follower;
    if (!position || news === 'known' || news === 'missing') return;
    const { type: _, prev: __, ...message } = { ...frame, epoch: position.epoch };
    this.#outbox.heard(message);
    const isUnechoed = this.#unechoed.delete(message.id ?? '');
    if (news === 'next' && !isUnechoed) this.#stream.message(message);
    this.#advanced();
  }

  /** @returns whether to wait for the missing messages; otherwise they are reported as a gap. */
  #miss({ seq, prev = seq - 1 }: ServerMessage): boolean {
    const { position } = this.#follower;
    if (!position || this.#phase === 'joining') return true;
    const place = `${position.epoch} ${position.seq}`;
    if (this.#missedAt !== place) {
      this.#missedAt = place;
      this.enter();
      return true;
    }
    this.#stream.gap({ room: this.name, from: position.seq + 1, to: prev, why: 'damaged' });
    this.#follower.set(position.epoch, prev);
    return false;
  }

  #advanced(): void {
    const { position } = this.#follower;
    if (this.#phase !== 'catching up' || !position || position.seq < this.#target) return;
    this.#phase = 'live';
    this.#outbox.open();
  }

  #enterLater(retry = defaultRetry): void {
    const id = this.#joinId;
    this.#context.environment.after(retry, () => {
      if (id === this.#joinId && this.#phase === 'joining') this.enter();
    });
  }

  #present(presence: Presence): void {
    const { joins, leaves, changes } = presence;
    for (const member of leaves) this.#emitter.emit('leave', member);
    for (const member of joins) this.#emitter.emit('join', member);
    for (const change of changes) this.#emitter.emit('change', change);
    this.#emitter.emit('presence', presence);
  }
}
