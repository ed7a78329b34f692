/**
 * The `text` dialect: a whole chat with nothing but a socket. A line is a message to the current room, a line that
 * starts with `/` is a command, and the server answers in lines.
 */
import type { Codec, Decoded, HistoryPage, LeftOut, Received, Stored, Wire } from './dialect.ts';
import type { Member, ServerFrame, ServerMessage, ServerPresence, StoredMessage, User } from './generated/frames.ts';
import { printable } from './printable.ts';
import { Refusal } from './refusal.ts';
import { fromStored } from './stored.ts';
import { validateClientFrame } from './validate.ts';

const decoder = new TextDecoder();

/** What a body has more of stands in the last one: a long name before thousands of empty lines is out of proportion. */
const maxLines = 100;

/** How much of a room's history is shown, in UTF-16 units: with a long name before each line it is more than was asked. */
const maxHistory = 65_536;

const help = [
  '* What you type is said in the current room. Commands:',
  '*   /join <room>          enter a room; what you type goes there from now on',
  '*   /leave [room]         leave the current room, or another one',
  '*   /name <name>          change your name (also /username)',
  '*   /who [room]           who is here (also /list); /who * for the whole server',
  '*   /rooms [prefix]       which rooms are open',
  '*   /history [n]          the latest messages of the current room',
  '*   /msg <name> <text>    say something to one person; put "quotes" around a name with spaces',
  '*   /broadcast <text>     say something to everyone on the server',
  '*   /status <state> [note]  online, away or busy',
  '*   /ping                 is the server there?',
  '*   /help                 this list',
  '*   /quit                 leave',
  '* To say something that starts with a slash, double it: //like this',
].join('\n');

/** One connection's text codec: it remembers the current room, and who this is. */
export class TextCodec implements Codec {
  readonly dialect = 'text';
  readonly #home: ReadonlySet<string>;
  /** The rooms of this connection; the last one is the current one. */
  readonly #rooms = new Set<string>();
  #userId: string | undefined;

  constructor(home: ReadonlySet<string>) {
    this.#home = home;
  }

