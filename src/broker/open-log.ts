import { randomBytes } from 'node:crypto';
import type { Config } from '../config/load.ts';
import { logDirectory } from '../log/data-file.ts';
import { openLmdbLog } from '../log/lmdb.ts';
import { MemoryLog } from '../log/memory.ts';
import type { Log, LogEvents, LogOptions } from '../log/port.ts';

/** How much memory may be taken by messages that wait to be committed, in bytes. */
const maxQueue = 64 << 20;

/**
 * Opens the log that the configuration asks for. Where no room is to keep anything it is one in memory that is not used.
 * @throws LogError if the one on the disk cannot be had.
 */
export async function openLog(config: Config, newEpoch: () => string, events: LogEvents): Promise<Log> {
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
  return log === 'lmdb' ? openLmdbLog({ ...options, directory: logDirectory(config.data) }) : new MemoryLog(options);
}
