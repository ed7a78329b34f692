/** The middle value, or the mean of the two middle ones. NaN for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** How far apart the values are, as a share of their median: (largest − smallest) / median. */
export function spread(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** Every power of two is cut into this many buckets: a value is known to 1/64, 1.6 %. */
const bucketsPerOctave = 64;

/**
 * Counts values by their size, in buckets that grow with the value; so it can be sent to another process and merged.
 */
export class Histogram {
  readonly #counts: number[];

  /** @param counts of another histogram's `counts`. */
  constructor(counts: readonly number[] = []) {
    this.#counts = [...counts];
  }

  /** Values below 0 count as 0. */
  record(value: number): void {
    const index = bucketOf(Math.max(0, Math.round(value)));
    while (this.#counts.length <= index) this.#counts.push(0);
    this.#counts[index] = (this.#counts[index] as number) + 1;
  }

  merge(other: Histogram): void {
    other.#counts.forEach((count, index) => {
      while (this.#counts.length <= index) this.#counts.push(0);
      this.#counts[index] = (this.#counts[index] as number) + count;
    });
  }

  get counts(): readonly number[] {
    return this.#counts;
  }

  get size(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The smallest value that `share` (0 to 1) of all values do not exceed, to the precision of a bucket. NaN for no
   * values.
   */
  percentile(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.size * share));
    let seen = 0;
    for (const [index, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return largestOf(index);
    }
    return Number.NaN;
  }
}

/** Values below 64 have a bucket each. */
function bucketOf(value: number): number {
  if (value < bucketsPerOctave) return value;
  const octave = Math.floor(Math.log2(value)) - 6;
  return bucketsPerOctave * octave + Math.floor(value / 2 ** octave);
}

function largestOf(bucket: number): number {
  if (bucket < 2 * bucketsPerOctave) return bucket;
  const octave = Math.floor(bucket / bucketsPerOctave) - 1;
  return (bucket - bucketsPerOctave * octave + 1) * 2 ** octave - 1;
}
