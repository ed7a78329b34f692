/** A row of `abuse`, and what it has to keep to. */
import { mebibytes, milliseconds } from '../scenarios/format.ts';

/** Pings of well-behaved clients take no more than so many times what they took before, and so much more, in microseconds. */
const factor = 3;
const allowance = 5000;

/** What the server may take above what it had, in bytes: meanwhile, and afterwards when garbage was collected. */
const mostMemory = 256 * 1024 ** 2;
const mostMemoryAfter = 64 * 1024 ** 2;

/** How late the loop of the well-behaved clients may itself be, in microseconds, before that counts for nothing. */
const mostOwnDelay = 5000;

/** From which p99 before the attack on the machine has no time for the server anyway, in microseconds. */
const mostBefore = 10_000;

/** The figures of a row. Times are in microseconds, memory is in bytes, above what there was before. */
export interface Row {
  readonly beforeP99: number;
  readonly p99: number;
  readonly longest: number;
  readonly afterP99: number;
  readonly memory: number;
  readonly memoryAfter: number;
  /** Of the event loop of the well-behaved clients during the attack. */
  readonly ownDelay: number;
}

export type RowVerdict = 'met' | 'missed' | 'not valid';

/** The longest p99 that is good enough. */
export function barOf({ beforeP99 }: Pick<Row, 'beforeP99'>): number {
  return factor * beforeP99 + allowance;
}

/** What of the row is beyond the bar. */
export function excesses(row: Row): string[] {
  const bar = barOf(row);
  return [
    ...(row.p99 > bar ? ['p99'] : []),
    ...(row.memory > mostMemory ? ['memory'] : []),
    ...(row.afterP99 > bar ? ['p99 after'] : []),
    ...(row.memoryAfter > mostMemoryAfter ? ['memory after'] : []),
  ];
}

/**
 * A row that is beyond the bar only in times for which the clients' own process was late says nothing; nor does one within it
 * whose pings took long before.
 */
export function judgeRow(row: Row): RowVerdict {
  const found = excesses(row);
  if (found.length === 0) return row.beforeP99 > mostBefore ? 'not valid' : 'met';
  const isOwnFault = row.ownDelay > mostOwnDelay && row.ownDelay > row.p99 / 2;
  return isOwnFault && found.every((one) => one === 'p99') ? 'not valid' : 'missed';
}

export function inWords(row: Row): string {
  const [before, p99, longest, after] = [row.beforeP99, row.p99, row.longest, row.afterP99].map(milliseconds);
  const memory = `${mebibytes(row.memory)} above, then ${mebibytes(row.memoryAfter)}`;
  return `p99 ${before} → ${p99} → ${after}, longest ${longest}; ${memory}`;
}
