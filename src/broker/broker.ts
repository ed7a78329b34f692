/** Puts the server together: the only place where implementations are chosen and wired. */
import { randomBytes } from 'node:crypto';
import { keptSecret, newSecret } from '../auth/secret.ts';
import { createTickets } from '../auth/ticket.ts';
import type { Config } from '../config/load.ts';
import { Acceptor } from '../edge/acceptor.ts';
import type { TlsFiles } from '../edge/edge.ts';
import type { EdgeHandlers } from '../edge/handlers.ts';
import type { Program } from '../edge/remote/link.ts';
import { StatusFeed } from '../edge/status-feed.ts';
import type { StaticFile } from '../http/files.ts';
import { createRouter } from '../http/routes.ts';
import type { Command } from '../hub/commands.ts';
import { EffectRunner } from '../hub/effect-runner.ts';
import type { Effect } from '../hub/effects.ts';
import { FanOut } from '../hub/fan-out.ts';
import { Hub, tickInterval } from '../hub/hub.ts';
import { LogRunner } from '../hub/log-runner.ts';
import type { RoomPolicy } from '../hub/room-policy.ts';
import type { ConnectionId } from '../hub/user.ts';
import { Work } from '../hub/work.ts';
import { lastWritten, logDirectory } from '../log/data-file.ts';
import type { Log, LogEvents } from '../log/port.ts';
import { Sweeper } from '../log/retention.ts';
import { FigureTaker, figuresInterval, type Meters } from '../observe/figures.ts';
import { type Failed, guarded } from '../observe/guard.ts';
import { isOn, type Logger } from '../observe/logger.ts';
import { messageLog } from '../observe/messages.ts';
import { LoggedTrail } from '../observe/trail.ts';
import { Policies } from '../policy/policies.ts';
import { checked, createCodecs } from '../protocol/codecs.ts';
import type { InboxLimits } from '../session/inbox.ts';
import { Session, type SessionContext } from '../session/session.ts';
import { Turns } from '../session/turns.ts';
import { capacity, type ProcessLimits } from './capacity.ts';
import { chooseEdge } from './choose-edge.ts';
import { ClockWatch, compareWithLog, type MachineClocks } from './clock-watch.ts';
import { drain } from './drain.ts';
import { idSource } from './ids.ts';
import { listen, openEdge } from './open-edge.ts';
import { diskWarning, openLog } from './open-log.ts';
import { Refusals } from './refusals.ts';
import { Reports } from './reports.ts';
import { StartError } from './start-error.ts';
import { sweepRegularly } from './sweep.ts';

export interface BrokerOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly server: { readonly name: string; readonly version: string };
  readonly tls: TlsFiles | undefined;
  /** Starts an edge process. */
  readonly edgeProgram: Program;
  readonly meters: Meters;
  readonly clocks: MachineClocks;
  readonly pages: ReadonlyMap<string, StaticFile>;
  /** The files under `schemas/` by their path there. */
  readonly schemas: ReadonlyMap<string, string>;
  readonly limits?: ProcessLimits;
  /** The user id of this process, on systems that have user ids. */
  readonly user?: number | undefined;
}

/** A running server. */
export interface Broker {
  readonly port: number;
  /** The present number of connections, users, rooms and so on. */
  readonly counts: () => { connections: number; users: number; rooms: number; restless: number; topics: number };
  /** The operator accepts the wall clock as it is. */
  readonly trustClock: () => void;
  /** Milliseconds since 1970, by the trusted clock. */
  readonly now: () => number;
  /**
   * Applies these rules from now on, also to open rooms, and gives new connections this certificate, if there is one
   * (not for a server without TLS).
   * @throws PolicyError if the rules cannot be used, Error if the files cannot. Nothing has changed then.
   */
  readonly revise: (rooms: Config['rooms'], tls: TlsFiles | undefined) => void;
  /** How many defects were met so far. */
  readonly failures: () => number;
  /** Says goodbye to everyone and stops, within the configured time. A second call waits for the first. */
  readonly stop: () => Promise<void>;
}

/** The most bytes of messages in a page of history; less if a connection may not have that much unsent. */
const maxPage = 64 * 1024;

/** How many bytes of requests may wait to be carried out, of one connection and of all. */
const inboxLimits: InboxLimits = { own: 1 << 20, all: 64 << 20 };
const inboxLimitsWithoutRate: InboxLimits = { own: 8 << 20, all: 64 << 20 };

