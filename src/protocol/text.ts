/**
 * The `text` dialect: a whole chat with nothing but a socket. A line is a message to the current room, a line that
 * starts with `/` is a command, and the server answers in lines.
 */
import { actionMark, binaryMime, type Command, help, readCommand } from './commands.ts';
import type { Codec, Decoded, HistoryPage, LeftOut, Received, Stored, Wire } from './dialect.ts';
import type { ServerFrame } from './generated/frames.ts';
import { respelled, shown } from './names.ts';
import { Refusal } from './refusal.ts';
import { fromStored } from './stored.ts';
import { encodeText, history, readBackwards, said } from './text-lines.ts';
import type { TextRooms } from './text-rooms.ts';
import { validateClientFrame } from './validate.ts';

/** Removes a byte order mark at the start of a frame, which some shells send first, and no other one. */
const decoder = new TextDecoder();
const encoder = new TextEncoder();

const helpLines = help('text')
  .split('\n')
  .map((line) => `* ${line}`)
  .join('\n');

/** One connection's text codec: it remembers the current room, and who this is. */
export class TextCodec implements Codec {
  readonly dialect = 'text';
  readonly #all: TextRooms;
  /** The rooms of this connection; the last one is the current one. */
  readonly #rooms = new Set<string>();
  #userId: string | undefined;
  /** The receiver of the direct message that is not acknowledged yet. */
  #addressee = '';

  constructor(rooms: TextRooms) {
    this.#all = rooms;
  }

  decode(data: Received, isBinary: boolean): Iterable<Decoded> {
    if (isBinary) return [this.#say(Uint8Array.from(data instanceof Uint8Array ? data : new Uint8Array(data)))];
    const lines = decoder.decode(data).split(/\r\n|\r|\n/);
    return this.#each(lines.filter((line) => line.trim() !== ''));
  }

  encode(frame: ServerFrame): Wire {
    switch (frame.type) {
      case 'welcome':
        this.#userId = frame.user.id;
        break;
      case 'joined':
        this.#enter(frame.room);
        break;
      case 'left':
        this.#leave(frame.room);
        break;
      case 'direct':
        return said(this.#correspondent(frame), frame);
      case 'ack':
        return `* sent to ${this.#addressee}`;
      default:
    }
    return encodeText(frame, this.#all);
  }

  encodeStored(stored: Stored): Wire {
    return this.encode(fromStored(stored));
  }

  /** Decodes only the messages that are shown, from the latest one back. */
  encodeHistory(page: HistoryPage, messages: readonly Stored[], leftOut: LeftOut): Wire {
    return history(page, readBackwards(messages, leftOut), this.#all);
  }

  closed(): void {
    for (const room of this.#rooms) this.#leave(room);
  }

  #enter(room: string): void {
    if (!this.#rooms.delete(room)) this.#all.enter(room);
    this.#rooms.add(room);
  }

  #leave(room: string): void {
    if (this.#rooms.delete(room)) this.#all.leave(room);
  }

  #correspondent({ from }: Extract<ServerFrame, { type: 'direct' }>): string {
    if (from.id === this.#userId) return '[you, on another device]';
    return `[${shown(from.name, this.#all.tag(from, this.#rooms))} to you]`;
  }

  get #current(): string | undefined {
    return [...this.#rooms].at(-1);
  }

  #say(body: unknown, mime?: string): Decoded {
    return request({ type: 'message', room: this.#current, body, mime });
  }

  /** One by one: the room of a line depends on the line before, which may have joined one. */
  *#each(lines: readonly string[]): Generator<Decoded> {
    for (const line of lines) yield this.#line(readCommand(line, 'text'));
  }

  #line(command: Command): Decoded {
    switch (command.kind) {
      case 'say':
        return this.#say(command.text);
      case 'me':
        return this.#say(actionMark + command.action);
      case 'binary':
        return this.#say(encoder.encode(command.text), binaryMime);
      case 'join':
        return request({ type: 'join', room: command.room });
      case 'leave':
        return inRoom(command.room ?? this.#current, (room) => ({ type: 'leave', room }));
      case 'name':
        return request({ type: 'name', name: command.name });
      case 'who':
        return request({ type: 'list', room: command.room ?? this.#current });
      case 'everyone':
        return request({ type: 'list' });
      case 'rooms':
        return request({ type: 'rooms', prefix: command.prefix });
      case 'history':
        return inRoom(this.#current, (room) => ({ type: 'history', room, limit: command.count }));
      case 'msg':
        return this.#direct(command);
      case 'broadcast':
        return request({ type: 'broadcast', body: command.text });
      case 'status':
        return request({ type: 'status', state: command.state, note: command.note });
      case 'ping':
        return request({ type: 'ping' });
      case 'help':
        return { kind: 'answer', wire: helpLines };
      case 'quit':
        return { kind: 'quit' };
      case 'file':
      case 'save':
        return refused('invalid_frame', `there is no /${command.kind} here`);
      case 'wrong':
        return refused(command.unknown ? 'unknown_command' : 'invalid_frame', command.reason);
    }
  }

  /** A name may have characters that a user id may not: it is checked when it is looked up. */
  #direct({ to, text }: Extract<Command, { kind: 'msg' }>): Decoded {
    this.#addressee = respelled(to);
    return { kind: 'frame', frame: { type: 'direct', to, body: text, id: 'msg' }, byName: true };
  }
}

/** A request that needs a room. */
function inRoom(room: string | undefined, fields: (room: string) => Record<string, unknown>): Decoded {
  return room === undefined ? refused('not_joined', 'you are in no room; /join one') : request(fields(room));
}

/** A frame from its fields, without undefined ones; validated like any other frame. */
function request(fields: Record<string, unknown>): Decoded {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const frame = validateClientFrame(given);
  return frame instanceof Refusal ? { kind: 'refused', refusal: frame } : { kind: 'frame', frame };
}

function refused(code: Refusal['code'], message: string): Decoded {
  return { kind: 'refused', refusal: new Refusal(code, message) };
}
