/** A request without its body, as it was received. */

/** The values of all lines by name, in order; names are in lower case. Lines without a value count. */
export type HeaderLines = ReadonlyMap<string, readonly string[]>;

export interface RequestHead {
  /** In lower case. */
  readonly method: string;
  /** Without the query. */
  readonly url: string;
  readonly query: string;
  readonly lines: HeaderLines;
  /** The address of the other end. */
  readonly peer: string;
  /** The address that a header of the PROXY protocol names; empty if there was none. */
  readonly proxied: string;
}

/** @param name in lower case. */
export function addLine(lines: Map<string, string[]>, name: string, value: string): void {
  const before = lines.get(name);
  if (before) before.push(value);
  else lines.set(name, [value]);
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
