/** Lines in, lines out: for pipes, scripts, and simple terminals. */
import { createInterface } from 'node:readline';
import type { Hub, StateChange } from '../../client/api.ts';
import { type Command, readCommand } from '../../protocol/commands.ts';
import { exitCodes, type Surroundings } from '../surroundings.ts';
import { carryOut } from './carry-out.ts';
import { Chat, type Clock } from './chat.ts';
import type { Entry } from './entries.ts';
import type { Options } from './options.ts';
import { plainLines } from './plain.ts';

/** How many of the latest messages to show of a room that is entered. */
const last = 20;

/** How long `--once` waits for a server that was there before, in milliseconds. */
const outage = 10_000;

/** How many messages may be on their way before more input is read. */
const manyUnderWay = 200;

export class SimpleChat {
  readonly #surroundings: Surroundings;
  readonly #options: Options;
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #chat: Chat;
  readonly #underWay = new Set<Promise<boolean>>();
  #allWell = true;

  constructor(hub: Hub, options: Options, surroundings: Surroundings, clock: Clock) {
    this.#hub = hub;
    this.#surroundings = surroundings;
    this.#options = options;
    this.#clock = clock;
    const display = { show: (entry: Entry) => this.#show(entry), changed: () => undefined };
    this.#chat = new Chat(hub, { display, clock, last: options.once ? 0 : last, together: true });
  }

  /** @returns the exit code. */
  async run(): Promise<number> {
    const { stdin, stdout, onEnd } = this.#surroundings;
    const ended = new Promise<number>((end) => {
      // The reader of the output has gone away.
      stdout.on('error', () => end(exitCodes.well));
      onEnd(() => end(exitCodes.well));
      this.#hub.on('state', (change) => this.#stateChanged(change, end));
    });
    try {
      return await Promise.race([this.#converse(), ended]);
    } finally {
      stdin.pause();
    }
  }

  async #converse(): Promise<number> {
    const { rooms, once } = this.#options;
    const entered = await Promise.all(rooms.map((room) => carryOut({ kind: 'join', room, look: false }, this.#chat)));
    if (once && entered.includes(false)) return exitCodes.failed;
    // From here on: a line that is read before anything waits for it is lost.
    let isFirst = true;
    for await (const read of createInterface({ input: this.#surroundings.stdin })) {
      // Some shells send a byte order mark before everything else.
      const line = isFirst ? read.replace(/^\uFEFF/, '') : read;
      isFirst = false;
      if (line.trim() === '') {
        if (once) continue;
        break;
      }
      const command = readCommand(line, 'terminal');
      if (command.kind === 'quit') break;
      await this.#perform(command);
    }
    await Promise.all(this.#underWay);
    await this.#hub.close();
    return once && !this.#allWell ? exitCodes.failed : exitCodes.well;
  }

  /**
   * Messages do not wait for the server's answer; other commands wait for all messages before, and block later ones.
   */
  async #perform(command: Command): Promise<void> {
    const work = carryOut(command, this.#chat).then((isDone) => {
      this.#underWay.delete(work);
      this.#allWell &&= isDone;
      return isDone;
    });
    this.#underWay.add(work);
    const isSaid = command.kind === 'say' || command.kind === 'me';
    if (!isSaid) await Promise.all(this.#underWay);
    else if (this.#underWay.size >= manyUnderWay) await Promise.race(this.#underWay);
  }

  #stateChanged({ state, reason }: StateChange, end: (code: number) => void): void {
    const { once, url } = this.#options;
    const fail = (message: string) => {
      this.#surroundings.stderr.write(`hubbub: ${message}\n`);
      end(exitCodes.failed);
    };
    if (state === 'closed' && reason) return fail(`the server has ended the connection: ${reason.message}`);
    if (state !== 'offline') return;
    const trouble = `cannot reach ${url.host}: ${reason?.message}`;
    if (!once) {
      if (!this.#hub.user) this.#surroundings.stderr.write(`hubbub: ${trouble}; trying again\n`);
      return;
    }
    if (!this.#hub.user) return fail(trouble);
    const stop = this.#clock.after(outage, () => fail(trouble));
    const stopListening = this.#hub.on('state', ({ state }) => {
      if (state !== 'online') return;
      stop();
      stopListening();
    });
  }

  /** With `--once` only errors and answers to commands are shown. */
  #show(entry: Entry): void {
    const { stdout, stderr } = this.#surroundings;
    const isError = entry.kind === 'unsent' || (entry.kind === 'notice' && entry.tone === 'error');
    const isAnswer = entry.kind === 'notice' && entry.tone === 'answer';
    if (this.#options.once && !isError && !isAnswer) return;
    const lines = plainLines(entry, this.#options.rooms[0]);
    const output = isError && this.#options.once ? stderr : stdout;
    if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
  }
}
