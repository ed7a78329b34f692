/** Reads Markdown as far as the tests of PROTOCOL.md need it. */

/** The content below a heading, up to the next one of its level or above. */
export interface Section {
  readonly heading: string;
  readonly content: string;
}

/** The sections with a heading of this level (1 to 6), in order. */
export function sections(markdown: string, level: number): Section[] {
  const found: { heading: string; lines: string[] }[] = [];
  let isOpen = false;
  let isCode = false;
  for (const line of markdown.split('\n')) {
    if (line.startsWith('```')) isCode = !isCode;
    const [, marks = '', heading = ''] = isCode ? [] : (/^(#+) +(.*?) *$/.exec(line) ?? []);
    if (marks.length === level) found.push({ heading, lines: [] });
    if (marks.length > 0 && marks.length <= level) isOpen = marks.length === level;
    else if (isOpen) found.at(-1)?.lines.push(line);
  }
  return found.map(({ heading, lines }) => ({ heading, content: lines.join('\n') }));
}

/** The one section with this heading. */
export function section(markdown: string, level: number, heading: string): string {
  const found = sections(markdown, level).filter((one) => one.heading === heading);
  if (found.length !== 1) throw new Error(`there are ${found.length} sections called ${heading}`);
  return found[0]?.content ?? '';
}

/** The rows of the first table whose first row is `head`. */
export function tableRows(markdown: string, head: readonly string[]): string[][] {
  const lines = markdown.split('\n').map(cells);
  const start = lines.findIndex((line) => line?.join('|') === head.join('|'));
  if (start < 0) throw new Error(`there is no table with the columns ${head.join(', ')}`);
  const rows: string[][] = [];
  for (const row of lines.slice(start + 2)) {
    if (!row) break;
    rows.push(row);
  }
  return rows;
}

/** The code blocks in this language. */
export function codeBlocks(markdown: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms');
  return Array.from(markdown.matchAll(pattern), ([, code = '']) => code);
}

/** The content of `code`; fails if the cell is not code. */
export function uncoded(cell: string): string {
  const [, code] = /^`(.+)`$/.exec(cell) ?? [];
  if (code === undefined) throw new Error(`${cell} is not in backticks`);
  return code;
}

function cells(line: string): string[] | undefined {
  if (!/^\|.*\|$/.test(line)) return undefined;
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}
