/**
 * LMDB maps the file of a store into the address space. If it has to map more later and cannot, the process dies
 * without a message (SIGSEGV; seen with lmdb 3.5.6 under a limit of `ulimit -v`, at the start too). So the server
 * checks at the start that the whole log can be mapped, and maps it.
 */
import { LogError } from './error.ts';

/** The file can be longer than its records: parts of it are free, and rewritten pages exist twice for a while. */
const share = 1.5;
const spare = 64 << 20;
const unit = 1 << 20;
/** A process of 64 bits has addresses for 128 TiB. A store without a limit gets more as it grows. */
const largest = 2 ** 45;
/** The address space that the Node process itself needs, in bytes: twice what it uses when idle. */
const others = 2 ** 31;

/**
 * @param maxBytes the limit of the store.
 * @param addresses how much address space the process may use.
 * @returns how much to map; undefined for as much as there is.
 * @throws LogError if the process may not use that much.
 */
export function mapFor(maxBytes: number, addresses = Number.POSITIVE_INFINITY): number | undefined {
  if (maxBytes > largest) return undefined;
  const map = Math.ceil((maxBytes * share + spare) / unit) * unit;
  if (map + others <= addresses) return map;
  const needed = `a log of ${maxBytes} bytes (--log-limit) needs ${map + others} bytes of the address space`;
  throw new LogError('addresses', `${needed}, and the limit is ${addresses}`);
}
