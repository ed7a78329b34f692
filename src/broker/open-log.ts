import { randomBytes } from 'node:crypto';
import type { Config } from '../config/load.ts';
import { logDirectory } from '../log/data-file.ts';
import { LogError, type LogErrorCode } from '../log/error.ts';
import { openLmdbLog } from '../log/lmdb.ts';
import { MemoryLog } from '../log/memory.ts';
import type { Log, LogEvents, LogOptions } from '../log/port.ts';

/** How much memory may be taken by messages that wait to be committed, in bytes. */
const maxQueue = 64 << 20;

const elsewhere = 'choose another place with --data';
const withoutDisk = 'keep messages in memory only with --log memory';

/** What can be done about it. */
const remedies: Readonly<Partial<Record<LogErrorCode, string>>> = {
  directory: `${elsewhere}, or ${withoutDisk}`,
  space: `make room, ${elsewhere}, or ${withoutDisk}`,
  in_use: `stop that one, or ${elsewhere}`,
  damaged: `put a backup in its place, or move it away to start without messages`,
  newer: `start that version, or ${elsewhere}`,
  older: `export it with that version and import it with this one, or ${elsewhere}`,
};

/**
 * Opens the log that the configuration asks for. Where no room is to keep anything it is one in memory that is not used.
 * @param user the user id of this process, where there is such a thing.
 * @throws LogError if the one on the disk cannot be had; it says what to do.
 */
export async function openLog(
  config: Config,
  newEpoch: () => string,
  user: number | undefined,
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
    return await openLmdbLog({ ...options, directory: logDirectory(config.data) });
  } catch (error) {
    throw error instanceof LogError ? withRemedy(error, config.data, user) : error;
  }
}

function withRemedy(error: LogError, data: string, user: number | undefined): LogError {
  const { code, message, cause } = error;
  const remedy = remedies[code];
  if (remedy === undefined) return error;
  const isDenied = (cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES' && user !== undefined;
  const permission = isDenied ? `let user ${user} write to ${data}, ` : '';
  return new LogError(code, `${message}; ${permission}${remedy}`, { cause });
}
