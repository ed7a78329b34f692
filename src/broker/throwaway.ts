/** A server that leaves nothing behind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { type BrokerOptions, startBroker } from './broker.ts';

/** Short: there is nobody to wait for. */
const drainTimeout = '1s';

export interface Throwaway {
  readonly port: number;
  /** Stops it, and removes its data. */
  readonly stop: () => Promise<void>;
}

/**
 * @param args options of the server, such as `--port 0`; all others have their defaults, except for the data directory.
 * @throws ConfigError, and the errors of `startBroker`.
 */
export async function startThrowaway(
  args: readonly string[],
  options: Omit<BrokerOptions, 'config' | 'tls'>,
): Promise<Throwaway> {
  const data = mkdtempSync(join(tmpdir(), 'hubbub-demo-'));
  const remove = () => rmSync(data, { recursive: true, force: true });
  try {
    const config = loadConfig([...args, '--data', data, '--drain-timeout', drainTimeout], {}, () => '');
    const broker = await startBroker({ ...options, config, tls: undefined });
    const stop = async () => {
      try {
        await broker.stop();
      } finally {
        remove();
      }
    };
    return { port: broker.port, stop };
  } catch (error) {
    remove();
    throw error;
  }
}
