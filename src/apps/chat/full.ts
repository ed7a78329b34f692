/** The chat in a full terminal. */
import type { Hub } from '../../client/api.ts';
import { isSaid, readCommand } from '../../protocol/commands.ts';
import { exitCodes, type Surroundings } from '../surroundings.ts';
import { edit, empty, History, insert, textIn, upOrDown, withText } from '../terminal/editor.ts';
import { inputRows } from '../terminal/input-rows.ts';
import { type KeyAction, listen } from '../terminal/keys.ts';
import { clip, dim, type Line, span } from '../terminal/line.ts';
import { type Bottom, depthOf, Screen } from '../terminal/screen.ts';
import { carryOut } from './carry-out.ts';
import { Chat, type Clock } from './chat.ts';
import { complete } from './complete.ts';
import type { Entry } from './entries.ts';
import { filesIn } from './files.ts';
import type { Options } from './options.ts';
import { status } from './status.ts';
import { typingInterval } from './typing.ts';
import { day, view } from './view.ts';
import { amount, nameOf } from './words.ts';

/** How many of the latest messages to show of a room that is entered. */
const last = 20;

/** The most rows of messages on their way, and of the input. */
const most = { pending: 3, input: 8 };

export class FullChat {
  readonly #surroundings: Surroundings;
  readonly #clock: Clock;
  readonly #hub: Hub;
  readonly #chat: Chat;
  readonly #screen: Screen;
  readonly #history = new History();
  readonly #emptyQuits: boolean;
  #editing = empty;
  /** Candidates of a completion, shown instead of the status. */
  #choices: readonly string[] = [];
  #typedAt = Number.NEGATIVE_INFINITY;
  /** The day of the latest entry: a change is announced. */
  #day: string | undefined;
  #isTicking = false;
  #quit: (code: number) => void = () => undefined;
  #isQuitting = false;

  constructor(hub: Hub, options: Options, surroundings: Surroundings, clock: Clock) {
    this.#hub = hub;
    this.#surroundings = surroundings;
    this.#clock = clock;
    this.#emptyQuits = options.emptyQuits;
    const { stdout, env } = surroundings;
    this.#screen = new Screen(stdout, depthOf(stdout, env, options.color), () => this.#bottom());
    const display = { show: (entry: Entry) => this.#show(entry), changed: () => this.#changed() };
    this.#chat = new Chat(hub, { display, clock, last, together: false });
    this.#day = day(clock.now());
  }

  /** @returns the exit code, once the person has left. */
  async run(rooms: readonly string[]): Promise<number> {
    const { stdin } = this.#surroundings;
    const chat = this.#chat;
    const ended = new Promise<number>((quit) => {
      this.#quit = quit;
    });
    stdin.setRawMode?.(true);
    const stopListening = listen(stdin, (action) => this.#press(action));
    stdin.on('end', () => this.#leave(exitCodes.well));
    this.#surroundings.onEnd(() => this.#leave(exitCodes.well));
    this.#hub.on('state', ({ state, reason }) => {
      if (state === 'closed' && reason) this.#quit(exitCodes.failed);
    });
    for (const room of rooms) this.#perform(() => carryOut({ kind: 'join', room, look: false }, chat));
    this.#screen.update();
    try {
      return await ended;
    } finally {
      stopListening();
      this.#screen.close();
      stdin.setRawMode?.(false);
      stdin.pause();
    }
  }

  // ---- keys

  #press(action: KeyAction): void {
    const editing = this.#editing;
    this.#choices = [];
    switch (action.kind) {
      case 'insert':
        this.#editing = insert(editing, action.text);
        this.#tellTyping();
        break;
      case 'edit':
        this.#editing = edit(editing, action.operation);
        break;
      case 'enter':
        this.#enter(textIn(editing));
        break;
      case 'up':
      case 'down':
        this.#upOrDown(action.kind === 'up' ? -1 : 1);
        break;
      case 'complete':
        this.#complete();
        break;
      case 'room':
        this.#lookAt(action.number);
        break;
      case 'redraw':
        this.#screen.clear();
        break;
      case 'interrupt':
        if (textIn(editing) === '') this.#leave(exitCodes.well);
        this.#editing = withText(editing, '');
        break;
      case 'end':
        if (textIn(editing) === '') this.#leave(exitCodes.well);
        else this.#editing = edit(editing, 'delete after');
        break;
    }
    this.#screen.update();
  }

