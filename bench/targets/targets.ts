/** The targets: Hubbub, and the controls that it is compared with. */
import type { Credentials } from '../load/address.ts';
import type { DialectName } from '../load/dialects.ts';

export interface Target {
  readonly name: string;
  readonly description: string;
  /** How a client speaks to it. */
  readonly dialect: DialectName;
  /**
   * The arguments of `node` that start it; `dataDirectory` stands for a directory of its own. It prints a line with its
   * URL when it is ready.
   */
  readonly command: readonly string[];
  /** A running server, instead of `command`. */
  readonly running?: { readonly url: URL; readonly pid: number | undefined; readonly credentials?: Credentials };
}

const root = new URL('../../', import.meta.url);

/** Stands in a command for an empty directory that is there as long as the server. */
export const dataDirectory = '{data}';

/** The floor that everything is compared with, and the same with rooms. */
export const floor = 'bare';
export const floorWithRooms = 'bare-rooms';

/** Hubbub with its defaults, and without a log. */
export const hubbub = 'hubbub';
export const withoutLog = 'hubbub-no-log';

/** Hubbub with the limits that it has by default. */
export const withLimits = 'hubbub-limits';

/** Hubbub with several edge processes. */
export const withEdges = ['hubbub-2', 'hubbub-4'];

export const bare: Target = {
  name: floor,
  description: 'uWebSockets.js, one native publish for every message: the floor',
  dialect: 'raw',
  command: control('uws-publish'),
};

export const targets: readonly Target[] = [
  {
    name: hubbub,
    description: 'Hubbub itself, dist/main.js, without rate limits; its log in LMDB, durability "process"',
    dialect: 'hubbub',
    command: server(),
  },
  { name: withoutLog, description: 'the same, with --log off', dialect: 'hubbub', command: server('--log', 'off') },
  { name: 'hubbub-2', description: 'Hubbub with --edges 2', dialect: 'hubbub', command: server('--edges', '2') },
  { name: 'hubbub-4', description: 'Hubbub with --edges 4', dialect: 'hubbub', command: server('--edges', '4') },
  {
    name: 'hubbub-disk',
    description: 'Hubbub with --durability disk',
    dialect: 'hubbub',
    command: server('--durability', 'disk'),
  },
  {
    name: withLimits,
    description: 'Hubbub with its limits, all as by default; for abuse',
    dialect: 'hubbub',
    command: withOwnLimits(),
  },
  bare,
  {
    name: floorWithRooms,
    description: 'the same, with rooms',
    dialect: 'raw',
    command: control('uws-rooms'),
  },
  {
    name: 'bare-bytes',
    description: 'the floor, publishing about as many bytes as Hubbub does with its envelope',
    dialect: 'raw',
    command: [...control('uws-publish'), '120'],
  },
  {
    name: 'bare-loop',
    description: 'uWebSockets.js, a send for every member and message',
    dialect: 'raw',
    command: control('uws-send'),
  },
  { name: 'ws', description: 'ws, a send for every member and message', dialect: 'raw', command: control('ws-send') },
  {
    name: 'socket.io',
    description: 'Socket.IO, a room, on its default engine',
    dialect: 'socket.io',
    command: control('socket-io'),
  },
  {
    name: 'socket.io-uws',
    description: 'Socket.IO, a room, on its uWebSockets.js engine',
    dialect: 'socket.io',
    command: control('socket-io-uws'),
  },
];

/** Those of the targets that have these names. */
export function named(...names: readonly string[]): Target[] {
  return targets.filter(({ name }) => names.includes(name));
}

/** The same target, started with more options if it is Hubbub. */
export function withOptions(target: Target, ...options: readonly string[]): Target {
  return target.dialect === 'hubbub' ? { ...target, command: [...target.command, ...options] } : target;
}

function server(...options: string[]): string[] {
  return [
    ...withOwnLimits(),
    ...['--rate', 'off', '--rate-bytes', 'off', '--max-connections-per-address', '0'],
    // As much as the controls buffer for a reader that gets no CPU time for a moment.
    ...['--buffer', '64MiB'],
    ...options,
  ];
}

function withOwnLimits(): string[] {
  return [new URL('dist/main.js', root).pathname, '--host', '127.0.0.1', '--port', '0', '--data', dataDirectory];
}

function control(name: string): string[] {
  return [new URL(`../controls/${name}.mjs`, import.meta.url).pathname];
}
