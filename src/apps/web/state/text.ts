/** Makes text from others harmless to the lines around it. */

/** All line ends of Unicode. */
const lineEnds = /\r\n?|[\v\f\u0085\u2028\u2029]/g;

/**
 * Control characters; embeddings, overrides and isolates of the direction; annotations; the byte order mark; and halves
 * of surrogate pairs. The marks that right-to-left text needs (U+200E, U+200F, U+061C) stay.
 */
const disturbing = /[\0-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff]|\p{Cs}/gu;

/** For text that may have several lines. */
export function cleanText(text: string): string {
  return text.replace(lineEnds, '\n').replace(disturbing, '');
}

/** For names: one line, and never empty. */
export function cleanName(text: string): string {
  const line = cleanText(text).replace(/\s+/g, ' ').trim();
  return line === '' ? '…' : line;
}

/** A piece of text, with its target if it is a link. */
export interface Segment {
  readonly text: string;
  readonly href?: string;
}

/** The punctuation after a link is not part of it; nor is a bracket that was opened before it. */
const link = /\bhttps?:\/\/[^\s<>"'`]*[^\s<>"'`.,:;!?*_~]/gi;

const opening: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** Splits text into links and other text. The segments contain the whole text. */
export function segmentsOf(text: string): Segment[] {
  const segments: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(link)) {
    const found = withoutOpenBracket(match[0]);
    const href = addressOf(found);
    if (href === undefined) continue;
    if (match.index > end) segments.push({ text: text.slice(end, match.index) });
    segments.push({ text: found, href });
    end = match.index + found.length;
  }
  if (end < text.length) segments.push({ text: text.slice(end) });
  return segments;
}

function withoutOpenBracket(address: string): string {
  const last = address.at(-1) ?? '';
  const open = opening[last];
  const isOpen = open !== undefined && address.split(open).length < address.split(last).length;
  return isOpen ? address.slice(0, -1) : address;
}

function addressOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, href } = new URL(text);
  return protocol === 'http:' || protocol === 'https:' ? href : undefined;
}

/** How much of a long text is shown at first. */
const shown = { characters: 4000, lines: 40 };

/** The beginning of a text that is too long to be shown at once; undefined if it is not. */
export function beginningOf(text: string): string | undefined {
  let end = -1;
  for (let line = 0; line < shown.lines; line++) {
    end = text.indexOf('\n', end + 1);
    if (end < 0 || end > shown.characters) break;
  }
  const cut = end < 0 ? shown.characters : Math.min(end, shown.characters);
  // Do not cut a surrogate pair in half.
  const whole = /[\ud800-\udbff]/.test(text[cut - 1] ?? '') ? cut - 1 : cut;
  return text.length > whole ? text.slice(0, whole) : undefined;
}
