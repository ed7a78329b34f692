/** How many connections there may be: as many as were asked for, but fewer than files can be opened. */
import type { SocketLimits } from '../edge/sockets.ts';
import { StartError } from './start-error.ts';

/** What a process may have, and each that it starts; undefined: any amount, or it is not known. */
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
  /** For the operator, if there cannot be as many connections as were asked for. */
  readonly warning: string | undefined;
}

/**
 * The descriptors of a process that are not for sockets of clients. When idle, a server of Linux has 25 of them, and an
 * edge process 24; the others are for what is opened for a moment.
 */
const ownFiles = 40;
/** What a server with edge processes needs for each: three pipes, and those of one that is being started. */
const filesPerEdgeProcess = 10;

/** How many sockets there may be besides the connections: of plain HTTP, and of those that are told that there is no room. */
const otherSockets = 1024;
/** Where files are scarce, that is so large a part of all sockets. */
const otherShare = 1 / 8;

const fewestSockets = 16;

/**
 * @param openFiles how many files each process may open; undefined: any number.
 * @param edges how many edges there are; more than one are in processes of their own.
 * @throws StartError if that is not enough for any server.
 */
export function capacity(maxConnections: number, openFiles = Number.POSITIVE_INFINITY, edges = 1): Capacity {
  const least = ownFiles + (edges > 1 ? Math.max(fewestSockets, edges * filesPerEdgeProcess) : fewestSockets);
  if (openFiles < least) {
    const what = `the limit of open files is ${openFiles}, and the server needs at least ${least}`;
    throw new StartError(`${what}; ${remedy(maxConnections)}`);
  }
  const open = Math.min(maxConnections + otherSockets, openFiles - ownFiles);
  // Where files are not scarce, more than may be connections: those past them are refused for all edges together.
  const webSockets = open - Math.min(otherSockets - 1, Math.ceil(open * otherShare));
  const connections = Math.min(maxConnections, edges * webSockets);
  const warning =
    connections < maxConnections
      ? `there can be ${connections} connections, not ${maxConnections} (--max-connections): the limit of open files is ${openFiles}; ${remedy(maxConnections)}, or lower --max-connections`
      : undefined;
  return { connections, sockets: { open, webSockets }, warning };
}

/** @param connections for how many the files are to be enough. */
function remedy(connections: number): string {
  const files = connections + otherSockets + ownFiles;
  return `raise it to ${files} (ulimit -n ${files}, LimitNOFILE=${files} of systemd, --ulimit nofile=${files}:${files} of docker)`;
}
