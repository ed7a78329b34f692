/** The header lines of a request. uWebSockets.js tells only the first of a name, unless it is asked for all of them. */
import type { HttpRequest } from 'uWebSockets.js';

/** What the lines of each name say, in order; names are in lower case. Lines without a value count. */
export type HeaderLines = ReadonlyMap<string, readonly string[]>;

/** Copies them: the request is dead once its handler returns. */
export function headerLines(request: HttpRequest): HeaderLines {
  const lines = new Map<string, string[]>();
  request.forEach((name, value) => {
    const before = lines.get(name);
    if (before) before.push(value);
    else lines.set(name, [value]);
  });
  return lines;
}

/** The elements of a list, which may be spread over several lines (RFC 9110, section 5.6.1). */
export function elements(lines: HeaderLines, name: string): string[] {
  const all = (lines.get(name) ?? []).flatMap((line) => line.split(','));
  return all.map((element) => element.trim()).filter((element) => element !== '');
}

/** The value of a header that a request has once; undefined if there is none, or there are several. */
export function single(lines: HeaderLines, name: string): string | undefined {
  const all = lines.get(name) ?? [];
  return all.length === 1 ? all[0] : undefined;
}