  decode(data: Received, isBinary: boolean): Iterable<Decoded> {
    if (isBinary) return [this.#say(Uint8Array.from(data instanceof Uint8Array ? data : new Uint8Array(data)))];
    const lines = decoder.decode(data).split(/\r\n|\r|\n/);
    return this.#each(lines.filter((line) => line.trim() !== ''));
  }

  encode(frame: ServerFrame): Wire {
    if (frame.type === 'joined') this.#enter(frame.room);
    else if (frame.type === 'left') this.#rooms.delete(frame.room);
    else if (frame.type === 'welcome') this.#userId = frame.user.id;
    else if (frame.type === 'direct' && frame.from.id === this.#userId) return said('[you, on another device]', frame);
    return encodeText(frame, this.#home);
  }

  encodeStored(stored: Stored): Wire {
    return this.encode(fromStored(stored));
  }

  /** Only those that are shown are read, from the latest one back. */
  encodeHistory(page: HistoryPage, messages: readonly Stored[], leftOut: LeftOut): Wire {
    return history(page, readBackwards(messages, leftOut), this.#home);
  }

  #enter(room: string): void {
    this.#rooms.delete(room);
    this.#rooms.add(room);
  }

  get #current(): string | undefined {
    return [...this.#rooms].at(-1);
  }

  #say(body: unknown): Decoded {
    return request({ type: 'message', room: this.#current, body });
  }

  /** One by one: where a line goes depends on the room that the line before it may have led to. */
  *#each(lines: readonly string[]): Generator<Decoded> {
    for (const line of lines) yield this.#line(line);
  }

  #line(line: string): Decoded {
    if (!line.startsWith('/')) return this.#say(line);
    if (line.startsWith('//')) return this.#say(line.slice(1));
    const [, command = '', rest = ''] = /^\/(\S*)(.*)$/su.exec(line) ?? [];
    return this.#command(command.toLowerCase(), rest.trim());
  }

  #command(command: string, rest: string): Decoded {
    const optional = rest === '' ? undefined : rest;
    switch (command) {
      case 'join':
        return request({ type: 'join', room: optional });
      case 'leave':
        return this.#leave(optional ?? this.#current);
      case 'name':
      case 'username':
      case 'nick':
        return request({ type: 'name', name: optional });
      case 'who':
      case 'list':
        return request({ type: 'list', room: rest === '*' ? undefined : (optional ?? this.#current) });
      case 'rooms':
        return request({ type: 'rooms', prefix: optional });
      case 'history':
        return this.#history(optional);
      case 'msg':
        return this.#direct(rest);
      case 'broadcast':
        return rest === '' ? usage('/broadcast <text>') : request({ type: 'broadcast', body: rest });
      case 'status':
        return this.#status(rest);
      case 'ping':
        return request({ type: 'ping' });
      case 'help':
        return { kind: 'answer', wire: help };
      case 'quit':
        return { kind: 'quit' };
      default: {
        const message = `there is no command /${printable(command).slice(0, 40)}; /help lists them`;
        return { kind: 'refused', refusal: new Refusal('unknown_command', message) };
      }
    }
  }

  #leave(room: string | undefined): Decoded {
    return room === undefined ? inNoRoom : request({ type: 'leave', room });
  }

  #history(limit = '20'): Decoded {
    if (!/^\d+$/.test(limit)) return usage('/history [number of messages]');
    return this.#current === undefined
      ? inNoRoom
      : request({ type: 'history', room: this.#current, limit: Number(limit) });
  }

  #direct(rest: string): Decoded {
    const [, quoted, plain, body = ''] = /^(?:"([^"]+)"|(\S+))\s+(.+)$/su.exec(rest) ?? [];
    const to = quoted ?? plain;
    if (to === undefined) return usage('/msg <name> <text>');
    // A name may hold what a user id may not: it is checked when it is looked up. The id comes back in the `ack`.
    const id = [...`sent to ${printable(to).replaceAll('\t', ' ')}`].slice(0, 64).join('');
    return { kind: 'frame', frame: { type: 'direct', to, body, id }, byName: true };
  }

  #status(rest: string): Decoded {
    const [, state, note] = /^(\S+)(?:\s+(.+))?$/su.exec(rest) ?? [];
    return state === undefined ? usage('/status online|away|busy [note]') : request({ type: 'status', state, note });
  }
}

const inNoRoom: Decoded = { kind: 'refused', refusal: new Refusal('not_joined', 'you are in no room; /join one') };

/** A frame from its fields, those that are undefined left out; checked against its schema like any other. */
function request(fields: Record<string, unknown>): Decoded {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const frame = validateClientFrame(given);
  return frame instanceof Refusal ? { kind: 'refused', refusal: frame } : { kind: 'frame', frame };
}

function usage(form: string): Decoded {
  return { kind: 'refused', refusal: new Refusal('invalid_frame', `write it like this: ${form}`) };
}

/**
 * One frame as lines for a person, joined by line feeds; an empty string where there is nothing to tell. Messages in a
 * `home` room stand without the room's name.
 */
export function encodeText(frame: ServerFrame, home: ReadonlySet<string>): string {
  switch (frame.type) {
    case 'welcome':
      return `* welcome to ${frame.server.name} ${frame.server.version}; you are ${frame.user.name}. /help lists the commands`;
    case 'joined':
      return `* ${frame.room}: ${roster(frame.members, frame.count)}`;
    case 'left':
      return `* you left ${frame.room}`;
    case 'message':
      return said(`${home.has(frame.room) ? '' : `[${frame.room}] `}<${frame.from.name}>`, frame);
    case 'direct':
      return said(`[${frame.from.name} to you]`, frame);
    case 'broadcast':
      return said(`<${frame.from.name} to everyone>`, frame);
    case 'echo':
      return said('* echo', frame);
    case 'signal':
      return '';
    case 'ack':
      return `* ${printable(frame.id)}`;
    case 'presence':
      return presence(frame);
    case 'members':
      return `* ${frame.room ?? 'on this server'}: ${roster(frame.members, frame.count)}`;
    case 'rooms': {
      const rooms = frame.rooms.map(({ room, count }) => `${room} (${count})`);
      return `* rooms: ${rooms.join(', ') || 'none'}${frame.cursor === undefined ? '' : ' and more'}`;
    }
    case 'history':
      return history(frame, frame.messages.toReversed().map(withBody), home);
    case 'gap':
      return `* ${frame.room}: messages are missing here`;
    case 'pong':
      return `* pong at ${new Date(frame.at).toISOString()}`;
    case 'error':
      return `! ${printable(frame.message)}`;
    case 'goodbye':
      return frame.why === 'quit' ? '* goodbye' : `* goodbye: ${frame.message}`;
  }
}

function* readBackwards(messages: readonly Stored[], leftOut: LeftOut): Generator<ServerMessage> {
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    try {
      yield fromStored(messages[index] as Stored);
    } catch (error) {
      leftOut(index, error);
    }
  }
}

