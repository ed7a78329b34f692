/**
 * The reference of the SDK, from the doc comments of its sources. TypeScript 7 has no stable compiler API, and none is
 * needed: Biome lays the sources out in one way, with a declaration at the start of a line, its members indented by two
 * spaces, and a doc comment above each. Whatever does not look like that is refused rather than left out.
 */

/** An export, or a member of one: the comment above, and the code without its body. */
interface Item {
  readonly doc: readonly string[];
  readonly code: string;
}

interface Declaration extends Item {
  readonly name: string;
  readonly members: readonly Item[];
}

/** A source, and which of its exports are public; all of them by default. */
export interface ReferenceSource {
  readonly heading: string;
  readonly text: string;
  readonly names?: readonly string[];
}

/** The sections of the reference, in Markdown. A line `// ---- words` in a source begins another one. */
export function sdkReference(sources: readonly ReferenceSource[]): string {
  const sections = sources.flatMap(({ heading, text, names }) =>
    text.split(/^\/\/ ---- /m).flatMap((part, index) => {
      const [title = '', ...rest] = index === 0 ? [heading] : part.split('\n');
      const shown = declarations(index === 0 ? part : rest.join('\n'), names);
      const missing = names?.find((name) => !shown.some((one) => one.name === name));
      if (missing !== undefined) throw new Error(`there is no ${missing} for the reference of the SDK`);
      return shown.length === 0 ? [] : [{ title: capitalized(title), shown }];
    }),
  );
  const known = new Set(sections.flatMap(({ shown }) => shown.map(({ name }) => name)));
  const index = sections.map(({ title, shown }) => `- ${title}: ${shown.map(({ name }) => linked(name)).join(', ')}`);
  const bodies = sections.map(({ title, shown }) =>
    [`## ${title}`, ...shown.map((one) => written(one, known))].join('\n\n'),
  );
  return [index.join('\n'), ...bodies].join('\n\n');
}

function declarations(text: string, names: readonly string[] | undefined): Declaration[] {
  const found: Declaration[] = [];
  let doc: string[] = [];
  const lines = text.split('\n');
  while (lines.length > 0) {
    const line = lines.shift() ?? '';
    if (line.startsWith('/**')) {
      doc = comment(line, lines);
      continue;
    }
    const [, kind, name] = /^export (interface|class|function|type) (\w+)/.exec(line) ?? [];
    const isShown = name !== undefined && (names === undefined || names.includes(name));
    if (kind !== undefined && isShown) found.push(declaration(kind, name, doc, line, lines));
    if (!line.startsWith('// biome-ignore')) doc = [];
  }
  return found;
}

function declaration(kind: string, name: string, doc: string[], first: string, lines: string[]): Declaration {
  const head = first.replace(/^export /, '');
  if (kind === 'function') return { name, doc, code: rest(head, lines, '{').replace(/ \{$/, ''), members: [] };
  if (kind === 'type' && !head.endsWith('=')) return { name, doc, code: rest(head, lines, ';'), members: [] };
  if (kind === 'type') return { name, doc, code: head.replace(/ =$/, ''), members: alternatives(lines) };
  return { name, doc, code: head.replace(/ \{\}?$/, ''), members: head.endsWith('{}') ? [] : members(lines) };
}

/** A comment whose first line was taken. */
function comment(first: string, lines: string[]): string[] {
  const all = [first.trim()];
  while (!all.at(-1)?.endsWith('*/')) all.push((lines.shift() ?? '*/').trim());
  return all.map((line) => line.replace(/^\/?\*{1,2}\/? ?/, '').replace(/ ?\*\/$/, ''));
}

/** The code up to a line with this end, on one line. */
function rest(first: string, lines: string[], end: string): string {
  let code = first;
  while (!code.endsWith(end)) code = `${code} ${(lines.shift() ?? end).trim()}`;
  return code.replace(/\( /, '(').replace(/, \)/, ')');
}

function members(lines: string[]): Item[] {
  const found: Item[] = [];
  let doc: string[] = [];
  for (let line = lines.shift(); line !== undefined && line !== '}'; line = lines.shift()) {
    const text = line.trim();
    if (text === '') continue;
    if (text.startsWith('/**')) doc = comment(text, lines);
    else if (text.startsWith('constructor(')) skipBody(text, lines);
    else {
      if (!/^ {2}\S/.test(line)) throw new Error(`the reference of the SDK cannot show "${text}"`);
      const code = rest(text, lines, ';')
        .replace(/;$/, '')
        .replace(/^override /, '')
        .replace(/^readonly /, '');
      const [, field = code, value] = /^(\w+) = (.*)$/.exec(code) ?? [];
      if (!text.startsWith('#')) found.push({ doc, code: value === undefined ? code : `${field}: ${value}` });
      doc = [];
    }
  }
  return found;
}

/** The alternatives of a union, each on a line of its own. */
function alternatives(lines: string[]): Item[] {
  const found: Item[] = [];
  let doc: string[] = [];
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const text = line.trim();
    if (text.startsWith('/**')) doc = comment(text, lines);
    else {
      found.push({ doc, code: text.replace(/^\| /, '').replace(/;$/, '') });
      doc = [];
    }
    if (text.endsWith(';')) break;
  }
  return found;
}

function skipBody(first: string, lines: string[]): void {
  for (let line = first; line !== '  }' && lines.length > 0; ) line = lines.shift() ?? '';
}

function written({ name, doc, code, members: own }: Declaration, known: ReadonlySet<string>): string {
  const list = own.map((one) => {
    const text = prose(one.doc).replaceAll('\n', '\n  ');
    return `- \`${one.code}\`${text === '' ? '' : `  \n  ${text}`}`;
  });
  const uses = [...known].filter((other) => other !== name && mentions([code, ...own.map((one) => one.code)], other));
  return [
    `### ${name}`,
    `\`\`\`ts\n${code}\n\`\`\``,
    ...(doc.length > 0 ? [prose(doc)] : []),
    ...(list.length > 0 ? [list.join('\n')] : []),
    ...(uses.length > 0 ? [`See also: ${uses.map(linked).join(', ')}.`] : []),
  ].join('\n\n');
}

function mentions(codes: readonly string[], name: string): boolean {
  return codes.some((code) => new RegExp(`\\b${name}\\b`).test(code));
}

/** A comment as paragraphs: lines that belong together are joined, and tags become sentences. */
function prose(doc: readonly string[]): string {
  const text = doc
    .join('\n')
    .trim()
    .replace(/\s*@throws (\w+) ?/g, (_, error: string) => `\n\nThrows \`${error}\` `)
    .replace(/\s*@returns /g, '\n\nReturns ')
    .replace(/\s*@param (\w+) /g, (_, parameter: string) => `\n\n\`${parameter}\`: `);
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replace(/\n(?!- )\s*/g, ' '))
    .join('\n\n');
}

function linked(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