/**
 * @throws StartError if the port or the secret of tickets cannot be used.
 * @throws PolicyError if the rules of the rooms cannot be used.
 * @throws LogError if the log cannot be used.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { config, logger, user, clocks, limits } = options;
  const policies = new Policies(config.rooms);
  const reports = new Reports(logger, clocks.monotonic);
  if (config.log === 'lmdb') compareWithLog(clocks.now(), lastWritten(logDirectory(config.data)), logger);
  // Nothing is committed before there is a hub.
  let committed: LogEvents['committed'] = () => undefined;
  const failed: Failed = (what, error) => reports.failed(what, error);
  const log = await openLog(
    config,
    newEpoch,
    { user, addresses: limits?.addresses },
    {
      committed: guarded('what the log has kept cannot be passed on', failed, (commits) => committed(commits)),
      status: guarded('the status of the log cannot be reported', failed, (status) => reports.status(status)),
      damaged: guarded('a damaged message cannot be reported', failed, (room, seq) => reports.damaged(room, seq)),
      failed,
    },
  );
  reports.status(log.status);
  const warning = diskWarning(config);
  if (warning !== undefined) logger.warn(warning);
  try {
    return await serve(options, {
      policies,
      reports,
      log,
      onCommit: (listener) => {
        committed = listener;
      },
    });
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** With a data directory, tickets stay valid after a restart. */
function ticketSecret({ ticketSecret: given, log, data }: Config): string | Uint8Array {
  if (given !== undefined) return given;
  if (log !== 'lmdb') return newSecret();
  try {
    return keptSecret(data);
  } catch (error) {
    throw new StartError(`cannot use the secret of tickets: ${(error as Error).message}`, { cause: error });
  }
}

function newEpoch(): string {
  return randomBytes(6).toString('base64url');
}

interface Parts {
  readonly policies: Policies;
  readonly reports: Reports;
  readonly log: Log;
  /** Sets the listener for commits of the log. */
  readonly onCommit: (listener: LogEvents['committed']) => void;
}

