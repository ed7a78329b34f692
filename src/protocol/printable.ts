/** Makes text from others harmless for the terminal or page that shows it. */

/**
 * Replaces characters that could control a terminal or fake a line: control characters (except tabs) and line
 * separators. Also half surrogate pairs: they are not UTF-8, and a receiver would have to fail the connection (RFC
 * 6455, section 8.1).
 */
export function printable(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

/** Not allowed in names either: they could show text in a different order than it was written in. */
const directions = /[\u202A-\u202E\u2066-\u2069]/g;

/** `printable`, and without characters that change the direction of the text around. */
export function undirected(text: string): string {
  return printable(text).replace(directions, '\uFFFD');
}
