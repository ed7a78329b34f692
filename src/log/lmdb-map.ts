/**
 * LMDB maps the file of a store into the address space. Where it has to map more later and cannot, it does not say so: the
 * process dies (SIGSEGV; seen with lmdb 3.5.6 under a limit of `ulimit -v`, at the start too). So it is made sure that
 * all of it can be mapped, and it is mapped at the start.
 */
import { LogError } from './error.ts';

/** The file can be longer than its records: some of it is free, and what is written anew is there twice. */
const share = 1.5;
const spare = 64 << 20;
const unit = 1 << 20;
/** A process of 64 bits has addresses for 128 TiB. A store without a limit gets more as it grows. */
const largest = 2 ** 45;
/** What a process of Node needs of the address space itself, in bytes: when idle it has half of that. */
const others = 2 ** 31;

/**
 * @param maxBytes the limit of the store.
 * @param addresses how much of the address space the process may have.
 * @returns how much to map; undefined: as much as there is.
 * @throws LogError if the process may not have so much.
 */
export function mapFor(maxBytes: number, addresses = Number.POSITIVE_INFINITY): number | undefined {
  if (maxBytes > largest) return undefined;
  const map = Math.ceil((maxBytes * share + spare) / unit) * unit;
  if (map + others <= addresses) return map;
  const needed = `a log of ${maxBytes} bytes (--log-limit) needs ${map + others} bytes of the address space`;
  throw new LogError('addresses', `${needed}, and the limit is ${addresses}`);
}
