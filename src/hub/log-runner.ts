/**
 * Carries out effects on the log: appends messages, and replays them to connections that missed them. A replay goes out
 * in pieces, each when the connection has taken most of the one before, and a bounded number of pieces per turn of the
 * loop: so it neither blocks the server nor floods the client.
 */
import type { Entry, Log, ReadLimits, RoomHead } from '../log/port.ts';
import type { Codecs } from '../protocol/codecs.ts';
import type { Stored, Wire } from '../protocol/dialect.ts';
import type { ServerJoined } from '../protocol/generated/frames.ts';
import type { Clock } from './clock.ts';
import type { Command } from './commands.ts';
import type { EdgePort } from './edge-port.ts';
import type { Keeping } from './effects.ts';
import type { Receiver } from './fan-out.ts';
import type { ConnectionId } from './user.ts';
import type { Work } from './work.ts';

/** The first piece is sent at once when a connection joins: most have missed little. */
const firstPiece: ReadLimits = { entries: 64, bytes: 16_384 };
const laterPiece: ReadLimits = { entries: 256, bytes: 32_768 };

/** The cost of a piece, and of each entry in it, and the budget of a turn of the loop; in units of `Work`. */
const pieceCost = 40;
const entryCost = 5;
const turnUnits = 1000;

/** The form in which a message is kept. */
export function toStored(wire: Wire): Stored {
  const isBinary = typeof wire !== 'string';
  // Small buffers share a pool: a third of the time of a `TextEncoder`.
  return { bytes: isBinary ? wire : Buffer.from(wire), isBinary };
}

interface Replay {
  readonly room: string;
  /** The connection has everything up to this number. */
  after: number;
  readonly to: number;
}

export interface LogRunnerOptions extends Pick<Clock, 'trusted'> {
  readonly log: Log;
  readonly codecs: Codecs;
  readonly edge: EdgePort;
  /** The connection of this name; undefined if it is gone. */
  readonly find: (connection: ConnectionId) => Receiver | undefined;
  readonly dispatch: (command: Command) => void;
  readonly work: Work;
  /** Does something in another turn of the loop. */
  readonly soon: (then: () => void) => void;
  /** The log of a room cannot be read or, if there is a `seq`, this one entry of it. For the operator. */
  readonly unreadable: (room: string, error: unknown, seq?: number) => void;
}

export class LogRunner {
  readonly #options: LogRunnerOptions;
  /** The replays of each connection, one room after the other. */
  readonly #replays = new Map<ConnectionId, Replay[]>();
  /** Connections that were sent a piece and may not have taken it yet: many short replays add up. */
  readonly #fed = new WeakSet<Receiver>();
  /** Connections that can be sent a piece when there is time. */
  readonly #ready = new Set<ConnectionId>();
  /** The budget left in this turn of the loop. */
  #left = turnUnits;
  #isPlanned = false;

  constructor(options: LogRunnerOptions) {
    this.#options = options;
  }

  /** How many connections are catching up. */
  get size(): number {
    return this.#replays.size;
  }

  /** @throws Error if the log refuses a message although it was available. */
  carryOut(effect: Keeping): void {
    switch (effect.type) {
      case 'append': {
        const { room, seq, prev = seq - 1, at, from, id } = effect.frame;
        const { codecs, log, trusted } = this.#options;
        const { bytes, isBinary } = toStored(codecs.encode('json', effect.frame));
        const user = from.id;
        // A message with a wrong stamp must not count as old, or as from the future, when the clock is right again.
        const taken = trusted(at);
        // Written out: objects from a spread make all later code slower.
        const entry: Entry =
          id === undefined
            ? { seq, prev, at: taken, user, bytes, isBinary }
            : { seq, prev, at: taken, user, id, bytes, isBinary };
        const unavailable = log.append(room, entry);
        if (unavailable) throw new Error(`message ${seq} of ${room} was not kept: ${unavailable.reason}`);
        return;
      }
      case 'replay':
        return this.#start(effect.connection, { room: effect.room, after: effect.after, to: effect.to });
      case 'stopReplay':
        return this.#end(effect.connection, effect.room);
      case 'history':
        return this.#sendPage(effect);
      case 'joinedAgain':
        return this.#answer(effect.connection, effect.joined);
    }
  }