  #enter(typed: string): void {
    this.#editing = withText(this.#editing, '');
    if (typed.trim() === '') {
      if (this.#emptyQuits) this.#leave(exitCodes.well);
      return;
    }
    this.#history.add(typed);
    this.#typedAt = 0;
    const command = readCommand(typed, 'terminal');
    if (command.kind === 'quit') this.#leave(exitCodes.well);
    else this.#perform(() => carryOut(command, this.#chat));
  }

  #upOrDown(by: -1 | 1): void {
    const moved = upOrDown(this.#editing, by);
    const recalled = moved ? undefined : this.#history.move(by, textIn(this.#editing));
    if (moved) this.#editing = moved;
    else if (recalled !== undefined) this.#editing = withText(this.#editing, recalled);
  }

  #complete(): void {
    const { current, rooms, people } = this.#chat;
    const { others } = people;
    const { before, choices } = complete(this.#editing.before, {
      rooms: [...rooms.filter((open) => open !== current), ...(current ? [current] : [])].map(({ name }) => name),
      users: others.map(({ name }) => name),
      addresses: others.map(nameOf),
      files: filesIn,
    });
    this.#editing = { ...this.#editing, before };
    this.#choices = choices;
  }

  #lookAt(number: number): void {
    const open = this.#chat.rooms[number - 1];
    if (open) this.#chat.look(open);
  }

  /** Sends a typing notice, if the line is meant for others. */
  #tellTyping(): void {
    const typed = textIn(this.#editing);
    const time = this.#clock.monotonic();
    if (!isSaid(typed) || typed.trim() === '' || time - this.#typedAt < typingInterval) return;
    if (this.#chat.current?.room.signal('typing')) this.#typedAt = time;
  }

  #perform(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => this.#chat.notice(`this should not happen: ${error}`, 'error'));
  }

  /** Leaves; a second call does not wait. */
  #leave(code: number): void {
    if (this.#isQuitting) return this.#quit(code);
    this.#isQuitting = true;
    const { pending } = this.#chat;
    if (pending.length > 0) this.#chat.notice(`${amount(pending.length, 'message')} not acknowledged yet …`, 'info');
    this.#hub.close().then(
      () => this.#quit(code),
      () => this.#quit(code),
    );
  }

  // ---- output

  #show(entry: Entry): void {
    const { columns } = this.#screen;
    const lines: Line[] = [];
    const today = 'at' in entry ? day(entry.at) : this.#day;
    if (today !== undefined && today !== this.#day) lines.push(...view({ kind: 'heading', text: today }, { columns }));
    this.#day = today;
    this.#screen.print([...lines, ...view(entry, { columns })]);
  }

  #bottom(): Bottom {
    const { columns, rows } = this.#screen;
    const above = [...this.#pendingRows(columns), this.#statusRow(columns)];
    const room = Math.max(1, Math.min(most.input, rows - above.length - 1));
    const input = inputRows(this.#editing, span('> ', { bold: true }), columns, room);
    const cursor = { row: above.length + input.cursor.row, column: input.cursor.column };
    return { rows: [...above, ...input.rows], cursor };
  }

  #pendingRows(columns: number): Line[] {
    const { pending } = this.#chat;
    const rows = pending.slice(0, most.pending).flatMap((entry) => view(entry, { columns }).slice(0, 1));
    const more = pending.length - most.pending;
    if (more > 0) rows.push(clip([span(`  …  and ${amount(more, 'more message')} on the way`, dim)], columns));
    return rows;
  }

  #statusRow(columns: number): Line {
    if (this.#choices.length > 0) return clip([span(this.#choices.join('  '), dim)], columns);
    return status(this.#chat, this.#clock.monotonic(), columns);
  }

  #changed(): void {
    this.#screen.update();
    this.#countDown();
  }

  /** While there is no connection, the status says when the next attempt is made. */
  #countDown(): void {
    if (this.#isTicking || this.#chat.connection.state !== 'offline') return;
    this.#isTicking = true;
    this.#clock.after(1000, () => {
      this.#isTicking = false;
      this.#changed();
    });
  }
}
