import { availableParallelism, platform } from 'node:os';
import type { Config } from '../config/load.ts';
import type { EdgeHandlers } from '../edge/handlers.ts';
import { headLimit, headLimitVariable } from '../edge/head-limit.ts';
import type { Program } from '../edge/remote/link.ts';
import { EdgePool } from '../edge/remote/pool.ts';
import type { SocketLimits } from '../edge/sockets.ts';
import { Edge, type EdgeOptions } from '../edge/uws/edge.ts';
import type { Logger } from '../observe/logger.ts';
import { listenError, probe } from './listen-error.ts';
import { StartError } from './start-error.ts';

/**
 * Opens the configured edge: one in this process, or several that share the port, each in a process of its own.
 *
 * @throws StartError if several are impossible on this system, or the limit for heads of requests is set to nonsense.
 */
export function openEdge(
  { threads, buffer, signalBuffer, maxFrame, idleTimeout, trustProxy, proxyProtocol, basePath, httpRate }: Config,
  sockets: SocketLimits,
  tls: EdgeOptions['tls'],
  program: Program,
  handlers: EdgeHandlers,
  logger: Logger,
): Edge | EdgePool {
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
  const size = edgeCount(threads);
  if (size === 1) return new Edge(options, handlers);
  if (platform() === 'win32')
    throw new StartError('several threads are not to be had on Windows: leave --threads at 1');
  const pool = {
    size,
    program,
    edge: options,
    started: (pid?: number) => logger.info('an edge process was started', { pid }),
    failed: (failure: Record<string, unknown>) =>
      logger.error('an edge process has failed; its clients have to come back', failure),
  };
  return new EdgePool(pool, handlers);
}

/** How many edges there are; a single one is in this process. */
export function edgeCount(threads: Config['threads']): number {
  return threads === 'auto' ? affordable() : threads;
}

/** Other systems give all connections of a shared port to one process. */
function affordable(): number {
  return platform() === 'linux' ? availableParallelism() : 1;
}

/**
 * @returns the port; if `port` is 0, the one that the system chose.
 * @throws StartError if it cannot be used.
 */
export async function listen(edge: Edge | EdgePool, host: string, port: number): Promise<number> {
  if (edge instanceof EdgePool) return await listenTogether(edge, host, port);
  const found = edge.listen(host, port);
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
      if (await pool.listen(host, free)) return free;
    } catch (error) {
      throw new StartError(`cannot start an edge process: ${(error as Error).message}`, { cause: error });
    }
    if (port !== 0 || attempt === attempts) throw await listenError(host, free);
  }
}
