/** One person's chat: turns the events of a hub and its rooms into entries, and has the present state. */
import type { Gap, Hub, Message, Presence, Receipt, Room, Signal, StateChange } from '../../client/api.ts';
import type { Member, User } from '../../protocol/generated/frames.ts';
import { shown } from '../../protocol/names.ts';
import type { Content, Entry, UnsentEntry } from './entries.ts';
import { Received } from './files.ts';
import { fileTypeOf } from './mime.ts';
import { People } from './people.ts';
import { Typing } from './typing.ts';
import { amount } from './words.ts';

export interface Display {
  /** An entry to show, after the earlier ones. */
  show(entry: Entry): void;
  /** Something else has changed: who is typing, which messages are on their way, how many are unread. */
  changed(): void;
}

export interface Clock {
  /** Milliseconds since 1970: for times that are shown. */
  now(): number;
  /** Milliseconds on a clock that does not jump: for durations. */
  monotonic(): number;
  /** Calls `then` after `delay` milliseconds. @returns a function that cancels it. */
  after(delay: number, then: () => void): () => void;
}

export interface ChatOptions {
  readonly display: Display;
  readonly clock: Clock;
  /** How many of the latest messages to show of a room that is entered. */
  readonly last: number;
  /** Whether all rooms are shown together. If not, messages in other rooms are kept until the person switches there. */
  readonly together: boolean;
}

/** A room this person is in, or is getting into. */
export interface OpenRoom {
  readonly name: string;
  readonly room: Room;
  /** Whether the server has let the person in. */
  isIn: boolean;
  /** How many messages came while another room was shown. */
  unread: number;
  /** Entries that came and have not been shown. */
  hidden: Entry[];
  /** How many of them were dropped because there were too many. */
  dropped: number;
  /** The oldest message that was shown. */
  oldest: { readonly epoch: string; readonly seq: number } | undefined;
  readonly typing: Typing;
}

/** A message on its way. */
interface Pending {
  readonly entry: UnsentEntry;
  /** It has come back, and is shown in its place among the others. */
  isHeard: boolean;
}

/** How many entries are kept of a room that is not shown. */
const manyHidden = 500;

export class Chat {
  readonly hub: Hub;
  readonly received = new Received();
  readonly people: People;
  readonly #options: ChatOptions;
  readonly #rooms = new Map<string, OpenRoom>();
  readonly #pending = new Set<Pending>();
  #current: string | undefined;
  #hasLooked = false;
  #connection: StateChange & { readonly since: number };
  #wasOnline = false;
  /** The last reported name and state of each user. */
  readonly #told = new Map<string, string>();

