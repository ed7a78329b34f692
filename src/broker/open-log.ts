import { randomBytes } from 'node:crypto';
import type { Config } from '../config/load.ts';
import { options } from '../config/options.ts';
import { parseSize } from '../config/units.ts';
import { logDirectory, roomOnDisk } from '../log/data-file.ts';
import { LogError, type LogErrorCode } from '../log/error.ts';
import { loadLmdb } from '../log/load-lmdb.ts';
import { MemoryLog } from '../log/memory.ts';
import type { Log, LogEvents, LogOptions } from '../log/port.ts';

/** The limit of the log that is not configured, in bytes. */
const defaultLimit = parseSize(String(options.get('logLimit')?.default));

/** The most memory for messages that wait to be committed, in bytes. */
const maxQueue = 64 << 20;

const elsewhere = 'choose another place with --data';
const withoutDisk = 'keep messages in memory only with --log memory';

/** What the operator can do about each error. */
const remedies: Readonly<Partial<Record<LogErrorCode, string>>> = {
  directory: `${elsewhere}, or ${withoutDisk}`,
  space: `make room, ${elsewhere}, or ${withoutDisk}`,
  addresses: 'raise that (ulimit -v), or lower --log-limit',
  native: withoutDisk,
  in_use: `stop that one, or ${elsewhere}`,
  damaged: `put a backup in its place, or move it away to start without messages`,
  newer: `start that version, or ${elsewhere}`,
  older: `export it with that version and import it with this one, or ${elsewhere}`,
};

/**
 * Opens the configured log. If no room keeps anything, it is a log in memory that stays unused.
 * @param own the user id of this process, on systems that have user ids, and how much address space it may use.
 * @throws LogError if the log on the disk cannot be used; the message says what to do.
 */
export async function openLog(
  config: Config,
  newEpoch: () => string,
  { user, addresses }: { user: number | undefined; addresses: number | undefined },
  events: LogEvents,
): Promise<Log> {
  const { log, durability, logLimit, idWindowTime, idWindowCount } = config;
  const options: LogOptions = {
    durability,
    maxBytes: logLimit,
    maxQueue,
    idWindow: { time: idWindowTime, count: idWindowCount },
    newEpoch,
    seed: randomBytes(4).readUInt32LE(),
    events,
  };
  if (log !== 'lmdb') return new MemoryLog(options);
  try {
    const { openLmdbLog } = await loadLmdb(() => import('../log/lmdb.ts'));
    return await openLmdbLog({ ...options, directory: logDirectory(config.data), addresses });
  } catch (error) {
    throw error instanceof LogError ? withRemedy(error, config.data, user) : error;
  }
}

/** Where nobody has set the limit of the log, it is far more than most logs reach: this much room on the disk will do. */
const roomUnasked = 1 << 30;

/** A warning for the operator if the disk will be full before the log reaches its limit; otherwise undefined. */
export function diskWarning({ log, data, logLimit }: Config): string | undefined {
  const isAsked = logLimit !== defaultLimit;
  const room = log === 'lmdb' ? roomOnDisk(logDirectory(data)) : undefined;
  if (room === undefined || room >= (isAsked ? logLimit : roomUnasked)) return undefined;
  const what = `the log may take ${inMebibytes(logLimit)} (--log-limit), and on the disk of ${data} there is room for ${inMebibytes(room)}`;
  return `${what}: when that is full, messages are refused; make room, or lower --log-limit`;
}

function inMebibytes(bytes: number): string {
  return `${Math.floor(bytes / 2 ** 20)} MiB`;
}

function withRemedy(error: LogError, data: string, user: number | undefined): LogError {
  const { code, message, cause } = error;
  const remedy = remedies[code];
  if (remedy === undefined) return error;
  const isDenied = (cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES' && user !== undefined;
  const permission = isDenied ? `let user ${user} write to ${data}, ` : '';
  return new LogError(code, `${message}; ${permission}${remedy}`, { cause });
}
