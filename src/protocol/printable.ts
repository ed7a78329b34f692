/** What others wrote, made harmless to what shows it. */

/**
 * Takes the teeth out of what could steer a terminal or make up a line: control characters (a tab may stay) and line
 * separators. Half a surrogate pair would not be UTF-8, and a receiver would have to fail the connection
 * (RFC 6455, section 8.1).
 */
export function printable(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

/** What is allowed in no name either: it could show text in another order than it was written in. */
const directions = /[\u202A-\u202E\u2066-\u2069]/g;

/** `printable`, and nothing in it turns the direction of what stands around it. */
export function undirected(text: string): string {
  return printable(text).replace(directions, '\uFFFD');
}