  /** The connection has taken most of what it was sent. */
  drained(connection: ConnectionId): void {
    const receiver = this.#options.find(connection);
    if (receiver) this.#fed.delete(receiver);
    if (this.#replays.has(connection)) this.#goOn(connection, laterPiece);
  }

  /** Sends a piece now or, if others come first, in its turn. */
  #goOn(connection: ConnectionId, limits: ReadLimits): void {
    if (this.#left > 0 && this.#ready.size === 0) this.#proceed(connection, limits);
    else this.#ready.add(connection);
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#options.soon(() => this.#turn());
  }

  #turn(): void {
    this.#isPlanned = false;
    this.#left = turnUnits;
    for (const connection of this.#ready) {
      if (this.#left <= 0) break;
      this.#ready.delete(connection);
      this.#proceed(connection, laterPiece);
    }
    if (this.#ready.size === 0 || this.#isPlanned) return;
    this.#isPlanned = true;
    this.#options.soon(() => this.#turn());
  }

  #start(connection: ConnectionId, replay: Replay): void {
    const replays = this.#replays.get(connection);
    if (replays) {
      replays.push(replay);
      return;
    }
    this.#replays.set(connection, [replay]);
    const receiver = this.#options.find(connection);
    if (!receiver || !this.#fed.has(receiver)) this.#goOn(connection, firstPiece);
  }

  /** The next replay of the connection begins when the edge calls `drained`, as it was asked to. */
  #end(connection: ConnectionId, room: string): void {
    const others = (this.#replays.get(connection) ?? []).filter((replay) => replay.room !== room);
    if (others.length > 0) this.#replays.set(connection, others);
    else this.#replays.delete(connection);
  }

  #proceed(connection: ConnectionId, limits: ReadLimits): void {
    const [replay] = this.#replays.get(connection) ?? [];
    if (!replay) return;
    const receiver = this.#options.find(connection);
    if (!receiver) {
      this.#replays.delete(connection);
      return;
    }
    const { room } = replay;
    const isOver = this.#sendPiece(receiver, replay, limits);
    if (isOver) this.#end(connection, room);
    this.#fed.add(receiver);
    this.#options.edge.whenDrained(connection);
    if (isOver) this.#options.dispatch({ type: 'replayed', connection, room, seq: replay.to });
  }

  #sendPage({ connection, page, entries }: Extract<Keeping, { type: 'history' }>): void {
    const receiver = this.#options.find(connection);
    if (!receiver) return;
    const leftOut = (index: number, error: unknown) => {
      this.#options.unreadable(page.room, error, entries[index]?.seq);
    };
    receiver.deliverPage(receiver.codec.encodeHistory(page, entries, leftOut));
  }

  /** Answers with the position that the replay has reached. */
  #answer(connection: ConnectionId, joined: ServerJoined): void {
    const replay = this.#replays.get(connection)?.find(({ room }) => room === joined.room);
    this.#options.find(connection)?.deliver({ ...joined, ...(replay && { after: replay.after }) });
  }

  /** @returns whether the replay is complete. */
  #sendPiece(receiver: Receiver, replay: Replay, limits: ReadLimits): boolean {
    const { to } = replay;
    const { entries, trimmed } = this.#read(replay, limits);
    const cost = pieceCost + entries.length * entryCost;
    this.#left -= cost;
    this.#options.work.own += cost;
    let run: Wire[] = [];
    for (const entry of entries) {
      if (entry.seq > to) break;
      const wire = this.#encode(receiver, replay.room, entry);
      if (wire === undefined) continue;
      if (entry.prev > replay.after) {
        if (run.length > 0) receiver.deliverAll(run);
        run = [];
        bridge(receiver, replay, entry.prev, trimmed);
      }
      run.push(wire);
      replay.after = entry.seq;
    }
    if (run.length > 0) receiver.deliverAll(run);
    const end = Math.min(entries.at(-1)?.seq ?? to, to);
    bridge(receiver, replay, end, trimmed);
    return end === to;
  }

  /** @returns undefined for an entry that is not a message: it counts as missing. */
  #encode(receiver: Receiver, room: string, entry: Entry): Wire | undefined {
    try {
      return receiver.codec.encodeStored(entry);
    } catch (error) {
      this.#options.unreadable(room, error, entry.seq);
      return undefined;
    }
  }

  /** Unreadable entries count as missing, and do not hold up the replay. */
  #read({ room, after }: Replay, limits: ReadLimits): Pick<RoomHead, 'trimmed'> & { entries: Entry[] } {
    const { log, unreadable } = this.#options;
    try {
      return { entries: log.read(room, { after }, limits), trimmed: log.head(room).trimmed };
    } catch (error) {
      unreadable(room, error);
      return { entries: [], trimmed: 0 };
    }
  }
}

/** Sends a `gap` if messages up to number `seq` are missing. */
function bridge(receiver: Receiver, replay: Replay, seq: number, trimmed: number): void {
  if (seq <= replay.after) return;
  const { room } = replay;
  receiver.deliver({ type: 'gap', room, from: replay.after + 1, to: seq, why: trimmed >= seq ? 'trimmed' : 'damaged' });
  replay.after = seq;
}
