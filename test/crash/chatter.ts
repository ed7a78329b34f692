/** A client that follows the rules of PROTOCOL.md: it resumes, and sends unacknowledged messages again. */
import WebSocket from 'ws';
import type { ClientMessage, Position, ServerFrame, ServerMessage } from '../../src/protocol/generated/frames.ts';
import type { Random } from '../kit/random.ts';

/** The acknowledgement of one of its messages. */
export interface Acknowledged extends Position {
  readonly room: string;
}

/** A message as it was received. */
export interface Heard extends Position {
  readonly user: string;
  readonly id: string;
}

export interface ChatterOptions {
  readonly name: string;
  readonly rooms: readonly string[];
  /** How many messages may be unacknowledged at once. */
  readonly window: number;
  readonly random: Random;
  readonly onAck: () => void;
  /** Called with a description when the server breaks a rule. */
  readonly onViolation: (what: string) => void;
}

export class Chatter {
  readonly options: ChatterOptions;
  /** By message id. */
  readonly acknowledged = new Map<string, Acknowledged>();
  /** By room. */
  readonly heard: ReadonlyMap<string, Heard[]>;
  /** The position at which it started to listen, by room. */
  readonly starts = new Map<string, Position>();
  user = '';
  isTalking = true;
  #socket: WebSocket | undefined;
  #ticket: string | undefined;
  #said = 0;
  readonly #unacknowledged = new Map<string, ClientMessage>();
  readonly #positions = new Map<string, Position>();
  readonly #joining = new Set<string>();
  /** Its messages of each room, by sender and id: the number, or undefined if the server has lost the message. */
  readonly #has: ReadonlyMap<string, Map<string, number | undefined>>;
  #settled: () => void = () => undefined;

  constructor(options: ChatterOptions) {
    this.options = options;
    this.heard = new Map(options.rooms.map((room) => [room, []]));
    this.#has = new Map(options.rooms.map((room) => [room, new Map()]));
  }

  /** Whether all its messages are acknowledged. */
  get isDone(): boolean {
    return this.#unacknowledged.size === 0;
  }

  /** @param url `ws://127.0.0.1:<port>` */
  connect(url: string): void {
    const who = this.#ticket === undefined ? `name=${this.options.name}` : `token=${encodeURIComponent(this.#ticket)}`;
    const socket = new WebSocket(`${url}/?${who}`, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      if (this.#socket === socket) this.#receive(JSON.parse(data.toString()));
    });
    // The server is killed during conversations.
    socket.on('error', () => undefined);
  }

  /** Settles when everything that was sent to it by now has arrived. */
  settle(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve;
      this.#send({ type: 'ping', id: 'settle' });
    });
  }

  close(): void {
    this.#socket?.close(1000);
  }

  #send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.user = frame.user.id;
        this.#ticket = frame.ticket;
        for (const room of this.options.rooms) this.#join(room);
        return;
      case 'joined':
        return this.#joined(frame);
      case 'message':
        return this.#hear(frame);
      case 'ack':
        return this.#acknowledge(frame);
      case 'pong':
        return this.#settled();
      case 'gap':
      case 'error':
        return this.#violation(`got ${JSON.stringify(frame)}`);
      default:
    }
  }

  #join(room: string): void {
    this.#joining.add(room);
    const since = this.#positions.get(room);
    this.#send({ type: 'join', room, ...(since && { since }) });
  }

  #joined({ room, epoch, seq, after = seq, recovered }: Extract<ServerFrame, { type: 'joined' }>): void {
    if (!this.#joining.delete(room)) return;
    if (this.#positions.has(room) && !recovered) this.#violation(`was not given back what it missed in ${room}`);
    this.#lose(room, this.#positions.get(room)?.epoch === epoch ? after : 0);
    this.#positions.set(room, { epoch, seq: after });
    if (!this.starts.has(room)) this.starts.set(room, { epoch, seq: after });
    if (this.#joining.size > 0) return;
    for (const message of this.#unacknowledged.values()) this.#send(message);
    this.#talk();
  }

  #talk(): void {
    const { rooms, window, random } = this.options;
    while (this.isTalking && this.#unacknowledged.size < window) {
      this.#said += 1;
      const id = `m${this.#said}`;
      const message: ClientMessage = {
        type: 'message',
        room: random.pick(rooms),
        id,
        body: 'x'.repeat(random.below(300)),
      };
      this.#unacknowledged.set(id, message);
      this.#send(message);
    }
  }

  #hear({ room, seq, prev = seq - 1, from, id = '' }: ServerMessage): void {
    const position = this.#positions.get(room);
    if (!position) return this.#violation(`heard of ${room} before it was there`);
    if (seq <= position.seq) return this.#violation(`got ${seq} of ${room} after ${position.seq}`);
    if (prev > position.seq) this.#violation(`missed ${position.seq + 1} to ${prev} of ${room} without a word`);
    if (prev < position.seq) this.#lose(room, prev);
    this.#positions.set(room, { epoch: position.epoch, seq });
    const name = `${from.id} ${id}`;
    const before = this.#has.get(room)?.get(name);
    if (before !== undefined) this.#violation(`got ${name} of ${room} as ${before}, and as ${seq} again`);
    this.#has.get(room)?.set(name, seq);
    this.heard.get(room)?.push({ epoch: position.epoch, seq, user: from.id, id });
  }

  /** Messages after this number may be sent again. */
  #lose(room: string, after: number): void {
    const has = this.#has.get(room);
    for (const [name, seq = 0] of has ?? []) if (seq > after) has?.set(name, undefined);
  }

  #acknowledge({ id, room = '', epoch = '', seq = 0 }: Extract<ServerFrame, { type: 'ack' }>): void {
    if (!this.#unacknowledged.delete(id)) return this.#violation(`got an ack for ${id}, which it has already`);
    this.acknowledged.set(id, { room, epoch, seq });
    this.options.onAck();
    this.#talk();
  }

  #violation(what: string): void {
    this.options.onViolation(`${this.options.name} ${what}`);
  }
}
