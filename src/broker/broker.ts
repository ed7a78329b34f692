/** Puts the server together: the only place where implementations are chosen and wired. */
import { randomBytes } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { createTickets } from '../auth/ticket.ts';
import type { Config } from '../config/load.ts';
import { Edge } from '../edge/edge.ts';
import { createRouter } from '../http/routes.ts';
import type { Command } from '../hub/commands.ts';
import type { Effect } from '../hub/effects.ts';
import { FanOut } from '../hub/fan-out.ts';
import { Hub, tickInterval } from '../hub/hub.ts';
import type { ConnectionId } from '../hub/user.ts';
import type { Logger } from '../observe/logger.ts';
import { Policies } from '../policy/policies.ts';
import { checked, createCodecs } from '../protocol/codecs.ts';
import { Session, type SessionContext } from '../session/session.ts';
import { drain } from './drain.ts';
import { listenError } from './listen-error.ts';

export interface BrokerOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly server: { readonly name: string; readonly version: string };
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** The files under `schemas/` by their path there. */
  readonly schemas: ReadonlyMap<string, string>;
}

/** A running server. */
export interface Broker {
  readonly port: number;
  /** How much there is of everything now. */
  readonly counts: () => { connections: number; users: number; rooms: number; restless: number; topics: number };
  /** Says goodbye to everyone and stops, within the configured time. A second call waits for the first. */
  readonly stop: () => Promise<void>;
}

/**
 * @throws StartError if the port cannot be had.
 * @throws PolicyError if the rules of the rooms cannot be followed.
 */
export async function startBroker({ config, logger, server, tls, schemas }: BrokerOptions): Promise<Broker> {
  const now = Date.now;
  const policies = new Policies(config.rooms);
  const sessions = new Map<ConnectionId, Session>();
  const hub = new Hub({ ...config, now, newEpoch: () => randomBytes(6).toString('base64url') });
  const plain = createCodecs(config.autoJoin);
  const codecs = config.checkFrames
    ? checked(plain, (reason, { type }) => logger.error('a frame does not fit its schema', { type, reason }))
    : plain;

  const dispatch = (command: Command): void => {
    hub.commands.next(command);
    if (command.type === 'disconnect') sessions.delete(command.connection);
  };
  let ready = false;
  const edge = new Edge(
    { ...config, limits: limits(config), tls, newConnectionId: uuid },
    {
      http: createRouter({ ready: () => ready, schemas, roomSchema: (room) => policies.of(room).schema }),
      report: (message, fields) => logger.debug(message, fields),
      session(id, dialect) {
        const session = new Session(context, id, dialect);
        sessions.set(id, session);
        return session;
      },
    },
  );
  const context: SessionContext = {
    ...config,
    edge,
    codecs,
    server,
    dispatch,
    now,
    find: (userId) => hub.find(userId),
    tickets: createTickets(config.ticketSecret ?? randomBytes(32)),
    newUserId: uuid,
    report: (message, fields) => logger.error(message, fields),
    mayBroadcast: config.broadcast,
    rates: { frames: config.rate, bytes: config.rateBytes },
  };

  const fanOut = new FanOut(edge, codecs, (id) => sessions.get(id));
  hub.effects.subscribe((effect) => carryOut(effect, fanOut, logger));
  const clock = setInterval(() => hub.commands.next({ type: 'tick' }), tickInterval);

  const port = edge.listen(config.host, config.port);
  if (port === undefined) {
    clearInterval(clock);
    edge.close();
    throw await listenError(config.host, config.port);
  }
  ready = true;

  const stop = async (): Promise<void> => {
    ready = false;
    edge.drain();
    await drain(sessions, config.drainTimeout);
    clearInterval(clock);
    edge.close();
  };
  let stopped: Promise<void> | undefined;
  return {
    port,
    counts: () => ({ ...hub.counts, topics: fanOut.size }),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** One effect that cannot be carried out must not keep the others from it. */
function carryOut(effect: Effect, fanOut: FanOut, logger: Logger): void {
  if (effect.type === 'failure') {
    logger.error('a room failed and was rebuilt', { room: effect.room, error: effect.error });
    return;
  }
  try {
    fanOut.carryOut(effect);
  } catch (error) {
    logger.error('an effect failed', { effect: effect.type, error });
  }
}

function limits({ maxConnections, maxConnectionsPerAddress, buffer, signalBuffer }: Config) {
  return { connections: maxConnections, perAddress: maxConnectionsPerAddress, buffer, signalBuffer };
}
