import { platform } from 'node:os';
import type { Config } from '../config/load.ts';
import type { Edge, EdgeOptions } from '../edge/edge.ts';
import type { EdgeHandlers } from '../edge/handlers.ts';
import { headLimit, headLimitVariable } from '../edge/head-limit.ts';
import type { Program } from '../edge/remote/link.ts';
import { EdgePool } from '../edge/remote/pool.ts';
import type { SocketLimits } from '../edge/sockets.ts';
import { UwsEdge } from '../edge/uws/edge.ts';
import type { Logger } from '../observe/logger.ts';
import type { EdgeChoice } from './choose-edge.ts';
import { listenError, probe } from './listen-error.ts';
import { StartError } from './start-error.ts';

/**
 * Opens the chosen edge: one in this process, or several that share the port, each in a process of its own.
 *
 * @throws StartError if several are impossible on this system, or the limit for heads of requests is set to nonsense.
 */
export async function openEdge(
  { buffer, signalBuffer, maxFrame, idleTimeout, trustProxy, proxyProtocol, basePath, httpRate }: Config,
  { native, count }: EdgeChoice,
  sockets: SocketLimits,
  tls: EdgeOptions['tls'],
  program: Program,
  handlers: EdgeHandlers,
  logger: Logger,
): Promise<Edge> {
  if (headLimit === undefined) throw new StartError(`${headLimitVariable} must be a number of bytes, at least 1024`);
  logger.debug('a request whose head is longer than this is answered by 431', { bytes: headLimit });
  const http = { rate: httpRate, oneRequest: proxyProtocol };
  const options = {
    limits: { buffer, signalBuffer },
    sockets,
    maxFrame,
    idleTimeout,
    trustProxy,
    proxyProtocol,
    basePath,
    http,
    tls,
  };
  if (native === undefined) {
    const { PortableEdge } = await import('../edge/portable/edge.ts');
    return new PortableEdge(options, handlers, headLimit);
  }
  if (count === 1) return new UwsEdge(native, options, handlers);
  if (platform() === 'win32') throw new StartError('several edge processes do not work on Windows: leave --edges at 1');
  const pool = {
    size: count,
    program,
    edge: options,
    started: (pid?: number) => logger.info('an edge process was started', { pid }),
    failed: (failure: Record<string, unknown>) =>
      logger.error('an edge process has failed; its clients have to come back', failure),
  };
  return new EdgePool(pool, handlers);
}

/**
 * @returns the port; if `port` is 0, the one that the system chose.
 * @throws StartError if it cannot be used.
 */
export async function listen(edge: Edge, host: string, port: number): Promise<number> {
  if (edge instanceof EdgePool) return await listenTogether(edge, host, port);
  const found = await edge.listen(host, port);
  if (found === undefined) throw await listenError(host, port);
  return found;
}

/** How many free ports to try: one may be taken before the edge processes are ready. */
const attempts = 5;

/** Edge processes need a known port. They would also share it with another server, so it has to be checked first. */
async function listenTogether(pool: EdgePool, host: string, port: number): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const free = await probe(host, port);
    if (free instanceof StartError) throw free;
    try {
      if ((await pool.listen(host, free)) !== undefined) return free;
    } catch (error) {
      throw new StartError(`cannot start an edge process: ${(error as Error).message}`, { cause: error });
    }
    if (port !== 0 || attempt === attempts) throw await listenError(host, free);
  }
}
