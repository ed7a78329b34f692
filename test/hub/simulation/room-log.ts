/** The messages that were really sent in a room, and those that are kept: a plain model of its numbers and its log. */
import { idWindow } from '../held-log.ts';
import { ensure } from './violation.ts';

/** A message, and its state. */
export interface Said {
  readonly seq: number;
  readonly prev: number;
  readonly body: string;
  readonly user: string;
  readonly id: string | undefined;
  readonly at: number;
  /** The connection that does not get it. */
  readonly spared: string | undefined;
  isCommitted: boolean;
}

export type Saying = Pick<Said, 'body' | 'user' | 'id' | 'at' | 'spared'>;

export interface RoomLogOptions {
  readonly isKept: boolean;
  /** Messages go out when they are committed. */
  readonly isHeldBack: boolean;
}

export class RoomLog {
  /** Changes whenever the numbering starts anew. */
  readonly life: number;
  readonly options: RoomLogOptions;
  /** The number of the latest message that went out, and of the latest there is. */
  seq = 0;
  last = 0;
  next = 1;
  /** The latest number that was trimmed. */
  trimmed = 0;
  /** The room sent counts when the last member left, and may still do so if somebody joins before all is committed. */
  isLarge = false;
  /** Readable messages by number, and remembered ids in order. */
  readonly messages = new Map<number, Said>();
  #remembered: Said[] = [];

  constructor(life: number, options: RoomLogOptions) {
    this.life = life;
    this.options = options;
  }

  say(saying: Saying): Said {
    const { isKept, isHeldBack } = this.options;
    const said = { ...saying, seq: this.next, prev: this.last, isCommitted: !isKept };
    this.last = said.seq;
    this.next = said.seq + 1;
    if (!isHeldBack) this.seq = said.seq;
    if (!isKept) return said;
    this.messages.set(said.seq, said);
    this.#remembered.push(said);
    return said;
  }

  commit(said: Said): void {
    said.isCommitted = true;
    if (this.options.isHeldBack) this.seq = said.seq;
  }

  /** The user's message with this id, if it is still remembered. */
  find(user: string, id: string, now: number): Said | undefined {
    const found = this.#remembered.slice(-idWindow.count).findLast((said) => said.id === id && said.user === user);
    return found && now - found.at <= idWindow.time ? found : undefined;
  }

  /** Whether it is, or was, in the log under its id. */
  hasHad(body: string): boolean {
    return this.#remembered.some((said) => said.body === body);
  }

  /** Messages that went out and can be read. */
  visible(): Said[] {
    return [...this.messages.values()].filter(({ seq }) => seq <= this.seq);
  }

  /** Removes all messages except the latest `count`; uncommitted ones stay. */
  trim(count: number): void {
    const stored = [...this.messages.values()];
    for (const { seq, isCommitted } of stored.slice(0, Math.max(0, stored.length - count))) {
      if (!isCommitted) return;
      this.messages.delete(seq);
      this.trimmed = seq;
    }
  }

  /** The process is gone, and uncommitted messages with it. @returns how many those were. */
  kill(jump: number): number {
    const lost = [...this.messages.values()].filter(({ isCommitted }) => !isCommitted);
    for (const { seq } of lost) this.messages.delete(seq);
    this.#remembered = [...this.messages.values()];
    this.last = this.#remembered.at(-1)?.seq ?? this.trimmed;
    this.seq = this.last;
    this.next += jump;
    this.isLarge = false;
    return lost.length;
  }

  /** Whether the store has a record of it. */
  get isStored(): boolean {
    return this.last > 0;
  }

  /** Whether some messages after this number are missing. */
  misses(seq: number): boolean {
    return this.options.isKept ? seq < this.trimmed : seq < this.seq;
  }

  /** @throws Violation if one of these numbers belongs to a readable message */
  ensureMissing(from: number, to: number, who: () => string): void {
    const there = this.visible().find(({ seq }) => from <= seq && seq <= to);
    ensure(
      there === undefined,
      () => `${who()} is told that ${from} to ${to} are missing, but ${there?.body} is there`,
    );
    ensure(to <= this.seq, () => `${who()} is told that ${to} is missing, but there is no such number yet`);
  }
}
