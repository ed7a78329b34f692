/** Ids of connections and users: UUIDs, version 7 (RFC 9562, section 5.7). */
import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** How many random bytes an id takes. */
const each = 16;

/** @returns ids that nobody can guess. Random bytes are drawn for many at once: a draw takes longer than the rest of an id. */
export function idSource(): () => string {
  const pool = new Uint8Array(256 * each);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    at += each;
    return v7({ random: pool.subarray(at - each, at) });
  };
}
