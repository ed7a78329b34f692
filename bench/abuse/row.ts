/** A row of `abuse`, and its limits. */
import { mebibytes, milliseconds } from '../scenarios/format.ts';

/** The limit for pings of well-behaved clients: `factor` times the time before the attack, plus `allowance`, in µs. */
const factor = 3;
const allowance = 5000;

/**
 * How much memory the server may take in addition, in bytes: during the attack, and afterwards when garbage was
 * collected.
 */
const mostMemory = 256 * 1024 ** 2;
export const mostMemoryAfter = 128 * 1024 ** 2;

/** If a server without attackers takes longer than this, in microseconds, the times are not valid. */
const mostNoise = 5000;

/** With a p99 above this before the attack, in microseconds, the machine is too busy anyway. */
const mostBefore = 10_000;

/** The figures of a row. Times are p99 (except `longest`), in microseconds; memory is the growth in bytes. */
export interface Row {
  readonly beforeP99: number;
  readonly p99: number;
  readonly longest: number;
  readonly afterP99: number;
  readonly memory: number;
  readonly memoryAfter: number;
  /**
   * The same for a server without attackers, or the delay of the clients' own process, during the attack and
   * afterwards.
   */
  readonly noise: number;
  readonly noiseAfter: number;
}

export type RowVerdict = 'met' | 'missed' | 'not valid';

/** The longest p99 that is good enough. */
export function barOf({ beforeP99 }: Pick<Row, 'beforeP99'>): number {
  return factor * beforeP99 + allowance;
}

/** The figures of the row that exceed their limits. */
export function excesses(row: Row): string[] {
  return [...memoryExcesses(row), ...timeExcesses(row).map(({ what }) => what)];
}

/** A row is not valid if only its times exceed the limit and the machine was too busy, or was so before the attack. */
export function judgeRow(row: Row): RowVerdict {
  const times = timeExcesses(row);
  if (memoryExcesses(row).length > 0 || times.some(({ isNoise }) => !isNoise)) return 'missed';
  return times.length > 0 || row.beforeP99 > mostBefore ? 'not valid' : 'met';
}

function memoryExcesses({ memory, memoryAfter }: Row): string[] {
  return [...(memory > mostMemory ? ['memory'] : []), ...(memoryAfter > mostMemoryAfter ? ['memory after'] : [])];
}

function timeExcesses(row: Row): { what: string; isNoise: boolean }[] {
  const bar = barOf(row);
  return [
    { what: 'p99', time: row.p99, noise: row.noise },
    { what: 'p99 after', time: row.afterP99, noise: row.noiseAfter },
  ]
    .filter(({ time }) => time > bar)
    .map(({ what, time, noise }) => ({ what, isNoise: noise > mostNoise && noise > time / 2 }));
}

export function inWords(row: Row): string {
  const [before, p99, longest, after] = [row.beforeP99, row.p99, row.longest, row.afterP99].map(milliseconds);
  const memory = `${mebibytes(row.memory)} above, then ${mebibytes(row.memoryAfter)}`;
  return `p99 ${before} → ${p99} → ${after}, longest ${longest}; ${memory}`;
}
