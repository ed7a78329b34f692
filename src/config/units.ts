/** A token bucket: how much may pass in the long run, and how much at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

const milliseconds = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const bytes = new Map([
  ['', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** `10s` is 10000. Undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  return parseAmount(text, milliseconds);
}

/** `64KiB` and `65536` are 65536. Undefined when the text is not a size. */
export function parseSize(text: string): number | undefined {
  return parseAmount(text, bytes);
}

/** `100:500`. Undefined when the text is not a rate, or a part of it is 0. */
export function parseRate(text: string): Rate | undefined {
  return parsePair(text, parseCount);
}

/** `1MiB:4MiB`. Undefined when the text is not a rate in bytes, or a part of it is 0. */
export function parseByteRate(text: string): Rate | undefined {
  return parsePair(text, parseSize);
}

function parseAmount(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+)([A-Za-z]*)$/.exec(text) ?? [];
  const factor = units.get(unit);
  const amount = factor === undefined || digits === '' ? Number.NaN : Number(digits) * factor;
  return Number.isSafeInteger(amount) ? amount : undefined;
}

function parseCount(text: string): number | undefined {
  return parseAmount(text, new Map([['', 1]]));
}

function parsePair(text: string, parsePart: (part: string) => number | undefined): Rate | undefined {
  const [perSecond, burst, ...rest] = text.split(':').map(parsePart);
  return perSecond && burst && rest.length === 0 ? { perSecond, burst } : undefined;
}