/** @param messages the latest one first; as many of them are taken as there is room for. */
function history({ room }: HistoryPage, messages: Iterable<ServerMessage>, home: ReadonlySet<string>): string {
  const shown = latestLines(messages, home);
  if (shown.length === 0) return `* ${room}: no messages`;
  return [`* ${room}: the latest ${shown.length} messages`, ...shown, `* ${room}: that was the history`].join('\n');
}

/** The latest message, and those before it as far as there is room for them. */
function latestLines(messages: Iterable<ServerMessage>, home: ReadonlySet<string>): string[] {
  const lines: string[] = [];
  let length = 0;
  for (const message of messages) {
    const said = encodeText(message, home);
    length += said.length;
    if (length > maxHistory && lines.length > 0) break;
    lines.push(said);
  }
  return lines.reverse();
}

function withBody({ base64, ...message }: StoredMessage): ServerMessage {
  if (base64 === undefined) return { ...message, body: message.body };
  return { ...message, body: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)) };
}

function roster(members: readonly Member[] | undefined, count: number): string {
  if (!members) return `${count} people`;
  const names = members.map((member) => `${member.name}${attention(member)}`);
  if (members.length < count) names.push(`and ${count - members.length} more`);
  return `${names.join(', ')} (${count} here)`;
}

function attention({ state, note }: Member): string {
  if (state === 'online' && note === undefined) return '';
  return note === undefined ? ` [${state}]` : ` [${state}: ${note}]`;
}

function presence({ room, joins = [], leaves = [], changes = [] }: ServerPresence): string {
  const lines: string[] = [];
  if (joins.length > 0) lines.push(`* ${names(joins)} joined ${room}`);
  if (leaves.length > 0) lines.push(`* ${names(leaves)} left ${room}`);
  for (const { name, state, note, was } of changes) {
    if (was?.name !== undefined) lines.push(`* ${was.name} is now called ${name}`);
    if (was?.state !== undefined) lines.push(`* ${name} is ${state}${note === undefined ? '' : `: ${note}`}`);
  }
  return lines.join('\n');
}

function names(users: readonly User[]): string {
  return users.map(({ name }) => name).join(', ');
}

/** A body under the name of who said it: every line of it, so that nobody can make up lines of the server. */
function said(who: string, { body, mime }: { body?: unknown; mime?: string }): string {
  if (body instanceof Uint8Array) {
    return `${who} sent ${body.length} bytes${mime === undefined ? '' : ` (${printable(mime)})`}`;
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const lines = text.split(/\r\n|[\r\n\u2028\u2029]/);
  if (lines.length > maxLines) lines.push(lines.splice(maxLines - 1).join('\uFFFD'));
  return lines.map((line) => `${who} ${printable(line)}`).join('\n');
}