async function serve(
  { config, logger, server, tls, edgeProgram, meters, clocks, limits, pages, schemas }: BrokerOptions,
  { policies: firstPolicies, reports, log, onCommit }: Parts,
): Promise<Broker> {
  let policies = firstPolicies;
  const watch = new ClockWatch(clocks, logger);
  const { clock } = watch;
  const work = new Work();
  const newId = idSource();
  const failed: Failed = (what, error) => reports.failed(what, error);
  const inLoop = (then: () => void) => guarded('work put off to a later turn of the event loop failed', failed, then);
  const soon = (then: () => void) => setImmediate(inLoop(then));
  const sessions = new Map<ConnectionId, Session>();
  const isFollowed = isOn(config.logLevel, 'info');
  const policy = (room: string): RoomPolicy => {
    const own = policies.of(room);
    return config.log === 'off' ? { ...own, retention: undefined } : own;
  };
  const sweeper = new Sweeper(log, (room) => policy(room).retention);
  onCommit((commits) => {
    for (const { room } of commits) sweeper.touch(room);
    dispatch({ type: 'committed', commits });
  });
  const hub = new Hub({
    ...config,
    ...clock,
    newEpoch,
    log,
    policy,
    afterCommit: config.fanout === 'after-commit',
    pageBytes: Math.min(config.buffer / 4, maxPage),
    work,
    isFull: (room) => runner.isFull(room),
    ...(isFollowed && { trail: (connection: ConnectionId) => sessions.get(connection)?.trail }),
  });
  const plain = createCodecs(config.autoJoin);
  const codecs = config.checkFrames
    ? checked(plain, (reason, { type }) => logger.error('a frame does not fit its schema', { type, reason }))
    : plain;

  const dispatch = (command: Command): void => {
    hub.commands.next(command);
    if (command.type === 'disconnect') sessions.delete(command.connection);
  };
  const choice = await chooseEdge(config, logger);
  const { connections, sockets, warning } = capacity(config.maxConnections, limits?.openFiles, choice.count);
  if (warning !== undefined) logger.warn(warning);
  let ready = false;
  const refusals = new Refusals(logger, clock.monotonic);
  const acceptor = new Acceptor({
    limits: { connections, perAddress: config.maxConnectionsPerAddress },
    session(dialect, address) {
      const id = newId();
      const trail = isFollowed ? new LoggedTrail(logger, id, address, clock.monotonic) : undefined;
      const session = new Session(context, id, dialect, trail);
      sessions.set(session.id, session);
      return session;
    },
    refused: (refusal) => refusals.tell(refusal),
    monotonic: clock.monotonic,
    feed: () => feed,
    newId,
    find: (id) => sessions.get(id),
    report: (message, fields) => logger.debug(message, fields),
  });
  const router = createRouter({
    healthy: () => log.status.state !== 'broken',
    ready: () => ready,
    pages,
    schemas,
    roomSchema: (room) => policies.of(room).schema,
  });
  const handlers: EdgeHandlers = {
    admit: (visitor) => acceptor.admit(visitor),
    closed: (closing) => acceptor.closed(closing),
    http: ({ headers, ...asked }) => router({ ...asked, header: (name) => headers.get(name) ?? '' }),
    refused: (refusal) => refusals.tell(refusal),
    unheard: (address, duration) => refusals.unheard(address, duration),
    full: (sockets) => reports.full(sockets),
    drained(connection) {
      logRunner.drained(connection);
      sessions.get(connection)?.drained();
    },
    failed,
  };
  const edge = await openEdge(config, choice, sockets, tls, edgeProgram, handlers, logger);
  const feed = new StatusFeed(edge, () => JSON.stringify(figures.latest), config.statusKey);
  const context: SessionContext = {
    ...config,
    ...clock,
    edge,
    codecs,
    server,
    dispatch,
    find: (userId) => hub.find(userId),
    tickets: createTickets(ticketSecret(config)),
    newUserId: newId,
    report: (message, { error, ...fields }) => reports.failed(message, error, fields),
    mayBroadcast: config.broadcast,
    rates: { frames: config.rate, bytes: config.rateBytes },
    work,
    turns: new Turns(work, {
      now: clock.monotonic,
      soon,
      later: (then, delay) => setTimeout(inLoop(then), delay).unref(),
      failed: (error) => failed('a connection cannot go on with what it sent', error),
    }),
    inbox: { limits: config.rate ? inboxLimits : inboxLimitsWithoutRate, total: { bytes: 0 } },
  };

  const find = (id: ConnectionId) => sessions.get(id);
  const fanOut = new FanOut({ edge, codecs, find, work });
  const unreadable = (room: string, error: unknown, seq?: number) => {
    if (seq === undefined) reports.failed('the log of a room cannot be read', error, { room });
    else reports.damaged(room, seq);
  };
  const logRunner = new LogRunner({ ...clock, log, codecs, edge, find, dispatch, unreadable, work, soon });
  const runner = new EffectRunner({
    fanOut,
    logRunner,
    soon,
    failed: (error, effect) => reports.failed('an effect failed', error, { effect: effect?.type }),
  });
  const carryOut = (effect: Effect): void => {
    if (effect.type !== 'failure') return runner.carryOut(effect);
    const { room, message, error, ends } = effect;
    reports.failed(message, error, room === undefined ? {} : { room });
    if (ends !== undefined) sessions.get(ends)?.end('internal');
  };
  hub.effects.subscribe((effects) => {
    for (const effect of effects) {
      try {
        carryOut(effect);
      } catch (error) {
        // The other effects are carried out nevertheless.
        reports.failed('an effect failed', error, { effect: effect.type });
      }
    }
  });
  if (isOn(config.logLevel, 'debug')) {
    hub.effects.subscribe(guarded('a message cannot be logged', failed, messageLog(logger)));
  }
  const tick = inLoop(() => {
    hub.commands.next({ type: 'tick' });
    if (hub.isBehind) setImmediate(tick);
  });
  const ticking = setInterval(tick, tickInterval);
  const endSweeping = sweepRegularly(sweeper, watch, (error) => failed('the log cannot be trimmed', error));
  const figures = new FigureTaker(
    () => {
      const { connections, users, rooms } = hub.counts;
      const { queued, used } = log.stats;
      return {
        connections,
        users,
        rooms,
        ...fanOut.sent,
        refused: refusals.count,
        failures: reports.failures,
        queued,
        stored: used,
      };
    },
    meters,
    clock,
    failed,
  );
  const observe = guarded('the figures of the server cannot be reported', failed, () =>
    feed.publish(JSON.stringify([figures.take()])),
  );
  const observation = setInterval(observe, figuresInterval);
  const close = async (): Promise<void> => {
    clearInterval(ticking);
    clearInterval(observation);
    figures.stop();
    endSweeping();
    await edge.close();
  };

  const port = await listen(edge, config.host, config.port).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  ready = true;

  const stop = async (): Promise<void> => {
    ready = false;
    acceptor.drain();
    await drain(sessions, config.drainTimeout);
    await close();
    await log.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    port,
    counts: () => ({ ...hub.counts, topics: fanOut.size }),
    trustClock: () => watch.trust(),
    now: () => clock.trusted(),
    revise(rooms, files) {
      const next = new Policies(rooms);
      if (stopped) return;
      if (files) edge.renewCertificate(files);
      policies = next;
      dispatch({ type: 'revise' });
    },
    failures: () => reports.failures,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
