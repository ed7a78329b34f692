/** Times, sizes and numbers in words. */
const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long', month: 'long', day: 'numeric' });
const longAgo = new Intl.DateTimeFormat(undefined, { dateStyle: 'long' });

export function timeOf(at: number): string {
  return time.format(at);
}

/** For narrow columns: without AM or PM. */
export function shortTimeOf(at: number): string {
  const parts = time.formatToParts(at).filter(({ type }) => type !== 'dayPeriod');
  return parts
    .map(({ value }) => value)
    .join('')
    .trim();
}

export function fullTimeOf(at: number): string {
  return full.format(at);
}

export function dayWords(at: number, now: number): string {
  const days = Math.round((startOfDay(now) - startOfDay(at)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days < 300 ? weekday.format(at) : longAgo.format(at);
}

export function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** @returns a function that gives the day of a time; fast for consecutive times. */
export function createDayOf(): (at: number) => number {
  let day = Number.NaN;
  // A day has from 23 to 25 hours.
  return (at) => {
    if (!(at >= day && at < day + 82_800_000)) day = startOfDay(at);
    return day;
  };
}

/** `12 s`, `3 min`, `2 h` */
export function durationOf(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** `512 bytes`, `12.3 KB` */
export function sizeWords(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let size = bytes / 1000;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** `1 message`, `3 messages` */
export function count(number: number, one: string, more = `${one}s`): string {
  return `${number.toLocaleString()} ${number === 1 ? one : more}`;
}
