/** How many connections to allow: as many as configured, but fewer than files can be opened. */
import type { SocketLimits } from '../edge/sockets.ts';
import { StartError } from './start-error.ts';

/** The limits of this process and of each that it starts; undefined for any amount, or if unknown. */
export interface ProcessLimits {
  /** How many files may be open. */
  readonly openFiles: number | undefined;
  /** How much of the address space, in bytes. */
  readonly addresses: number | undefined;
}

export interface Capacity {
  /** Of all edges together. */
  readonly connections: number;
  /** Of each edge. */
  readonly sockets: SocketLimits;
  /** For the operator, if fewer connections are possible than were asked for. */
  readonly warning: string | undefined;
}

/**
 * The descriptors of a process that are not for sockets of clients. When idle, a server on Linux has 25 of them, and an
 * edge process 24; the rest are for files that are open for a moment.
 */
const ownFiles = 40;
/**
 * Descriptors that the server needs per edge process: three pipes, and those of a replacement that is being started.
 */
const filesPerEdgeProcess = 10;

/**
 * How many sockets to allow besides the connections: for plain HTTP, and for clients that are told there is no room.
 */
const otherSockets = 1024;
/** If files are scarce, the share of all sockets that these get. */
const otherShare = 1 / 8;

const fewestSockets = 16;

/** The most connections, if no number is asked for. */
const mostUnasked = 20_000;

/**
 * @param asked how many connections there are to be; `auto`: as many as fit, up to 20,000.
 * @param openFiles how many files each process may open; undefined for any number.
 * @param edges how many edges there are; more than one are in processes of their own.
 * @throws StartError if that is not enough for any server.
 */
export function capacity(asked: number | 'auto', openFiles = Number.POSITIVE_INFINITY, edges = 1): Capacity {
  const maxConnections = asked === 'auto' ? mostUnasked : asked;
  const least = ownFiles + (edges > 1 ? Math.max(fewestSockets, edges * filesPerEdgeProcess) : fewestSockets);
  if (openFiles < least) {
    const what = `the limit of open files is ${openFiles}, and the server needs at least ${least}`;
    throw new StartError(`${what}; ${remedy(maxConnections)}`);
  }
  const open = Math.min(maxConnections + otherSockets, openFiles - ownFiles);
  // If files are not scarce, there may be more sockets than connections: the limit for all edges together refuses the
  // rest.
  const webSockets = open - Math.min(otherSockets - 1, Math.ceil(open * otherShare));
  const connections = Math.min(maxConnections, edges * webSockets);
  const warning =
    asked !== 'auto' && connections < maxConnections
      ? `there can be ${connections} connections, not ${maxConnections} (--max-connections): the limit of open files is ${openFiles}; ${remedy(maxConnections)}, or lower --max-connections`
      : undefined;
  return { connections, sockets: { open, webSockets }, warning };
}

/** @param connections the number of connections that the files have to be enough for. */
function remedy(connections: number): string {
  const files = connections + otherSockets + ownFiles;
  return `raise it to ${files} (ulimit -n ${files}, LimitNOFILE=${files} of systemd, --ulimit nofile=${files}:${files} of docker)`;
}