  constructor(hub: Hub, options: ChatOptions) {
    this.hub = hub;
    this.#options = options;
    this.people = new People(hub);
    this.#connection = { state: hub.state, since: options.clock.monotonic() };
    hub.on('state', (change) => this.#stateChanged(change));
    hub.on('user', ({ user, before }) => this.#userChanged(user, before));
    hub.on('refused', () => this.notice('the server does not know you any more: you are a new guest', 'error'));
    hub.on('error', ({ message }) => this.notice(message, 'error'));
    hub.on('direct', ({ from, to, at, body, mime }) => {
      this.people.meet(from);
      this.#direct(from, this.people.byId(to), at, this.#content(body, mime));
    });
    hub.on('broadcast', ({ from, at, body, mime }) => {
      this.people.meet(from);
      this.#show({ kind: 'broadcast', from: this.people.person(from), at, ...this.#content(body, mime) });
    });
  }

  // ---- the present state

  get current(): OpenRoom | undefined {
    return this.#current === undefined ? undefined : this.#rooms.get(this.#current);
  }

  get rooms(): readonly OpenRoom[] {
    return [...this.#rooms.values()];
  }

  get connection(): StateChange & { readonly since: number } {
    return this.#connection;
  }

  /** Messages on their way, in the order they were sent. */
  get pending(): readonly UnsentEntry[] {
    return Array.from(this.#pending).flatMap(({ entry, isHeard }) => (isHeard ? [] : [entry]));
  }

  // ---- actions of the person

  notice(text: string, tone: 'answer' | 'info' | 'error' = 'answer'): void {
    this.#show({ kind: 'notice', text, tone, at: this.#now });
  }

  show(entry: Entry): void {
    this.#show(entry);
  }

  /**
   * Enters a room if necessary. Settles when the server has let the person in.
   * @param look whether to show it now; the first room is always shown.
   * @throws HubbubError
   */
  async join(name: string, look = true): Promise<void> {
    const known = this.#rooms.get(name);
    if (known) return this.look(known);
    const { last } = this.#options;
    const open = this.#open(this.hub.room(name, last > 0 ? { last } : {}));
    if (look || this.#current === undefined) this.look(open);
    try {
      await open.room.entered;
      open.isIn = true;
    } catch (error) {
      if (this.#rooms.get(name) === open) this.#forget(open);
      throw error;
    }
  }

  /** Shows a room, with its hidden entries. */
  look(open: OpenRoom): void {
    if (this.#current === open.name) return;
    this.#current = open.name;
    if (!this.#options.together) {
      const { display } = this.#options;
      if (this.#hasLooked) display.show({ kind: 'heading', text: open.name });
      if (open.dropped > 0)
        this.notice(`${amount(open.dropped, 'older line')} not kept; /history has what was said`, 'info');
      for (const entry of open.hidden.splice(0)) display.show(entry);
    }
    if (open.dropped > 0) open.oldest = undefined;
    open.dropped = 0;
    this.#hasLooked = true;
    open.unread = 0;
    this.#options.display.changed();
  }

  async leave(open: OpenRoom): Promise<void> {
    await open.room.leave();
    this.#forget(open);
    this.notice(`you left ${shown(open.name)}`);
  }

  /** Settles when the server has taken it or refused it; a refusal is shown. @returns whether it was taken. */
  async say(open: OpenRoom, body: unknown, mime?: string): Promise<boolean> {
    const entry: UnsentEntry = {
      kind: 'unsent',
      room: open.name,
      from: this.hub.user,
      at: this.#now,
      ...describe(body, mime),
    };
    const pending = { entry, isHeard: false };
    this.#pending.add(pending);
    this.#options.display.changed();
    try {
      await open.room.send(body, mime === undefined ? {} : { mime });
      return true;
    } catch (error) {
      this.#show({ ...entry, reason: (error as Error).message });
      return false;
    } finally {
      this.#pending.delete(pending);
      this.#options.display.changed();
    }
  }

  async direct(to: User, body: string): Promise<Receipt> {
    const receipt = await this.hub.direct(to.id, body);
    const from = this.hub.user;
    if (from) this.#direct(from, to, receipt.at, { body });
    return receipt;
  }

  /** Shows messages before the oldest one that was shown. */
  async history(open: OpenRoom, limit: number): Promise<void> {
    const { room, oldest } = open;
    const { messages, more } = await room.history({ limit, ...(oldest && { before: oldest.seq }) });
    const [first] = messages;
    if (!first) return this.notice('there is nothing before that');
    open.oldest = first;
    this.#show({ kind: 'heading', text: `${open.name}, earlier` });
    for (const { from } of messages) this.people.meetEarlier(from);
    for (const message of messages) this.#show(this.#entryOf(message), true);
    this.#show({
      kind: 'heading',
      text: more ? 'that was earlier; /history goes further back' : 'that was the beginning',
    });
  }

  // ---- events of the server

  #open(room: Room): OpenRoom {
    const { clock, display } = this.#options;
    const open: OpenRoom = {
      name: room.name,
      room,
      isIn: false,
      unread: 0,
      hidden: [],
      dropped: 0,
      oldest: undefined,
      typing: new Typing(clock, () => display.changed()),
    };
    this.#rooms.set(room.name, open);
    this.#listen(open);
    return open;
  }

  #listen(open: OpenRoom): void {
    const { display } = this.#options;
    const { room } = open;
    room.on('joined', () => {
      for (const member of room.members?.values() ?? []) this.people.meet(member);
      display.changed();
    });
    room.on('gap', (gap) => this.#missed(open, gap));
    room.on('presence', (presence) => this.#present(open, presence));
    room.on('signal', (signal) => this.#signalled(open, signal));
    room.on('left', (error) => {
      // `join` reports a room that could not be entered.
      if (!error || !open.isIn || this.#rooms.get(open.name) !== open) return;
      this.#forget(open);
      this.notice(`you are no longer in ${shown(open.name)}: ${error.message}`, 'error');
    });
    // Last: messages that have waited come at once.
    room.on('message', (message) => this.#heard(open, message));
    display.changed();
  }

  #heard(open: OpenRoom, message: Message): void {
    this.people.meet(message.from);
    open.typing.stopped(message.from);
    if (open.oldest?.epoch !== message.epoch) open.oldest = message;
    const isOwn = message.from.id === this.hub.user?.id;
    if (isOwn) this.#heardOwn(message);
    else if (this.#current !== open.name) open.unread += 1;
    this.#show(this.#entryOf(message));
  }

  /** A message of one's own comes back before it is acknowledged: it must not be shown twice. */
  #heardOwn({ room, body }: Message): void {
    for (const pending of this.#pending) {
      if (pending.isHeard || pending.entry.room !== room || !isSame(pending.entry, body)) continue;
      pending.isHeard = true;
      return;
    }
  }

  #missed(open: OpenRoom, gap: Gap): void {
    if (gap.why === 'epoch') open.oldest = undefined;
    this.#show({ kind: 'gap', room: open.name, gap });
  }

  #present(open: OpenRoom, { joins, leaves, changes }: Presence): void {
    const others = ({ id }: User) => id !== this.hub.user?.id;
    for (const member of leaves) open.typing.stopped(member);
    const { people } = this;
    const before = changes.map(({ was }) => people.person(was));
    for (const member of [...joins, ...changes.map(({ member }) => member)]) people.meet(member);
    const different = changes.map(({ member }, at) => ({ member: people.person(member), was: before[at] ?? member }));
    const entry = {
      kind: 'presence',
      room: open.name,
      joins: joins.filter(others).map((member) => people.person(member)),
      leaves: leaves.filter(others).map((member) => people.person(member)),
      changes: different.filter(({ member }) => others(member) && this.#isNews(open, member)),
      at: this.#now,
    } as const;
    if (entry.joins.length + entry.leaves.length + entry.changes.length > 0) this.#show(entry);
    this.#options.display.changed();
  }

  /** A change of a name or state is reported once, not in each room; and not at all if its room is not shown. */
  #isNews({ name: room }: OpenRoom, { id, name, state, note }: Member): boolean {
    if (!this.#options.together) return room === this.#current;
    const told = JSON.stringify([name, state, note]);
    if (this.#told.get(id) === told) return false;
    this.#told.set(id, told);
    return true;
  }

  #signalled({ typing }: OpenRoom, { from, kind }: Signal): void {
    if (kind === 'typing' && from.id !== this.hub.user?.id) typing.started(from);
  }

  #userChanged(user: User, before: User | undefined): void {
    this.people.meet(user);
    const isFirst = before === undefined && !this.#options.together;
    if (before === undefined || before.id !== user.id) {
      this.notice(`you are ${shown(user.name)}${isFirst ? '; /help lists the commands' : ''}`, 'info');
      this.notice(`your id is ${user.id}`, 'info');
    } else this.notice(`you are now called ${shown(user.name)}`, 'info');
  }

  #stateChanged(change: StateChange): void {
    const { state, reason } = change;
    const wasOnline = this.#connection.state === 'online';
    this.#connection = { ...change, since: this.#options.clock.monotonic() };
    if (state === 'offline' && wasOnline)
      this.notice(`the connection is lost: ${reason?.message ?? 'no reason was given'}`, 'error');
    if (state === 'online' && this.#wasOnline) this.notice('connected again', 'info');
    if (state === 'online') this.#wasOnline = true;
    if (state === 'closed' && reason) this.notice(`the server has ended the connection: ${reason.message}`, 'error');
    this.#options.display.changed();
  }

  #forget(open: OpenRoom): void {
    open.typing.end();
    this.#rooms.delete(open.name);
    if (this.#current !== open.name) return this.#options.display.changed();
    this.#current = undefined;
    const [next] = this.#rooms.values();
    if (next) this.look(next);
    else this.#options.display.changed();
  }

  // ---- output

  /** @param now shows it even if another room is shown. */
  #show(entry: Entry, now = false): void {
    const room = 'room' in entry ? entry.room : undefined;
    const open =
      room === undefined || room === this.#current || now || this.#options.together ? undefined : this.#rooms.get(room);
    // A message that could not be sent is shown in any room.
    if (!open || entry.kind === 'unsent') return this.#options.display.show(entry);
    open.hidden.push(entry);
    if (open.hidden.length > manyHidden) {
      open.hidden.shift();
      open.dropped += 1;
    }
    this.#options.display.changed();
  }

  #entryOf({ room, from, at, body, mime }: Message): Entry {
    return { kind: 'message', room, from: this.people.person(from), at, ...this.#content(body, mime) };
  }

  #direct(from: User, to: User, at: number, content: Content): void {
    const { people } = this;
    this.#show({ kind: 'direct', from: people.person(from), to: people.person(to), at, ...content });
  }

  #content(body: unknown, mime: string | undefined): Content {
    return body instanceof Uint8Array ? { body, file: this.received.add(body, mime) } : { body };
  }

  get #now(): number {
    return this.#options.clock.now();
  }
}

function describe(body: unknown, mime: string | undefined): Content {
  return body instanceof Uint8Array ? { body, file: { size: body.length, ...fileTypeOf(mime) } } : { body };
}

function isSame(entry: UnsentEntry, body: unknown): boolean {
  if (body instanceof Uint8Array) return entry.body instanceof Uint8Array && Buffer.compare(entry.body, body) === 0;
  return entry.body === body;
}
