/** Where a text stops being JSON, and why: in words that quote at most one sign of it, because it may hold secrets. */

/** `line 3, column 1: expected ',' or '}' after property value`; empty if the text is JSON. */
export function jsonFault(text: string): string {
  const message = messageOf(text);
  if (message === undefined) return '';
  const position = positionOf(message, text);
  const lines = text.slice(0, position).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}: ${reason(message, text.charAt(position))}`;
}

function messageOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Node does not tell the position of an unexpected token, but every text up to it has another fault, or none. */
function positionOf(message: string, text: string): number {
  const [, told] = /at position (\d+)/.exec(message) ?? [];
  if (told !== undefined) return Number(told);
  if (!isUnexpected(message)) return text.length;
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isUnexpected(messageOf(text.slice(0, middle)))) bad = middle;
    else good = middle;
  }
  return good;
}

function isUnexpected(message: string | undefined): boolean {
  return message?.startsWith('Unexpected token') ?? false;
}

function reason(message: string, sign: string): string {
  if (isUnexpected(message)) return /[\p{P}\p{S}]/u.test(sign) ? `unexpected ${sign}` : 'unexpected character';
  if (message.startsWith('Unexpected end')) return 'the text ends too early';
  const words = message.replace(/( in JSON)? at position .*/s, '');
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}`;
}
