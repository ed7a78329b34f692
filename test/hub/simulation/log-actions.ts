/**
 * Actions on the log: of users, who send and read; and of the log, which refuses, commits, trims and survives kills.
 */
import type { ClientJoin, ServerFrame, ServerHistory, ServerJoined } from '../../../src/protocol/generated/frames.ts';
import type { Choices, Sayable } from './choices.ts';
import type { Delivery, Expected, Inspection, Peer } from './inspection.ts';
import { checkLogs } from './kept.ts';
import type { RoomLog, Said, Saying } from './room-log.ts';
import { ensure } from './violation.ts';

const retry = 1000;

export class LogActions {
  readonly #choices: Choices;
  readonly #inspection: Inspection;
  readonly #maxRooms: number;
  readonly events = { unavailable: 0, repeats: 0, pages: 0, joinedAgain: 0, trims: 0, kills: 0, restarts: 0 };

  constructor(choices: Choices, inspection: Inspection, maxRooms: number) {
    this.#choices = choices;
    this.#inspection = inspection;
    this.#maxRooms = maxRooms;
  }

  // ---- actions of users

  join(peer: Peer, room: string): void {
    const rooms = this.#choices.roomsOf(peer);
    const fits = rooms.has(room) || rooms.size < this.#maxRooms;
    const reached = this.#inspection.reached(peer, room);
    const isImpatient = reached !== undefined && this.#choices.random.chance(0.5);
    const start = isImpatient ? {} : this.#start(room);
    const frame: ClientJoin = { type: 'join', room, id: this.#choices.id(), ...start };
    const { connection } = peer.client;
    const log = this.#inspection.truth.log(room);
    const mayReplay = !this.#inspection.kit.edge.isAwaited(connection);
    const look = (answer: ServerFrame, failed: readonly string[]) => {
      const isAnew = failed.includes(room) && !log?.options.isKept;
      if (answer.type !== 'joined') return;
      if (reached !== undefined && !frame.since && !frame.last) this.#checkAgain(answer, reached);
      else checkStart(answer, frame, isAnew ? undefined : log);
    };
    peer.replica.joining = room;
    const then = (): Expected => {
      peer.replica.joining = undefined;
      if (!fits) return { answer: 'too_many_rooms' };
      this.#inspection.truth.join(connection, room);
      return { answer: 'joined', replays: (to) => mayReplay && to === connection };
    };
    this.#inspection.request(peer, frame, then, { look });
  }

  /** In the middle of a replay the replay goes on. */
  #checkAgain({ room, after, recovered }: ServerJoined, reached: number): void {
    this.events.joinedAgain += 1;
    const isRight = after === reached && recovered === undefined;
    ensure(isRight, () => `the replay of ${room} has come to ${reached}, and is said to have come to ${after}`);
  }

  /** A random starting point. */
  #start(room: string): Pick<ClientJoin, 'since' | 'last'> {
    const { random } = this.#choices;
    switch (random.below(4)) {
      case 0:
        return {};
      case 1:
        return { last: 1 + random.below(30) };
      default:
        return { since: this.#choices.position(room) };
    }
  }

  say(peer: Peer): void {
    const { random } = this.#choices;
    const room = random.chance(0.9) ? this.#choices.someRoom(peer) : undefined;
    const body = this.#choices.body('m');
    this.#say(peer, room, { body, ...(random.chance(0.6) && { id: this.#choices.id() }) });
  }

