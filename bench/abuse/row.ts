/** A row of `abuse`, and what it has to keep to. */
import { mebibytes, milliseconds } from '../scenarios/format.ts';

/** Pings of well-behaved clients take no more than so many times what they took before, and so much more, in microseconds. */
const factor = 3;
const allowance = 5000;

/** What the server may take above what it had, in bytes: meanwhile, and afterwards when garbage was collected. */
const mostMemory = 256 * 1024 ** 2;
export const mostMemoryAfter = 128 * 1024 ** 2;

/** How long a server that nobody attacks may take as well, in microseconds, before times count for nothing. */
const mostNoise = 5000;

/** From which p99 before the attack on the machine has no time for the server anyway, in microseconds. */
const mostBefore = 10_000;

/** The figures of a row. Times are p99 but for the longest, in microseconds; memory is in bytes, above what there was before. */
export interface Row {
  readonly beforeP99: number;
  readonly p99: number;
  readonly longest: number;
  readonly afterP99: number;
  readonly memory: number;
  readonly memoryAfter: number;
  /** How long the same took with a server that nobody attacks, or the clients' own process was late, meanwhile and afterwards. */
  readonly noise: number;
  readonly noiseAfter: number;
}

export type RowVerdict = 'met' | 'missed' | 'not valid';

/** The longest p99 that is good enough. */
export function barOf({ beforeP99 }: Pick<Row, 'beforeP99'>): number {
  return factor * beforeP99 + allowance;
}

/** What of the row is beyond the bar. */
export function excesses(row: Row): string[] {
  return [...memoryExcesses(row), ...timeExcesses(row).map(({ what }) => what)];
}

/** What is beyond the bar only in times that the machine had for nobody says nothing; nor what is not, if that was so before. */
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
