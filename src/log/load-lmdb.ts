import { LogError } from './error.ts';

/**
 * Loads what needs LMDB, and with it its native part, which is not there for every platform.
 * @throws LogError if that does not run here.
 */
export async function loadLmdb<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const [reason] = (cause as Error).message.split('\n');
    throw new LogError('native', `lmdb, which keeps messages on the disk, does not load here (${reason})`, { cause });
  }
}