  /** A user repeats a message, from this device or another one: the `ack` may have been lost. */
  sayAgain(peer: Peer): void {
    const room = this.#choices.someRoom(peer);
    const user = this.#userOf(peer);
    const sayable = this.#choices.said(user, room);
    const log = this.#inspection.truth.log(room);
    if (!sayable || !log) return;
    const { id, body } = sayable;
    // Forgotten although it was kept: then it would become another message with the same body.
    if (!log.find(user, id, this.#inspection.kit.trusted) && log.hasHad(body)) return;
    this.#say(peer, room, { id, body });
  }

  #say(peer: Peer, named: string | undefined, saying: Pick<Sayable, 'body'> & { id?: string }): void {
    const { connection } = peer.client;
    const [first] = this.#choices.roomsOf(peer);
    const room = named ?? first ?? '';
    const log = this.#choices.roomsOf(peer).has(room) ? this.#inspection.truth.log(room) : undefined;
    const echo = this.#choices.random.chance(0.8);
    const current = this.#inspection.current(room);
    const frame = { type: 'message', ...saying, ...(named !== undefined && { room }), ...(!echo && { echo }) } as const;
    this.#inspection.request(peer, frame, (failed): Expected => {
      if (!log) return { answer: 'not_joined' };
      const { id, body } = saying;
      if (failed.has(room)) return { answer: 'internal' };
      const other = log.options.isKept ? this.#notSaid(peer, log, id) : undefined;
      if (other) return other;
      const said = this.#said(peer, room, { body, id, spared: echo ? undefined : connection });
      if (log.options.isHeldBack) return {};
      if (!echo && current.includes(connection)) peer.replica.spare(room, said);
      const delivered: Delivery[] = [{ type: 'message', body, to: current.filter((to) => echo || to !== connection) }];
      return log.options.isKept ? { delivered } : { delivered, answer: 'ack', seq: said.seq };
    });
  }

  /** The expected result for a message that is not sent, because it is a repeat or cannot be kept. */
  #notSaid(peer: Peer, log: RoomLog, id: string | undefined): Expected | undefined {
    const { truth, kit } = this.#inspection;
    const before = id === undefined ? undefined : log.find(this.#userOf(peer), id, kit.trusted);
    if (!before || id === undefined) {
      if (!kit.log.refusal) return undefined;
      this.events.unavailable += 1;
      return { answer: 'unavailable' };
    }
    this.events.repeats += 1;
    const { seq, isCommitted } = before;
    if (isCommitted) return { answer: 'ack', seq };
    truth.wait({ connection: peer.client.connection, id, log, seq });
    return {};
  }

  #said(peer: Peer, room: string, saying: Omit<Saying, 'user' | 'at'>): Said {
    const { truth, kit } = this.#inspection;
    const user = this.#userOf(peer);
    const { log, said } = truth.say(room, { ...saying, user, at: kit.trusted });
    const { id, body } = saying;
    if (log.options.isKept && id !== undefined) {
      truth.wait({ connection: peer.client.connection, id, log, seq: said.seq });
      this.#choices.maySayAgain({ user, room, id, body });
    }
    return said;
  }

  /** Not for text clients, which could not distinguish its lines from new messages. */
  history(peer: Peer): void {
    if (peer.client.dialect === 'text') return;
    const { random } = this.#choices;
    const room = this.#choices.someRoom(peer);
    const isIn = this.#choices.roomsOf(peer).has(room);
    const log = this.#inspection.truth.log(room);
    const seq = random.below((log?.next ?? 0) + 2);
    const range = random.pick([{}, { before: seq }, { after: seq }]);
    const frame = { type: 'history', room, id: this.#choices.id(), limit: 1 + random.below(20), ...range } as const;
    const look = (answer: ServerFrame) => {
      if (answer.type !== 'history' || !log) return;
      this.events.pages += 1;
      checkPage(answer, frame, log);
    };
    this.#inspection.request(peer, frame, () => ({ answer: isIn ? 'history' : 'not_joined' }), { look });
  }

  // ---- actions of the log

  /** @param count how many messages are committed; all that wait by default. */
  commit(count = Number.POSITIVE_INFINITY): void {
    const { truth, kit } = this.#inspection;
    const due = truth.uncommitted.slice(0, count);
    const current = new Map(due.map(({ room }) => [room, this.#inspection.current(room)]));
    const held = due.filter(({ log }) => log.options.isHeldBack);
    const delivered = held.map(({ room, said }): Delivery => {
      const to = (current.get(room) ?? []).filter((connection) => connection !== said.spared);
      return { type: 'message', body: said.body, to };
    });
    for (const { room, said } of held) {
      if (said.spared === undefined || !current.get(room)?.includes(said.spared)) continue;
      this.#inspection.peer(said.spared)?.replica.spare(room, said);
    }
    const act = () => kit.commit(due.length);
    this.#inspection.command(`${due.length} messages are committed`, act, () => {
      return { acknowledged: truth.commit(due.length), delivered };
    });
  }

  /** Whether the log takes messages changes. */
  refuse(refuses: boolean): void {
    const { kit } = this.#inspection;
    const act = () => {
      kit.log.refusal = refuses ? { reason: 'full', retry } : undefined;
    };
    this.#inspection.command(`the log ${refuses ? 'refuses' : 'takes'} messages`, act, () => ({}));
  }

  /** Connections drain, so that more can be sent. */
  drain(count?: number): void {
    const { kit } = this.#inspection;
    let drained: readonly string[] = [];
    const act = () => {
      drained = kit.drain(count);
    };
    this.#inspection.command(`${count ?? 'all'} connections drain`, act, () => {
      return { replays: (to) => drained.includes(to) };
    });
  }

  drainAll(): void {
    for (let i = 0; this.#inspection.kit.logRunner.size > 0; i += 1) {
      ensure(i < 10_000, () => 'a replay does not end');
      this.drain();
    }
  }

  trim(): void {
    const { truth, kit } = this.#inspection;
    const { random } = this.#choices;
    const names = [...truth.logs.keys()];
    if (names.length === 0) return;
    const room = random.pick(names);
    const log = truth.logs.get(room);
    const count = random.pick([0, 1, 5, 20, 20]);
    this.events.trims += 1;
    let isDropped = false;
    const act = () => {
      kit.log.keep(room, count);
      isDropped = kit.log.end(room);
    };
    this.#inspection.command(`of ${room} ${count} messages are kept`, act, () => {
      log?.trim(count);
      const isOver = !truth.rooms.has(room) && log?.messages.size === 0;
      ensure(isDropped === isOver, () => `${room} ${isDropped ? 'comes' : 'does not come'} to an end`);
      if (isDropped) truth.drop(room);
      return {};
    });
  }

  /** The process is killed, and another one goes on with the committed entries. */
  kill(): void {
    this.events.kills += 1;
    this.#end('the process is killed', 1 + this.#choices.random.below(100));
  }

  /** It ends as it should. */
  restart(): void {
    this.events.restarts += 1;
    this.commit();
    this.#end('the process is started anew', 0);
  }

  #end(what: string, jump: number): void {
    const { peers, truth, kit } = this.#inspection;
    for (const peer of peers.splice(0)) this.#choices.remember(peer);
    const act = () => kit.kill(jump);
    this.#inspection.command(what, act, () => {
      truth.kill(jump);
      return {};
    });
    checkLogs(truth, kit.log);
  }

  // ---- others

  #userOf({ client }: Peer): string {
    return this.#inspection.truth.connections.get(client.connection)?.user ?? '';
  }
}

