const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** 12,345 */
export function count(value: number): string {
  return whole.format(value);
}

/** 3.21 M, 45.6 k, 789 */
export function large(value: number): string {
  if (value >= 1e6) return `${short.format(value / 1e6)} M`;
  return value >= 1e3 ? `${short.format(value / 1e3)} k` : short.format(value);
}

/** From microseconds. */
export function milliseconds(value: number): string {
  return `${(value / 1000).toFixed(2)} ms`;
}

export function percent(share: number): string {
  return `${short.format(share * 100)} %`;
}

export function kibibytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(2)} KiB`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

export function ratio(value: number): string {
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