/** Checks where the messages of a joining connection start. */
function checkStart(joined: ServerJoined, { since, last }: ClientJoin, log: RoomLog | undefined): void {
  const { epoch, seq, after = seq, recovered } = joined;
  const { seq: real, next } = log ?? { seq: 0, next: 1 };
  ensure(seq === real, () => `${joined.room} stands at ${real}, not ${seq}`);
  if (since) {
    const isKnown = since.epoch === epoch && since.seq < next;
    const due = isKnown ? Math.min(since.seq, seq) : seq;
    const isWhole = isKnown && !log?.misses(since.seq);
    ensure(recovered === isWhole, () => `after ${since.seq} of ${joined.room} recovered is ${recovered}`);
    ensure(after === due, () => `after ${since.seq} of ${joined.room} it goes on after ${after}`);
    return;
  }
  const missed = log?.visible() ?? [];
  const due = last === undefined ? 0 : missed.filter((said) => said.seq > after).length;
  const isRight = last === undefined ? after === seq : due <= last && (due > 0 || missed.length === 0);
  ensure(isRight && recovered === undefined, () => `the latest ${last} of ${joined.room} begin after ${after}`);
}

/** A page must consist of readable messages next to the requested place, and know whether there are more. */
function checkPage(
  { messages, more, room }: ServerHistory,
  { before = Number.POSITIVE_INFINITY, after }: { before?: number; after?: number },
  log: RoomLog,
): void {
  const all = log.visible().filter(({ seq }) => (after === undefined ? seq < before : seq > after));
  const due = after === undefined ? all.slice(all.length - messages.length) : all.slice(0, messages.length);
  const told = messages.map(({ seq, body }) => `${seq} ${body}`).join();
  const real = due.map(({ seq, body }) => `${seq} ${body}`).join();
  ensure(told === real, () => `the page of ${room} should be ${real} and is ${told}`);
  ensure(messages.length > 0 || all.length === 0, () => `the page of ${room} is empty`);
  ensure(more === all.length > messages.length, () => `the page of ${room} says ${more} of more`);
}
